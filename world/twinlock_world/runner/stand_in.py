"""What the stand-ins for well-known actions do: one program, named by its first argument.

A world has no copy of GitHub's own actions, and needs none: each stand-in does on this machine what a workflow relies
on, as far as its inputs here go. It runs as a step of a job, with that job's token and variables, on the standard
library alone. Their inputs are declared in `standins/OWNER/NAME/action.yml`.
"""

from __future__ import annotations

import glob
import io
import json
import os
import re
import secrets
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import venv
import zipfile
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_XML: Final = "{https://sts.amazonaws.com/doc/2011-06-15/}"
_STATEMENT: Final = "https://in-toto.io/Statement/v1"
_PROVENANCE: Final = "https://slsa.dev/provenance/v1"
_ACCOUNT: Final = 4
"""Where an ARN names its account."""


class StandInError(Exception):
    """The stand-in cannot do what it is asked; the text is for the job's log."""


def checkout() -> None:
    """Fetch one commit of a repository into the workspace."""
    server, repository = os.environ["GITHUB_SERVER_URL"], _input("repository") or os.environ["GITHUB_REPOSITORY"]
    own = repository == os.environ["GITHUB_REPOSITORY"]
    ref = _input("ref") or (os.environ["GITHUB_SHA"] if own else "HEAD")
    place = Path(os.environ["GITHUB_WORKSPACE"], _input("path") or ".").resolve()
    place.mkdir(parents=True, exist_ok=True)
    basic = b64encode(f"x-access-token:{_input('token')}".encode()).decode()
    header = f"AUTHORIZATION: basic {basic}"
    settings = {f"http.{server}/.extraheader": header}
    depth = _input("fetch-depth") or "1"
    _git(place, "init", "--quiet")
    _git(place, "remote", "add", "origin", f"{server}/{repository}")
    limit = [] if depth == "0" else [f"--depth={depth}"]
    wanted = [ref] if depth != "0" else [ref, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    _git(place, "fetch", "--quiet", "--no-tags", *limit, "origin", *wanted, settings=settings)
    branch = os.environ.get("GITHUB_REF", "")
    here = ["-B", branch.removeprefix("refs/heads/")] if own and branch.startswith("refs/heads/") else ["--detach"]
    _git(place, "checkout", "--quiet", "--force", *here, "FETCH_HEAD")
    if _input("persist-credentials") != "false":
        for name, value in settings.items():
            _git(place, "config", "--local", name, value)
    sha = _git(place, "rev-parse", "HEAD").strip()
    _output("commit", sha)
    _say(f"Checked out {repository} at {sha}")


def setup_python() -> None:
    """Give the job a Python environment of its own, made of the machine's Python whatever version is asked."""
    place = Path(os.environ["RUNNER_TEMP"], "python")
    venv.create(place, with_pip=True, symlinks=True)
    with Path(os.environ["GITHUB_PATH"]).open("a", encoding="utf-8") as file:
        file.write(f"{place / 'bin'}\n")
    _setting("VIRTUAL_ENV", str(place))
    version = ".".join(map(str, sys.version_info[:3]))
    _output("python-version", version)
    _output("python-path", str(place / "bin" / "python"))
    _say(f"Python {version}, which is this machine's; {_input('python-version')} was asked for")


def upload_artifact() -> None:
    """Keep files as an artifact of the run."""
    name, paths = _input("name") or "artifact", _files(_input("path"))
    if not paths:
        problem = f"No files were found with the provided path: {_input('path')}. No artifacts will be uploaded."
        if _input("if-no-files-found") == "error":
            raise StandInError(problem)
        _say(problem)
        return
    root = paths[0].parent if len(paths) == 1 else Path(os.path.commonpath([path.parent for path in paths]))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in paths:
            packed.write(path, path.relative_to(root))
    query = urllib.parse.urlencode({"retention": _input("retention-days") or "90"})
    made = json.loads(_runtime("PUT", f"artifacts/{urllib.parse.quote(name, safe='')}?{query}", archive.getvalue()))
    _output("artifact-id", str(made["id"]))
    _output("artifact-digest", str(made["digest"]).removeprefix("sha256:"))
    _say(f"Artifact {name} has been successfully uploaded: {len(paths)} files, {made['size']} bytes, {made['digest']}")


def download_artifact() -> None:
    """Lay out an artifact of this run; without a name all of them, each in a directory of its own."""
    place = Path(_input("path") or os.environ["GITHUB_WORKSPACE"]).expanduser()
    name = _input("name")
    names = [name] if name else [str(found["name"]) for found in json.loads(_runtime("GET", "artifacts"))]
    for each in names:
        content = _runtime("GET", f"artifacts/{urllib.parse.quote(each, safe='')}")
        into = place if name else place / each
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            packed.extractall(into)
        _say(f"Artifact {each} was downloaded to {into}")
    _output("download-path", str(place))


def configure_aws_credentials() -> None:
    """Assume a role by the job's identity, and give its credentials to the steps that follow."""
    region, role = _input("aws-region"), _input("role-to-assume")
    if not os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
        raise StandInError(
            "Credentials could not be loaded, please check your action inputs: the job has no id-token: write"
        )
    audience = _input("audience") or "sts.amazonaws.com"
    token = _identity(audience)
    _mask(token)
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": role,
        "RoleSessionName": _input("role-session-name") or "GitHubActions",
        "DurationSeconds": _input("role-duration-seconds") or "3600",
        "WebIdentityToken": token,
    }
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = _request("POST", os.environ["AWS_ENDPOINT_URL"], urllib.parse.urlencode(form).encode(), kind)
    root = ET.fromstring(answer)  # noqa: S314 - the world's own AWS
    held = {
        name: root.findtext(f".//{_XML}{name}") or "" for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
    }
    account = (root.findtext(f".//{_XML}Arn") or role).split(":")[_ACCOUNT]
    allowed = [item.strip() for item in _input("allowed-account-ids").split(",") if item.strip()]
    if allowed and account not in allowed:
        found = f"The account ID of the provided credentials ({account}) does not match any of the expected account IDs"
        raise StandInError(f"{found}: {', '.join(allowed)}")
    for name, value in held.items():
        _mask(value)
        _setting(f"AWS_{re.sub('(?<!^)(?=[A-Z])', '_', name).upper()}", value)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        _setting(name, region)
    _output("aws-account-id", account)
    _say(f"Authenticated as {root.findtext(f'.//{_XML}Arn')}")


