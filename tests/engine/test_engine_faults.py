"""Faults in the middle of a run of the real engine: what is told, and that the next `up` finishes it.

One platform is provisioned through one fault after the other, each at the place that the run before has left open; in
the end its world equals one that was provisioned undisturbed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from twinlock_cli import engines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UP = ("up", "--yes", "--engine", "pulumi")
AGAIN = "Run the same command again; it goes on where this run stopped"
TAKES = f"{AGAIN}, and takes over what was made nevertheless."
HELD = {"status": 503, "retry_after": 120, "carried_out": True}
"""Done, and answered by an error after which GitHub's provider waits: so a run can be met in the middle of it."""


@pytest.fixture(scope="module")
def faulty(installed: Any, new_platform: Callable[[], Any]) -> Any:  # noqa: ANN401 - the conftest's
    """Return a platform that nothing was provisioned of."""
    del installed
    return new_platform()


@pytest.fixture
def arrange(faulty: Any) -> Iterator[Callable[..., None]]:  # noqa: ANN401
    """Return what arranges a fault; all are withdrawn afterwards."""

    def arranged(request: str, **fault: object) -> None:
        faulty.request("POST", "/_world/faults", {"request": request, **fault})

    yield arranged
    faulty.request("DELETE", "/_world/faults")


def told(platform: Any) -> list[str]:  # noqa: ANN401
    """Run `up`, which fails, and return its error, its reason and its mend."""
    done = platform.twinlock(*UP)
    assert done.code == 3, done.err
    lines = done.err[done.err.index("error: ") :].splitlines()
    return [line.removeprefix(label) for line, label in zip(lines, ("error: ", "  why: ", " mend: "), strict=True)]


def started(platform: Any) -> subprocess.Popen[str]:  # noqa: ANN401
    """Start `up` as a process of its own, which finds the engine of this machine, and meet it in a creation."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(engines.folder().parents[1])}
    process = subprocess.Popen(
        [sys.executable, "-m", "twinlock_cli", "-C", str(platform.root), *UP],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    )
    while not any(each["befallen"] for each in platform.request("GET", "/_world/faults")):
        assert process.poll() is None, process.communicate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    return process


def remove(platform: Any, nouns: str, names: Callable[[Any], list[object]]) -> None:  # noqa: ANN401
    """Remove what the runs before may have come to make, or not: what a run makes at once has no order."""
    for repository in platform.request("GET", "/orgs/acme/repos"):
        path = f"/repos/{repository['full_name']}/{nouns}"
        for name in names(platform.request("GET", path)):
            platform.request("DELETE", f"{path}/{name}")


def descendants(process: int) -> list[int]:
    """Return a process and all that it has started, itself or through others."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = stat.read_text().rpartition(")")[2].split()[1]
            children.setdefault(int(parent), []).append(int(stat.parent.name))
    found = [process]
    for each in found:
        found += children.get(each, [])
    return found


def kill(processes: list[int], name: str = "") -> None:
    """Kill those of the processes whose command line holds a name."""
    for process in processes:
        with contextlib.suppress(OSError):
            if name in Path(f"/proc/{process}/cmdline").read_text():
                os.kill(process, signal.SIGKILL)


def test_an_answer_that_is_lost_is_told_and_what_it_was_about_taken_over(
    faulty: Any,  # noqa: ANN401
    arrange: Callable[..., None],
) -> None:
    """GitHub made the team, and the run did not hear of it."""
    arrange("POST /orgs/acme/teams", lost=True, carried_out=True, skip=2)
    what, why, mend = told(faulty)
    assert re.fullmatch(r"organization/platform: github:index/team:Team [\w-]+ was not applied\.", what)
    assert why.startswith("The connection to GitHub was lost in the middle of an answer: unexpected EOF.")
    assert mend == TAKES


def test_a_run_that_is_killed_as_a_whole_frees_what_it_held(
    faulty: Any,  # noqa: ANN401
    arrange: Callable[..., None],
) -> None:
    """A second run is refused while it lives. Killed in a creation, it leaves locks and pending operations behind."""
    arrange("POST /orgs/acme/repos", **HELD)
    process = started(faulty)
    what, why, mend = told(faulty)
    assert re.fullmatch(r"repositories/\w+ was not begun\.", what) or what == "organization/platform was not begun."
    assert re.fullmatch(rf"Another run holds it: `.* up --yes --engine pulumi`, process {process.pid} on .*", why)
    assert mend == "Wait until it is through, then run the same command again."
    kill(descendants(process.pid))
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_a_provider_that_ends_in_the_middle_is_told(
    faulty: Any,  # noqa: ANN401
    arrange: Callable[..., None],
) -> None:
    """The repository, or the first thing after it, that GitHub's provider was killed in; what it made is taken over."""
    arrange("PUT /repos/acme/*/actions/permissions", **HELD)
    process = started(faulty)
    kill(descendants(process.pid), "pulumi-resource-github")
    _, said = process.communicate()
    assert process.returncode == 3, said
    assert re.search(r"error: repositories/\w+: github:index/\w+:\w+ [\w-]+ was not applied\.\n", said)
    assert "  why: The provider ended in the middle of its work: error reading from server: EOF." in said


