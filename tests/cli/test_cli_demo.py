"""`twinlock demo` as a process: its document, and what is left when it is interrupted, which is nothing."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

INTERRUPTIONS = {
    "Ctrl-C while the world starts": ("world ...\n", signal.SIGINT),
    "Ctrl-C while it provisions": ("up ...\n", signal.SIGINT),
    "Ctrl-C while people try": ("  ahmed: merge without approval\n", signal.SIGINT),
    "Ctrl-C while it weakens": ("weaken ...\n", signal.SIGINT),
    "kill while it provisions": ("up ...\n", signal.SIGTERM),
}


DRILLS = [
    ("ahmed", "push to main", True),
    ("ahmed", "push to the testers' suite", True),
    ("ahmed", "post the required check from a side branch", False),
    ("ahmed", "merge on that check", True),
    ("ahmed", "edit a workflow, approved by reviewers alone", True),
    ("ahmed", "push a branch and open a pull request", False),
    ("ahmed", "approve their own change", True),
    ("ahmed", "merge without approval", True),
    ("rita", "approve", False),
    ("rosa", "approve", False),
    ("ahmed", "merge once it is approved and checked", False),
    ("build.yml", "build and publish, with the publishing role", False),
    ("integration.yml", "raise an environment of its own, with the integration role", False),
    ("integration.yml", "run the testers' suite in it, against the image", False),
    ("integration.yml", "destroy the environment", False),
    ("release.yml", "run the release without approval", False),
    ("ahmed", "approve the release of their own change", True),
    ("lena", "approve the release", False),
    ("release.yml", "release without the gate's consent", False),
]


@pytest.mark.parametrize(("step", "number"), INTERRUPTIONS.values(), ids=INTERRUPTIONS.keys())
def test_an_interrupted_demo_leaves_no_process_and_no_file(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, step: str, number: signal.Signals
) -> None:
    """Ctrl-C or `kill` at any step: the world is stopped, and the temporary directory is gone."""
    process = start("demo")
    assert process.stderr is not None
    said = []
    while step not in said:
        said.append(process.stderr.readline())
        assert said[-1], "".join(said)
    process.send_signal(number)
    _, rest = process.communicate(timeout=60)
    assert (process.returncode, rest.splitlines()[-1]) == (130, "interrupted")
    assert "Traceback" not in rest
    assert list((tmp_path / "tmp").iterdir()) == []
    assert processes_that_name(tmp_path) == []


def test_the_demo_for_machines_is_one_document(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    """`--format json` tells everything at the end, and nothing is left."""
    out, err = start("demo", "--format", "json").communicate(timeout=480)
    document = json.loads(out)
    assert [drill for drill in document["drills"] if not drill["held"]] == []
    assert [weakening for weakening in document["weakenings"] if not weakening["found"]] == []
    assert document["succeeded"], err
    assert set(document) == {"audits", "drills", "not_enforced", "reconcile", "seconds", "succeeded", "weakenings"}
    assert [(drill["who"], drill["title"], drill["refusal"]) for drill in document["drills"]] == DRILLS
    assert list((tmp_path / "tmp").iterdir()) == []
    assert processes_that_name(tmp_path) == []


def processes_that_name(directory: Path) -> list[str]:
    """Return the command lines that name a directory, as the world's does with all that is its own."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:  # it has ended meanwhile
            continue
        if str(directory) in command:
            found.append(command)
    return found