def attest() -> None:
    """Record the provenance of a subject with the repository, unsigned: nobody here has a signing authority."""
    digest = _input("subject-digest")
    algorithm, _, value = digest.partition(":")
    build = {
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {
                "workflow": {
                    "ref": os.environ["GITHUB_REF"],
                    "repository": f"{os.environ['GITHUB_SERVER_URL']}/{os.environ['GITHUB_REPOSITORY']}",
                    "path": os.environ["GITHUB_WORKFLOW_REF"].partition("@")[0].split("/", 2)[2],
                }
            },
            "resolvedDependencies": [{"digest": {"gitCommit": os.environ["GITHUB_SHA"]}}],
        },
        "runDetails": {
            "metadata": {"invocationId": f"{os.environ['GITHUB_RUN_ID']}/{os.environ['GITHUB_RUN_ATTEMPT']}"}
        },
    }
    statement = {
        "_type": _STATEMENT,
        "subject": [{"name": _input("subject-name"), "digest": {algorithm: value}}],
        "predicateType": _PROVENANCE,
        "predicate": build,
        "unsigned": "stand-in of the local world",
    }
    path = Path(os.environ["RUNNER_TEMP"], f"attestation-{secrets.token_hex(4)}.json")
    path.write_text(json.dumps(statement))
    _output("bundle-path", str(path))
    _say(f"Stated, unsigned, where {_input('subject-name')}@{digest} comes from")


def _input(name: str) -> str:
    return os.environ.get(f"STANDIN_{name.replace('-', '_').upper()}", "").strip()


def _identity(audience: str) -> str:
    url = f"{os.environ['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience={urllib.parse.quote(audience, safe='')}"
    bearer = {"Authorization": f"bearer {os.environ['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"}
    return str(json.loads(_request("GET", url, None, bearer))["value"])


def _runtime(method: str, path: str, content: bytes | None = None) -> bytes:
    bearer = {"Authorization": f"bearer {os.environ['ACTIONS_RUNTIME_TOKEN']}"}
    return _request(method, f"{os.environ['ACTIONS_RUNTIME_URL']}{path}", content, bearer)


def _request(method: str, url: str, content: bytes | None, headers: Mapping[str, str]) -> bytes:
    asked = urllib.request.Request(url, content, dict(headers), method=method)  # noqa: S310 - the world's own address
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=60) as answer:
            found: bytes = answer.read()
            return found
    except urllib.error.HTTPError as error:
        said = re.search(
            r"<Message>(.*?)</Message>|\"message\": ?\"(.*?)\"", error.read().decode(errors="replace"), re.DOTALL
        )
        reason = next((text for text in said.groups() if text), "") if said else ""
        raise StandInError(reason or f"{method} {url.partition('?')[0]}: {error.code}") from error


def _git(place: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> str:
    names = {f"GIT_CONFIG_KEY_{at}": name for at, name in enumerate(settings or {})}
    held = {f"GIT_CONFIG_VALUE_{at}": value for at, value in enumerate((settings or {}).values())}
    environment = {
        **os.environ, **names, **held, "GIT_CONFIG_COUNT": str(len(names)), "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
    }  # fmt: skip
    done = subprocess.run(  # noqa: S603 - git, with the job's own inputs
        ["git", "-c", "init.defaultBranch=main", *arguments],  # noqa: S607 - git is found on PATH, as everywhere
        cwd=place, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise StandInError(done.stderr.strip())
    return done.stdout


def _files(patterns: str) -> list[Path]:
    found: dict[Path, None] = {}
    for pattern in patterns.splitlines():
        whole = str(Path(pattern.strip()).expanduser())
        for name in sorted(glob.glob(whole, recursive=True)):  # noqa: PTH207 - patterns may be absolute
            path = Path(name).resolve()
            inside = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
            found |= dict.fromkeys(inside)
    return list(found)


def _output(name: str, value: str) -> None:
    _append("GITHUB_OUTPUT", name, value)


def _setting(name: str, value: str) -> None:
    _append("GITHUB_ENV", name, value)


def _append(file: str, name: str, value: str) -> None:
    with Path(os.environ[file]).open("a", encoding="utf-8") as opened:
        opened.write(f"{name}={value}\n")


def _mask(value: str) -> None:
    _say(f"::add-mask::{value}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


KNOWN: Final[Mapping[str, Callable[[], None]]] = {
    "attest": attest,
    "checkout": checkout,
    "configure-aws-credentials": configure_aws_credentials,
    "download-artifact": download_artifact,
    "setup-python": setup_python,
    "upload-artifact": upload_artifact,
}

if __name__ == "__main__":
    try:
        KNOWN[sys.argv[1]]()
    except StandInError as problem:
        _say(f"::error::{problem}")
        sys.exit(1)
