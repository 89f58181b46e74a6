"""A served world that executes jobs: real processes, real git, real artifacts."""

from __future__ import annotations

import io
import shutil
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.world.conftest import RunningWorld

pytestmark = pytest.mark.skipif(
    shutil.which("act", path=Path(sys.executable).parent) is None, reason="act has no wheel for this machine"
)
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


@pytest.fixture(scope="module")
def busy(start_world: Callable[..., RunningWorld]) -> RunningWorld:
    """A world whose jobs run on this machine."""
    return start_world(None, None, "--runner", "act")


@pytest.fixture
def pushed(
    busy: RunningWorld, git: Callable[..., subprocess.CompletedProcess[str]], work_tree: Path
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
        for _ in range(600):
            runs = busy.request("GET", f"/repos/acme/{name}/actions/runs").json()["workflow_runs"]
            if runs and runs[0]["status"] == "completed":
                found: dict[str, Any] = runs[0]
                return found
            time.sleep(0.05)  # the job is a process of its own: there is nothing to wait on but its outcome
        raise AssertionError(runs)

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
