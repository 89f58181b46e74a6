"""The tools of a runner's image, started as a job starts them: through the launchers on its PATH."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
from importlib import metadata
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

from twinlock_rehearsal import runner_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

ACCOUNT, REGION = "123456789012", "eu-west-1"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
DOCKERFILE = """\
# What the starter's looks like.
FROM python:3.12-slim
ENV HOST=0.0.0.0 \\
    PORT=8080
WORKDIR /app
COPY requirements.lock ./
RUN pip install --requirement requirements.lock
COPY service ./service
USER 65532:65532
EXPOSE 8080
CMD ["python", "-m", "service"]
"""


@pytest.fixture
def registry() -> Iterator[str]:
    """Serve ECR on loopback, and return its address."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def run(tmp_path: Path, registry: str) -> Run:
    """Run a command as a job does, in a checkout, with the launchers on its PATH."""
    tools = tmp_path / "tools"
    runner_image.furnish(tools)
    checkout = tmp_path / "checkout"
    (checkout / "service" / "__pycache__").mkdir(parents=True)
    (checkout / "service" / "__main__.py").write_text("print('ready')\n")
    (checkout / "service" / "__pycache__" / "old.pyc").write_bytes(b"\0")
    (checkout / "requirements.lock").write_text("boto3==1.0.0 \\\n    --hash=sha256:00\n")
    (checkout / "secret.txt").write_text("not for the image\n")
    (checkout / ".dockerignore").write_text("*\n!requirements.lock\n!service\n**/__pycache__\n")
    (checkout / "Dockerfile").write_text(DOCKERFILE)
    environment = {
        "PATH": f"{tools}:{os.defpath}",
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": registry,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
    }

    def command(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, input=given, cwd=checkout, env=environment, capture_output=True, text=True, check=False
        )

    return command


def _pack(run: Run, archive: Path) -> subprocess.CompletedProcess[str]:
    return run(
        "docker", "buildx", "build", "--label", "org.opencontainers.image.revision=abc",
        "--output", f"type=oci,dest={archive}", "--provenance=false", ".",
    )  # fmt: skip


def test_an_image_holds_what_the_dockerfile_copies_and_says_what_was_not_executed(run: Run, tmp_path: Path) -> None:
    """The archive is a whole OCI image: what is ignored stays out, every blob has its digest, RUN is named."""
    done = _pack(run, tmp_path / "image.tar")
    assert (done.returncode, done.stderr) == (0, "")
    with tarfile.open(tmp_path / "image.tar") as archive:
        read = {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]  # files
    digest = json.loads(read["index.json"])["manifests"][0]["digest"]
    assert done.stdout == (
        "stand-in for docker: not executed: FROM python:3.12-slim\n"
        "stand-in for docker: not executed: RUN pip install --requirement requirements.lock\n"
        f"stand-in for docker: packed {digest}\n"
    )
    for name, data in read.items():
        if name.startswith("blobs/"):
            assert name == f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"
    manifest = json.loads(read[f"blobs/{digest.replace(':', '/')}"])
    config = json.loads(read[f"blobs/{manifest['config']['digest'].replace(':', '/')}"])
    assert config["config"] == {
        "Env": ["HOST=0.0.0.0", "PORT=8080"],
        "WorkingDir": "/app",
        "User": "65532:65532",
        "Cmd": ["python", "-m", "service"],
        "Labels": {"org.opencontainers.image.revision": "abc"},
    }
    (tmp_path / "layer.tar.gz").write_bytes(read[f"blobs/{manifest['layers'][0]['digest'].replace(':', '/')}"])
    with tarfile.open(tmp_path / "layer.tar.gz") as layer:
        assert layer.getnames() == ["app/requirements.lock", "app/service/__main__.py"]


