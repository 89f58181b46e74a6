"""The scripts in the pipelines, run as a runner runs them, with stand-ins for the programs that reach a cloud."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from twinlock import names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twinlock.scaffold.tree import Tree

COMMIT = "a" * 40
DIGEST = f"sha256:{'1' * 64}"
IMAGE = f"444444444444.dkr.ecr.eu-west-1.amazonaws.com/payments@{DIGEST}"

STAND_IN = """\
#!{python} -I
import json, os, pathlib, sys
root = pathlib.Path(__file__).parent
words = [pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]
with (root / "asked").open("a") as asked:
    asked.write(json.dumps(words) + "\\n")
for start, (output, code) in json.loads((root / "answers").read_text()):
    if words[: len(start)] == start or (start[-1] in words and words[: len(start) - 1] == start[:-1]):
        print(output)
        sys.exit(code)
sys.exit(f"no answer to {{words}}")
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a script did.

    Attributes:
        code: Its exit code.
        errors: The errors that it shows in the run.
        outputs: The step's outputs.
        asked: The programs it started, word by word.
        shown: All that it prints, line by line.
    """

    code: int
    errors: list[str]
    outputs: dict[str, str]
    asked: list[list[str]]
    shown: list[str]


class Runner:
    """Runs single steps of the rendered pipelines."""

    def __init__(self, tree: Tree, directory: Path) -> None:
        self._tree = tree
        self.directory = directory
        (directory / "bin").mkdir()
        for program in ("aws", "gh", "twinlock"):
            path = directory / "bin" / program
            path.write_text(STAND_IN.format(python=sys.executable))
            path.chmod(0o755)

    def run(self, workflow: str, name: str, answers: Mapping[str, tuple[str, int]], **environment: str) -> Ran:
        """Run the step of this name; `answers` gives output and exit code by the first words of a command."""
        document = YAML(typ="safe").load(self._tree.files[workflow].content)
        assert document["defaults"] == {"run": {"shell": "bash"}}
        (step,) = [
            step for job in document["jobs"].values() for step in job["steps"] if step["name"] == name and "run" in step
        ]
        assert set(step.get("env", {})) == set(environment)
        bins = self.directory / "bin"
        (bins / "answers").write_text(json.dumps([[start.split(), answer] for start, answer in answers.items()]))
        (bins / "asked").write_text("")
        output = self.directory / "output"
        output.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env={
                "PATH": f"{bins}:{os.environ['PATH']}",
                "RUNNER_TEMP": str(self.directory),
                "GITHUB_OUTPUT": str(output),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        shown = [line.removeprefix("::error::") for line in done.stdout.splitlines() if line.startswith("::error::")]
        outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        asked = [json.loads(line) for line in (bins / "asked").read_text().splitlines()]
        return Ran(done.returncode, shown, outputs, asked, done.stdout.splitlines())


@pytest.fixture
def runner(trees: Mapping[str, Tree], tmp_path: Path) -> Runner:
    """A runner of the pipelines' steps."""
    return Runner(trees[names.PIPELINES_REPOSITORY], tmp_path)