def test_a_failure_of_aws_is_told_in_its_words(faulty: Any, arrange: Callable[..., None]) -> None:  # noqa: ANN401
    """The role was made and every answer lost: it is found, and the next run goes on from there."""
    arrange("iam:CreateRole", status=503, times=3, carried_out=True)
    what, why, mend = told(faulty)
    assert re.fullmatch(r"\w+/\w+: aws:iam/role:Role [\w-]+ was not applied\.", what)
    assert why.startswith("AWS says: ")
    assert mend == f"{AGAIN}."


def test_a_name_that_the_first_attempt_has_taken_is_the_runs_own(
    faulty: Any,  # noqa: ANN401
    arrange: Callable[..., None],
) -> None:
    """GitHub made the ruleset and answered 502; the second attempt is refused because the name is taken."""
    remove(faulty, "rulesets", lambda listed: [each["id"] for each in listed])
    arrange("POST /repos/acme/*/rulesets", status=502, carried_out=True)
    what, why, _ = told(faulty)
    assert re.match(r"protections/payments: github:index/repositoryRuleset:RepositoryRuleset [\w:-]+ was not", what)
    assert why.startswith("GitHub says that the name is taken: POST ")


def test_a_token_that_expires_is_told_and_renewed(faulty: Any, arrange: Callable[..., None]) -> None:  # noqa: ANN401
    """The mend names the command, after which the same run goes on."""
    arrange("GET /repos/acme/*", expires="twinlock-controller", skip=3)
    what, why, mend = told(faulty)
    assert re.match(r"(repositories|protections)/\w+: ", what)
    assert "GitHub does not accept the token" in why
    assert "`twinlock" in mend
    assert " world up --detach`" in mend
    assert faulty.twinlock("world", "up", "--detach").code == 0


def test_a_failure_of_github_that_lasts_is_told(faulty: Any, arrange: Callable[..., None]) -> None:  # noqa: ANN401
    """Its provider tries four times; ours says what was asked and what GitHub answered."""
    remove(faulty, "environments", lambda listed: [each["name"] for each in listed["environments"]])
    arrange("PUT /repos/acme/payments/environments/*", status=502, times=99)
    what, why, mend = told(faulty)
    assert what == "protections/payments: twinlock:github:EnvironmentProtection payments:production was not applied."
    assert why.startswith("PUT /repos/acme/payments/environments/production was refused. GitHub answered 502")
    assert mend == "GitHub failed. Run the same command again; it goes on where this run stopped."


def test_a_limit_is_waited_for(faulty: Any, provisioned: Any, arrange: Callable[..., None]) -> None:  # noqa: ANN401
    """Both providers come back when GitHub says so; then all is as if no fault had ever been."""
    for method in ("PUT", "GET"):
        arrange(f"{method} /repos/acme/payments/*", status=403, retry_after=1)
        arrange(f"{method} /repos/acme/payments-integration-tests/*", status=429, retry_after=1)
    done = faulty.twinlock(*UP)
    assert done.code == 0, done.err
    audited = faulty.twinlock("audit", "--format", "json")
    assert (audited.code, audited.document["findings"]) == (0, [])
    assert everything(faulty) == everything(provisioned)


def everything(platform: Any) -> Any:  # noqa: ANN401
    """Return all that a world holds, whatever the order in which it was made.

    Policies of Actions are the audit's to compare: one that is as GitHub has it by default may never have been written.
    """
    github = platform.dump()["github"]["organizations"]["acme"]
    for held in (github, *github["repositories"].values()):
        held.pop("actions_policies", None)
    return canonical({"github": github, "aws": platform.dump()["aws"]})


def canonical(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a document whose lists are sorted, and in which an empty text is nothing."""
    if isinstance(value, dict):
        return {key: canonical(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted((canonical(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    return None if value == "" else value