def test_the_same_context_gives_the_same_image(run: Run, tmp_path: Path) -> None:
    """Two builds of one commit have one digest."""
    first, second = _pack(run, tmp_path / "first.tar"), _pack(run, tmp_path / "second.tar")
    assert first.stdout == second.stdout
    assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "second.tar").read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("docker", "run", "x"), 2, "stand-in for docker: it knows only `buildx create` and `buildx build`\n"),
        (
            ("docker", "buildx", "build", "--output", "type=registry", "."),
            2,
            "stand-in for docker: it writes only --output type=oci,dest=FILE\n",
        ),
        (("skopeo", "delete", "x"), 2, "stand-in for skopeo: it knows only `login` and `copy`\n"),
        (
            ("skopeo", "copy", "oci-archive:image.tar", "docker://docker.io/library/x:1"),
            2,
            (
                "stand-in for skopeo: it copies only from oci-archive:FILE to "
                "docker://ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG\n"
            ),
        ),
        (("python", "-m", "pip", "download", "x"), 2, "stand-in for pip: it knows only `install --requirement FILE`\n"),
        (
            ("pip", "install", "requests"),
            2,
            "stand-in for pip: it knows only `install [OPTIONS] --requirement FILE`\n",
        ),
    ],
)
def test_a_stand_in_refuses_what_it_cannot_do(run: Run, words: tuple[str, ...], code: int, message: str) -> None:
    """Nothing is pretended: another command, output or registry ends the job's step."""
    done = run(*words)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", message)


def test_an_unknown_instruction_fails_the_build(run: Run, tmp_path: Path) -> None:
    """A Dockerfile is packed as a whole or not at all."""
    (tmp_path / "checkout" / "Dockerfile").write_text("FROM scratch\nADD https://example.com/x /x\n")
    done = _pack(run, tmp_path / "image.tar")
    assert (done.returncode, done.stderr) == (1, "stand-in for docker: it does not know the instruction ADD\n")
    assert not (tmp_path / "image.tar").exists()


def test_a_copied_file_that_is_ignored_is_not_found(run: Run, tmp_path: Path) -> None:
    """As with Docker, what .dockerignore keeps out cannot be copied."""
    (tmp_path / "checkout" / "Dockerfile").write_text("FROM scratch\nCOPY secret.txt ./\n")
    done = _pack(run, tmp_path / "image.tar")
    assert (done.returncode, done.stderr) == (1, 'ERROR: "/secret.txt": not found\n')


def test_an_image_is_pushed_by_digest(run: Run, registry: str, tmp_path: Path) -> None:
    """What `aws ecr get-login-password | skopeo login` and `skopeo copy` do leaves the very image in ECR."""
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    client = boto3.client("ecr", REGION, endpoint_url=registry, **keys)
    client.create_repository(repositoryName="payments", imageTagMutability="IMMUTABLE")
    digest = _pack(run, tmp_path / "image.tar").stdout.split()[-1]
    password = run("aws", "ecr", "get-login-password")
    assert (password.returncode, password.stderr) == (0, "")
    login = run("skopeo", "login", "--username", "AWS", "--password-stdin", REGISTRY, given=password.stdout)
    assert (login.returncode, login.stdout) == (0, "Login Succeeded!\n")
    assert (tmp_path / "registry-auth.json").stat().st_mode & 0o777 == 0o600
    copy = (
        "skopeo", "copy", "--preserve-digests", "--digestfile", str(tmp_path / "pushed"),
        f"oci-archive:{tmp_path / 'image.tar'}", f"docker://{REGISTRY}/payments:abc",
    )  # fmt: skip
    done = run(*copy)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"stand-in for skopeo: pushed {digest} to {REGISTRY}/payments:abc\n"
    assert (tmp_path / "pushed").read_text() == digest
    (held,) = client.describe_images(repositoryName="payments")["imageDetails"]
    assert (held["imageDigest"], held["imageTags"]) == (digest, ["abc"])


def test_nothing_is_pushed_without_a_login(run: Run, tmp_path: Path) -> None:
    """A registry that nobody has logged in to takes nothing."""
    _pack(run, tmp_path / "image.tar")
    done = run("skopeo", "copy", f"oci-archive:{tmp_path / 'image.tar'}", f"docker://{REGISTRY}/payments:abc")
    assert (done.returncode, done.stderr) == (1, f"stand-in for skopeo: unauthorized: log in to {REGISTRY} first\n")


def _login(run: Run) -> None:
    run("skopeo", "login", "--username", "AWS", "--password-stdin", REGISTRY, given="password")


