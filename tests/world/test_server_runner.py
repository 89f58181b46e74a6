"""A served world that executes jobs: real processes, real git, real artifacts."""

from __future__ import annotations

import io
import json
import os
import select
import shutil
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.world.conftest import RunningWorld

pytestmark = pytest.mark.skipif(
    shutil.which("act", path=Path(sys.executable).parent) is None, reason="act has no wheel for this machine"
)
PATIENCE_SECONDS = 60
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
UPLOAD = "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f"
DOWNLOAD = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"
WORKFLOW = f"""
name: build
on: [push]
permissions:
  contents: read
env:
  GREETING: hello
jobs:
  one:
    name: One
    runs-on: ubuntu-24.04
    strategy:
      matrix:
        letter: [a]
    outputs:
      word: ${{{{ steps.say.outputs.word }}}}
      hidden: ${{{{ secrets.GITHUB_TOKEN }}}}
    steps:
      - uses: {CHECKOUT}
        with:
          persist-credentials: false
      - id: say
        name: Say
        run: |
          test -f README.md
          test "$(git rev-parse HEAD)" = "${{{{ github.sha }}}}"
          test -z "${{ACTIONS_ID_TOKEN_REQUEST_URL:-}}"
          test -z "${{WORLD_SECRET_OF_THE_MACHINE:-}}"
          echo "token ${{{{ github.token }}}} letter ${{{{ matrix.letter }}}} $GREETING"
          echo "$GITHUB_WORKFLOW_REF $GITHUB_SHA"
          echo "word=${{{{ matrix.letter }}}}!" >> "$GITHUB_OUTPUT"
          mkdir out && echo content > out/file.txt
      - uses: {UPLOAD}
        with:
          name: things
          path: out
  two:
    name: Two
    needs: one
    runs-on: ubuntu-24.04
    steps:
      - uses: {DOWNLOAD}
        with:
          name: things
          path: here
      - run: |
          test "$(cat here/file.txt)" = content
          test "${{{{ needs.one.outputs.word }}}}" = 'a!'
          test -z "${{{{ needs.one.outputs.hidden }}}}"
"""


class Stage(NamedTuple):
    """What a world's companion tells of a run."""

    repository: str
    status: str


class News:
    """What the world's companion hears, as it comes."""

    def __init__(self, pipe: Path) -> None:
        # Open for both, so that it has no end while the companion is not there.
        self.pipe = pipe
        self._reader = os.open(pipe, os.O_RDWR)
        self._rest = b""
        self._heard: list[Stage] = []

    def until(self, awaited: Stage) -> None:
        """Return once a run has come so far."""
        while awaited not in self._heard:
            assert select.select([self._reader], [], [], PATIENCE_SECONDS)[0], (awaited, self._heard)
            *lines, self._rest = (self._rest + os.read(self._reader, 65_536)).split(b"\n")
            events = map(json.loads, lines)
            self._heard += [Stage(e["repository"], e["action"]) for e in events if e["event"] == "workflow_run"]

    def close(self) -> None:
        """Hear nothing more."""
        os.close(self._reader)


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[News]:
    """What the world of `busy` tells."""
    pipe = tmp_path_factory.mktemp("news") / "pipe"
    os.mkfifo(pipe)
    heard = News(pipe)
    yield heard
    heard.close()


@pytest.fixture(scope="module")
def busy(start_world: Callable[..., RunningWorld], news: News) -> RunningWorld:
    """A world whose jobs run on this machine."""
    return start_world(None, None, "--runner", "act", "--companion", f"sh -c 'exec cat > {news.pipe}'")


@pytest.fixture
def pushed(
    busy: RunningWorld, news: News, git: Callable[..., subprocess.CompletedProcess[str]], work_tree: Path
) -> Callable[[str, str], dict[str, Any]]:
    """Return a function that pushes a workflow to a new repository and returns its run once it has ended."""

    def push(name: str, workflow: str) -> dict[str, Any]:
        busy.repository(name)
        path = work_tree / ".github" / "workflows" / "build.yml"
        path.parent.mkdir(parents=True)
        path.write_text(workflow)
        git("add", "--all", cwd=work_tree)
        git("commit", "--quiet", "--message=Build", cwd=work_tree)
        git("push", "--quiet", busy.git_url(name), "main", cwd=work_tree)
        return _until(busy, news, name, "completed")

    return push


def test_jobs_are_executed(busy: RunningWorld, pushed: Callable[[str, str], dict[str, Any]]) -> None:
    """They check out by real git, hand on outputs and artifacts, and their log is kept without the token."""
    run = pushed("built", WORKFLOW)
    jobs = busy.request("GET", f"/repos/acme/built/actions/runs/{run['id']}/jobs").json()["jobs"]
    logs = {}
    for job in jobs:
        where = busy.request("GET", f"/repos/acme/built/actions/jobs/{job['id']}/logs").headers["location"]
        logs[job["name"]] = busy.client.get(where).text
    assert {job["name"]: job["conclusion"] for job in jobs} == {"One": "success", "Two": "success"}, logs
    assert [step["name"] for step in jobs[0]["steps"]] == [f"Run {CHECKOUT}", "Say", f"Run {UPLOAD}"]
    assert {step["conclusion"] for step in jobs[0]["steps"]} == {"success"}
    assert f"stand-in for {CHECKOUT}\n" in logs["One"]
    assert "token *** letter a hello" in logs["One"]
    assert f"acme/built/.github/workflows/build.yml@refs/heads/main {run['head_sha']}" in logs["One"]
    assert "ghs_" not in logs["One"] + logs["Two"]
    found = busy.request("GET", f"/repos/acme/built/actions/runs/{run['id']}/artifacts?name=things").json()
    zipped = f"/repos/acme/built/actions/artifacts/{found['artifacts'][0]['id']}/zip"
    archive = busy.client.get(busy.request("GET", zipped).headers["location"])
    assert zipfile.ZipFile(io.BytesIO(archive.content)).read("file.txt") == b"content\n"