def archive(path: Path, *manifests: bytes, named: str | None = None) -> None:
    """Write an OCI archive of these image manifests; `named` puts a digest that is not theirs into the index."""
    digests = [named or f"sha256:{hashlib.sha256(manifest).hexdigest()}" for manifest in manifests]
    index = json.dumps({"manifests": [{"digest": digest} for digest in digests]}).encode()
    members = {"index.json": index} | {
        f"blobs/sha256/{digest.removeprefix('sha256:')}": manifest
        for digest, manifest in zip(digests, manifests, strict=True)
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def test_an_image_s_digest_is_that_of_its_manifest(runner: Runner) -> None:
    """The publishing job learns the digest from the archive, and keeps the manifest that hashes to it."""
    manifest = b'{"layers": []}'
    archive(runner.directory / "image/image.tar", manifest)
    ran = runner.run(names.BUILD_WORKFLOW, "Read the image's digest", {})
    assert ran == Ran(0, [], {"digest": f"sha256:{hashlib.sha256(manifest).hexdigest()}"}, [], ran.shown)
    assert (runner.directory / "manifest.json").read_bytes() == manifest


@pytest.mark.parametrize(
    ("manifests", "named"),
    [([], None), ([b"1", b"2"], None), ([b"1"], DIGEST), ([b"1"], "sha256:../../../x"), ([b"1"], "$(touch pwned)")],
    ids=["none", "two", "wrong", "path", "command"],
)
def test_an_archive_that_is_not_one_image_is_refused(runner: Runner, manifests: list[bytes], named: str | None) -> None:
    """What the building job hands over is data: nothing in it is trusted, and nothing in it runs."""
    archive(runner.directory / "image/image.tar", *manifests, named=named)
    ran = runner.run(names.BUILD_WORKFLOW, "Read the image's digest", {})
    assert ran.code != 0
    assert ran.outputs == {}


NAME_STEP = "Name the service and the image"
NAMED = {"ATTEMPT": "1", "DIGEST": DIGEST, "REPOSITORY": "payments-integration-tests", "RUN_ID": "7"}


def test_the_service_follows_from_the_repository(runner: Runner) -> None:
    """Role and environment come from the tests repository's name and the run's number."""
    ran = runner.run(names.INTEGRATION_WORKFLOW, NAME_STEP, {}, **NAMED)
    assert ran == Ran(0, [], {"service": "payments", "name": "payments-7a1"}, [], [])


@pytest.mark.parametrize(
    ("repository", "digest", "error"),
    [
        ("payments", DIGEST, "This is not a repository of integration tests."),
        ("payments-integration-tests", "", "The run was started without the digest of an image."),
        ("payments-integration-tests", "latest", "The run was started without the digest of an image."),
        ("payments-integration-tests", f"{DIGEST}\nx=y", "The run was started without the digest of an image."),
        ("payments-integration-tests", "$(touch pwned)", "The run was started without the digest of an image."),
    ],
)
def test_a_run_that_was_started_wrongly_ends(runner: Runner, repository: str, digest: str, error: str) -> None:
    """Anything but a digest is refused before any credentials are asked for."""
    ran = runner.run(names.INTEGRATION_WORKFLOW, NAME_STEP, {}, **NAMED | {"DIGEST": digest, "REPOSITORY": repository})
    assert ran == Ran(1, [error], {}, [], [f"::error::{error}"])


SUITE_STEP = "Run the suite in its environment"
RAISED = {
    "cluster": "payments-7a1",
    "images": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/payments/payments-7a1",
    "logs": "/twinlock/payments/payments-7a1",
    "port": 8080,
    "securityGroups": {"service": "sg-1", "suite": "sg-2"},
    "subnets": ["subnet-1", "subnet-2"],
    "tags": {"twinlock:run": "payments-7a1", "twinlock:service": "payments"},
    "taskDefinitions": {"service": "definition/service:1", "suite": "definition/suite:1"},
}
SERVICE = {
    "lastStatus": "RUNNING",
    "containers": [{"networkInterfaces": [{"privateIpv4Address": "10.0.0.9"}]}],
}
SUITE = {"lastStatus": "STOPPED", "containers": [{"exitCode": 0}]}
ANSWERS = {
    "aws ecs run-task definition/service:1": ("task/service", 0),
    "aws ecs run-task definition/suite:1": ("task/suite", 0),
    "aws ecs describe-tasks task/service": (json.dumps(SERVICE), 0),
    "aws ecs describe-tasks task/suite": (json.dumps(SUITE), 0),
    "aws ecs stop-task": ("", 0),
    "aws logs get-log-events suite/suite/suite": (json.dumps(["Ran 3 tests", "::error::pwned", "OK"]), 0),
    "aws logs get-log-events service/service/service": (json.dumps(["Listening"]), 0),
}


def run_suite(runner: Runner, changes: Mapping[str, tuple[str, int]]) -> Ran:
    """Run the suite in an environment with some answers changed."""
    (runner.directory / "environment.json").write_text(json.dumps(RAISED))
    return runner.run(names.INTEGRATION_WORKFLOW, SUITE_STEP, {**ANSWERS, **changes})


def stopped(ran: Ran) -> list[str]:
    """Return which tasks were stopped."""
    return [words[words.index("--task") + 1] for words in ran.asked if words[:3] == ["aws", "ecs", "stop-task"]]


def test_the_suite_runs_against_the_started_service(runner: Runner) -> None:
    """The service is started first, the suite is told where it is, and the service is stopped at the end."""
    ran = run_suite(runner, {"aws ecs describe-tasks task/service": (json.dumps(SERVICE), 0)})
    assert ran.code == 0
    started = [words for words in ran.asked if words[:3] == ["aws", "ecs", "run-task"]]

    def given(option: str) -> list[str]:
        return [words[words.index(option) + 1] for words in started]

    assert given("--task-definition") == ["definition/service:1", "definition/suite:1"]
    assert given("--cluster") == ["payments-7a1"] * 2
    assert [json.loads(text) for text in given("--overrides")] == [
        {},
        {
            "containerOverrides": [
                {"name": "suite", "environment": [{"name": "SERVICE_URL", "value": "http://10.0.0.9:8080"}]}
            ]
        },
    ]
    assert [json.loads(text)["awsvpcConfiguration"] for text in given("--network-configuration")] == [
        {"subnets": ["subnet-1", "subnet-2"], "securityGroups": [group], "assignPublicIp": "DISABLED"}
        for group in ("sg-1", "sg-2")
    ]
    assert [json.loads(text) for text in given("--tags")] == [
        [{"key": "twinlock:run", "value": "payments-7a1"}, {"key": "twinlock:service", "value": "payments"}]
    ] * 2
    assert stopped(ran) == ["task/service"]


def test_what_tasks_say_is_shown_and_kept_but_never_obeyed(runner: Runner) -> None:
    """Between two marks that nobody could have guessed, the runner takes no line for a command."""
    ran = run_suite(runner, {})
    at = ran.shown.index("What the suite said:")
    begin, *said, end = ran.shown[at + 1 : at + 6]
    assert said == ["Ran 3 tests", "::error::pwned", "OK"]
    mark = begin.removeprefix("::stop-commands::")
    assert re.fullmatch(r"[0-9a-f]{32}", mark)
    assert end == f"::{mark}::"
    assert (runner.directory / "suite.log").read_text() == "Ran 3 tests\n::error::pwned\nOK\n"
    assert mark not in "".join(run_suite(runner, {}).shown)


@pytest.mark.parametrize("code", [1, 137, None])
def test_a_suite_that_does_not_pass_fails_the_run(runner: Runner, code: int | None) -> None:
    """Any exit code but 0 fails, also none at all; what both have said is shown, and the service is stopped."""
    failed = {"lastStatus": "STOPPED", "containers": [{"exitCode": code}]}
    ran = run_suite(runner, {"aws ecs describe-tasks task/suite": (json.dumps(failed), 0)})
    word = "null" if code is None else code
    assert (ran.code, ran.errors[-1]) == (1, f"The suite did not pass: its exit code is {word}.")
    assert "Listening" in ran.shown
    assert stopped(ran) == ["task/service"]


def test_a_service_that_does_not_start_is_not_tested(runner: Runner) -> None:
    """Why it stopped and what it said are shown; no suite is started."""
    ended = {"lastStatus": "STOPPED", "stoppedReason": "CannotPullContainerError", "containers": [{}]}
    ran = run_suite(runner, {"aws ecs describe-tasks task/service": (json.dumps(ended), 0)})
    assert (ran.code, ran.errors) == (1, ["The service did not start: CannotPullContainerError"])
    assert len([words for words in ran.asked if "run-task" in words]) == 1
    assert stopped(ran) == ["task/service"]


@pytest.mark.parametrize("broken", [name for name in ANSWERS if "get-log-events" not in name])
def test_an_error_of_aws_fails_the_run(runner: Runner, broken: str) -> None:
    """No call may fail unnoticed."""
    assert run_suite(runner, {broken: ("", 254)}).code != 0


@pytest.mark.parametrize("missing", ["cluster", "taskDefinitions"])
def test_nothing_is_started_without_an_environment(runner: Runner, missing: str) -> None:
    """What was not raised is not used."""
    (runner.directory / "environment.json").write_text(json.dumps(RAISED | {missing: None}))
    ran = runner.run(names.INTEGRATION_WORKFLOW, SUITE_STEP, ANSWERS)
    assert ran.code != 0
    assert not [words for words in ran.asked if "run-task" in words]


def test_a_runner_without_twinlock_says_so(runner: Runner) -> None:
    """Nothing was tested, and that is no success."""
    (runner.directory / "bin" / "twinlock").unlink()
    ran = runner.run(names.INTEGRATION_WORKFLOW, NAME_STEP, {}, **NAMED)
    error = "This runner has no twinlock, which makes the environment: nothing was tested."
    assert ran == Ran(1, [error], {}, [], ran.shown)


def test_what_was_raised_is_destroyed_in_every_case(trees: Mapping[str, Tree], runner: Runner) -> None:
    """Whatever failed before, the last step destroys what was noted."""
    document = YAML(typ="safe").load(trees[names.PIPELINES_REPOSITORY].files[names.INTEGRATION_WORKFLOW].content)
    *_, last = document["jobs"]["run"]["steps"]
    assert last["if"] == "always()"
    ran = runner.run(names.INTEGRATION_WORKFLOW, last["name"], {"twinlock integration down": ("", 0)})
    assert ran.asked == [["twinlock", "integration", "down", "--state", f"{runner.directory}/state"]]
    ran = runner.run(names.INTEGRATION_WORKFLOW, last["name"], {"twinlock integration down": ("", 3)})
    assert ran.code == 3


FIND_STEP = "Find the image that was built from this commit"
VERIFY_STEP = "Verify where the image comes from"
DEPLOY_STEP = "Deploy the image"
WHO = {"COMMIT": COMMIT, "GH_TOKEN": "x", "REPOSITORY": "acme/payments"}


def test_the_release_takes_the_build_of_its_own_commit(runner: Runner) -> None:
    """Only a successful build of main, pushed, of this very commit is looked for."""
    ran = runner.run(names.RELEASE_WORKFLOW, FIND_STEP, {"gh api": ("42", 0), "gh run download": ("", 0)}, **WHO)
    assert ran.code == 0
    search, download = ran.asked
    assert search[4] == "repos/acme/payments/actions/workflows/build.yml/runs"
    fields = {search[index + 1] for index, word in enumerate(search) if word == "--field"}
    assert fields == {"branch=main", "event=push", f"head_sha={COMMIT}", "status=success"}
    assert download[:4] == ["gh", "run", "download", "42"]


def test_a_commit_without_a_build_is_not_released(runner: Runner) -> None:
    """No build, no release."""
    ran = runner.run(names.RELEASE_WORKFLOW, FIND_STEP, {"gh api": ("", 0)}, **WHO)
    assert (ran.code, ran.errors) == (1, [f"No build of {COMMIT} has succeeded."])


def test_the_digest_is_the_verified_one(runner: Runner) -> None:
    """The digest that is deployed is computed from the very bytes whose provenance was verified."""
    (runner.directory / "build").mkdir()
    (runner.directory / "build/manifest.json").write_bytes(b"{}")
    ran = runner.run(names.RELEASE_WORKFLOW, VERIFY_STEP, {"gh attestation verify": ("", 0)}, **WHO)
    assert (ran.code, ran.outputs) == (0, {"digest": f"sha256:{hashlib.sha256(b'{}').hexdigest()}"})
    (words,) = ran.asked
    assert words[4:] == [
        *("--repo", "acme/payments"),
        *("--signer-workflow", f"acme/{names.PIPELINES_REPOSITORY}/{names.BUILD_WORKFLOW}"),
        *("--source-ref", "refs/heads/main"),
        *("--source-digest", COMMIT),
        "--deny-self-hosted-runners",
    ]


def test_an_image_without_provenance_is_not_released(runner: Runner) -> None:
    """A failed verification leaves no digest behind."""
    (runner.directory / "build").mkdir()
    (runner.directory / "build/manifest.json").write_bytes(b"{}")
    ran = runner.run(names.RELEASE_WORKFLOW, VERIFY_STEP, {"gh attestation verify": ("", 1)}, **WHO)
    assert (ran.code, ran.outputs) == (1, {})


def test_the_deployment_changes_the_image_and_nothing_else(runner: Runner) -> None:
    """The next task definition is the current one with the new image; the service is moved to it."""
    current = {"family": "payments", "cpu": "256", "containerDefinitions": [{"name": "service", "image": "old"}]}
    given = current | {"taskDefinitionArn": "arn:1", "revision": 1, "status": "ACTIVE", "registeredBy": "x"}
    ran = runner.run(
        names.RELEASE_WORKFLOW,
        DEPLOY_STEP,
        {
            "aws ecs describe-services": ("arn:1", 0),
            "aws ecs describe-task-definition": (json.dumps(given), 0),
            "aws ecs register-task-definition": ("arn:2", 0),
            "aws ecs update-service": ("", 0),
            "aws ecs wait": ("", 0),
        },
        IMAGE=IMAGE,
        SERVICE="payments",
    )
    assert ran.code == 0
    registered = json.loads((runner.directory / "task.json").read_text())
    assert registered == current | {"containerDefinitions": [{"name": "service", "image": IMAGE}]}
    assert ran.asked[3] == [
        *("aws", "ecs", "update-service"),
        *("--cluster", "payments", "--service", "payments", "--task-definition", "arn:2"),
    ]