def test_a_tampered_archive_is_not_pushed(run: Run, tmp_path: Path) -> None:
    """A blob that is not what its digest says ends the copy before anything is uploaded."""
    _pack(run, tmp_path / "image.tar")
    _login(run)
    data = (tmp_path / "image.tar").read_bytes()
    (tmp_path / "image.tar").write_bytes(data.replace(b'"User":"65532:65532"', b'"User":"00000:00000"'))
    done = run("skopeo", "copy", f"oci-archive:{tmp_path / 'image.tar'}", f"docker://{REGISTRY}/payments:abc")
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"stand-in for skopeo: oci-archive:{tmp_path / 'image.tar'} is no archive of one image: "
    )
    assert done.stderr.endswith(" is another\n")


def test_pip_installs_nothing_and_names_what_stands_for_what(run: Run, tmp_path: Path) -> None:
    """A lock file passes where this machine holds its packages, each named with its version, and fails otherwise."""
    install = ("python", "-m", "pip", "install", "--no-deps", "--require-hashes", "--requirement", "requirements.lock")
    done = run(*install)
    assert (done.returncode, done.stdout) == (
        0,
        f"stand-in for pip: boto3 {boto3.__version__} of this machine for 1.0.0\n",
    )
    (tmp_path / "checkout" / "requirements.lock").write_text("no-such-package==3.1\n")
    done = run(*install)
    assert (done.returncode, done.stderr) == (1, "stand-in for pip: this machine does not have no-such-package==3.1\n")


def test_python_runs_the_jobs_code(run: Run) -> None:
    """Everything but pip is the interpreter itself."""
    done = run("python", "-m", "service")
    assert (done.returncode, done.stdout) == (0, "ready\n")


@pytest.mark.parametrize(
    ("words", "given", "code", "output"),
    [
        (("--raw-output", ".a"), '{"a": "b"}', 0, "b\n"),
        (("--exit-status", "--raw-output", ".a // empty"), "{}", 4, ""),
        (("-e", ".a"), '{"a": null}', 1, "null\n"),
        (("--null-input", "--arg", "x", "1", "--argjson", "y", "[2]", "-c", "[$x, $y]"), "", 0, '["1",[2]]\n'),
        ((".a",), '{"a": {"b": 1}}', 0, '{\n  "b": 1\n}\n'),
    ],
)
def test_jq_answers_as_jq(run: Run, words: tuple[str, ...], given: str, code: int, output: str) -> None:
    """Options, output and exit codes are those of jq's manual."""
    done = run("jq", *words, given=given)
    assert (done.returncode, done.stdout) == (code, output)


def test_a_jobs_module_does_not_stand_in_for_a_tool(run: Run, tmp_path: Path) -> None:
    """A repository that holds `json.py` or `awscli` changes nothing of the tools."""
    (tmp_path / "checkout" / "awscli.py").write_text("print('mine')\n")
    (tmp_path / "checkout" / "json.py").write_text("raise SystemExit(9)\n")
    assert run("jq", "-c", ".", given="[1]").stdout == "[1]\n"
    assert run("aws", "--version").stdout.startswith("aws-cli/")


def test_gh_is_the_real_one(run: Run) -> None:
    """GitHub's own command line, from a package of this environment."""
    assert run("gh", "--version").stdout.startswith("gh version 2.")


def test_a_missing_ecr_repository_fails_the_push(run: Run, tmp_path: Path) -> None:
    """A refusal of AWS ends the step, with AWS's words."""
    _pack(run, tmp_path / "image.tar")
    _login(run)
    done = run("skopeo", "copy", f"oci-archive:{tmp_path / 'image.tar'}", f"docker://{REGISTRY}/absent:abc")
    assert done.returncode == 1
    assert "RepositoryNotFoundException" in done.stderr


def test_a_job_has_the_twinlock_that_runs(run: Run) -> None:
    """From the installation itself: no index has it, and a job installs nothing."""
    done = run("twinlock", "--version")
    assert (done.stdout, done.stderr, done.returncode) == (f"twinlock {metadata.version('twinlock')}\n", "", 0)