ROLE = """
on: [push]
jobs:
  assume:
    runs-on: ubuntu-24.04
    permissions:
      id-token: write
    steps:
      - id: role
        uses: aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c
        with:
          allowed-account-ids: "111111111111"
          aws-region: eu-west-1
          role-to-assume: arn:aws:iam::111111111111:role/ship
      - run: |
          test "${{ steps.role.outputs.aws-account-id }}" = 111111111111
          test -n "$AWS_SESSION_TOKEN"
"""


def test_a_job_assumes_a_role_that_trusts_its_repository(
    busy: RunningWorld, pushed: Callable[[str, str], dict[str, Any]]
) -> None:
    """By its identity alone."""
    _trust(busy, "shipping")
    run = pushed("shipping", ROLE)
    assert run["conclusion"] == "success", _log(busy, "shipping", run)
    assert "Authenticated as arn:aws:sts::111111111111:assumed-role/ship/GitHubActions" in _log(busy, "shipping", run)


def test_a_job_of_another_repository_is_refused_the_role(
    busy: RunningWorld, pushed: Callable[[str, str], dict[str, Any]]
) -> None:
    """In AWS's words."""
    _trust(busy, "shipped")
    run = pushed("elsewhere", ROLE)
    assert run["conclusion"] == "failure"
    assert "Not authorized to perform sts:AssumeRoleWithWebIdentity" in _log(busy, "elsewhere", run)


def test_a_job_is_stopped(
    busy: RunningWorld, news: News, git: Callable[..., subprocess.CompletedProcess[str]], work_tree: Path
) -> None:
    """Its processes end at once."""
    busy.repository("slow")
    path = work_tree / ".github" / "workflows" / "slow.yml"
    path.parent.mkdir(parents=True)
    path.write_text("on: [push]\njobs: {slow: {runs-on: u, steps: [{run: sleep 300}]}}\n")
    git("add", "--all", cwd=work_tree)
    git("commit", "--quiet", "--message=Slow", cwd=work_tree)
    git("push", "--quiet", busy.git_url("slow"), "main", cwd=work_tree)
    run = _until(busy, news, "slow", "in_progress")
    assert busy.request("POST", f"/repos/acme/slow/actions/runs/{run['id']}/cancel").status_code == 202
    assert _until(busy, news, "slow", "completed")["conclusion"] == "cancelled"


def _trust(busy: RunningWorld, name: str) -> None:
    """Let the role trust pushes to main of a repository that is still to be made, by its name."""
    iam = busy.aws("iam")
    provider = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
    if provider not in {found["Arn"] for found in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]}:
        iam.create_open_id_connect_provider(
            Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"]
        )
    issuer = "token.actions.githubusercontent.com"
    condition = {
        "StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:repository": f"acme/{name}"},
        "StringLike": {f"{issuer}:sub": f"repo:acme@*/{name}@*:ref:refs/heads/main"},
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    if "ship" in {role["RoleName"] for role in iam.list_roles()["Roles"]}:
        iam.update_assume_role_policy(RoleName="ship", PolicyDocument=document)
    else:
        iam.create_role(RoleName="ship", AssumeRolePolicyDocument=document)


def _log(busy: RunningWorld, name: str, run: dict[str, Any]) -> str:
    job = busy.request("GET", f"/repos/acme/{name}/actions/runs/{run['id']}/jobs").json()["jobs"][0]
    where = busy.request("GET", f"/repos/acme/{name}/actions/jobs/{job['id']}/logs").headers["location"]
    return busy.client.get(where).text


def _until(busy: RunningWorld, news: News, name: str, status: str) -> dict[str, Any]:
    news.until(Stage(f"acme/{name}", status))
    run: dict[str, Any] = busy.request("GET", f"/repos/acme/{name}/actions/runs").json()["workflow_runs"][0]
    assert run["status"] == status
    return run


def test_the_world_says_why_a_run_did_not_begin(
    busy: RunningWorld, pushed: Callable[[str, str], dict[str, Any]]
) -> None:
    """And lets no stranger pass a gate."""
    run = pushed("broken", "on: [push]\njobs: {a: {runs-on: u, stepz: []}}\n")
    found = busy.request("GET", f"/_world/runs?id={run['id']}").json()
    assert found == {
        "id": run["id"],
        "name": ".github/workflows/build.yml",
        "status": "completed",
        "conclusion": "failure",
        "message": f"The workflow is not valid. {run['name']} (Line: 2, Col: 24): Unexpected value 'stepz'",
        "jobs": [],
    }
    assert busy.request("GET", "/_world/runs?id=1").status_code == 404
    assert busy.request("GET", "/_world/runs?id=x").status_code == 422
    asked = {"run_id": run["id"], "login": "alice", "environments": ["none"]}
    assert busy.request("POST", "/_world/runs/bypass", document=asked).status_code == 404
    assert busy.request("POST", "/_world/runs/bypass", document={}).status_code == 422
