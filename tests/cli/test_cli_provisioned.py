"""A provisioned platform at the command line: results as JSON, expired tokens, and what stops a run in the middle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from twinlock.errors import Incomplete
from twinlock_cli import compose

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    Answer = subprocess.CompletedProcess[str]
    Refusal = Callable[[str, str, str], str]
    WorldOf = Callable[[Path], dict[str, Any]]

TARGET = "target: world (acme)\n"
STACKS = ["organization/platform", "repositories/platform", "repositories/payments", "protections/payments"]
PRINTING = {
    "preview": (("preview",), {"seeds", "stacks", "waiting"}),
    "up": (("up", "--yes"), {"seeds", "stacks", "waiting"}),
    "audit": (("audit",), {"calls", "coverage", "findings", "notes", "unknowns", "windows"}),
    "drift": (("drift",), {"differences", "evaluated", "resources", "unseen"}),
    "windows list": (("windows", "list"), None),
    "reconcile": (("reconcile", "--once", "--yes"), None),
    "world status": (("world", "status"), {"aws", "git", "github", "not_enforced", "pid"}),
}


@pytest.mark.parametrize(("words", "keys"), PRINTING.values(), ids=PRINTING.keys())
def test_results_for_machines_are_one_document(
    twinlock: Callable[..., Answer], provisioned: Path, words: tuple[str, ...], keys: set[str] | None
) -> None:
    """`--format json` puts one JSON document on stdout, and nothing but the target on stderr."""
    answer = twinlock("-C", provisioned, *words, "--format", "json")
    document = json.loads(answer.stdout)
    assert (answer.returncode, answer.stderr) == (0, TARGET)
    assert keys is None or set(document) == keys


@pytest.mark.parametrize("words", [words for words, _ in PRINTING.values()], ids=PRINTING.keys())
def test_results_for_people_say_nothing_on_stderr(
    twinlock: Callable[..., Answer], provisioned: Path, words: tuple[str, ...]
) -> None:
    """What a command found stands on stdout; with nothing to do there is no progress beyond the target."""
    answer = twinlock("-C", provisioned, *words)
    assert (answer.returncode, answer.stderr) == (0, TARGET)
    assert TARGET not in answer.stdout


def test_up_without_anything_to_do_says_so(twinlock: Callable[..., Answer], provisioned: Path) -> None:
    """A line for each stack."""
    answer = twinlock("-C", provisioned, "up", "--yes")
    assert answer.stdout.splitlines() == [f"{stack}: nothing to do" for stack in STACKS]


@pytest.mark.parametrize("command", ["preview", "up --yes"])
def test_nothing_to_do_takes_neither_pulumi_nor_jinja_nor_git(
    twinlock: Callable[..., Answer], provisioned: Path, tmp_path: Path, command: str
) -> None:
    """What is remembered is compared with what is live; the programs are not run, and no tree is rendered."""
    assert twinlock("-C", provisioned, "up", "--yes").returncode == 0
    script = (
        "import sys; from twinlock_cli.app import run; code = run(sys.argv[1:]); "
        "print(code, sorted({'pulumi', 'google.protobuf', 'jinja2', 'pulumi_aws', 'pulumi_github'} & set(sys.modules)))"
    )
    # A git that does nothing but be there: it would fail whoever called it.
    (tmp_path / "git").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "git").chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", script, "-C", str(provisioned), *command.split()],
        env={"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [*(f"{stack}: nothing to do" for stack in STACKS), "0 []"]


def test_destroy_and_up_tell_what_they_did(twinlock: Callable[..., Answer], provisioned: Path) -> None:
    """What is deleted is told in reverse order, as JSON too; progress goes to stderr."""
    answer = twinlock("-C", provisioned, "destroy", "--yes", "--format", "json")
    document = json.loads(answer.stdout)
    assert (answer.returncode, answer.stderr) == (0, TARGET)
    assert [result["stack"] for result in document["stacks"]] == STACKS[::-1]
    assert {change["operation"] for result in document["stacks"] for change in result["changes"]} == {"delete"}
    assert twinlock("-C", provisioned, "world", "reset", "--yes").returncode == 0
    answer = twinlock("-C", provisioned, "up", "--yes")
    assert (answer.returncode, answer.stderr.splitlines()[:2]) == (
        0,
        [TARGET.strip(), "+ organization/platform    Team audit"],
    )
    assert [line.partition(": ")[0] for line in answer.stdout.splitlines() if "resources changed" in line] == STACKS
    assert [line for line in answer.stdout.splitlines() if line.endswith(": seeded")] == [
        "delivery-pipelines: seeded",
        "payments: seeded",
        "payments-integration-tests: seeded",
    ]
    assert twinlock("-C", provisioned, "audit").returncode == 0


@pytest.mark.parametrize("command", [("audit",), ("preview",), ("up", "--yes")], ids=" ".join)
def test_a_token_that_expired_is_renewed_by_the_next_command(
    twinlock: Callable[..., Answer],
    world_of: WorldOf,
    expire: Callable[..., None],
    provisioned: Path,
    command: tuple[str, ...],
) -> None:
    """The world gives new tokens to whom the manifest declares, so between commands nobody notices."""
    before = world_of(provisioned)["github"]["tokens"]
    expire(provisioned, "twinlock-auditor", "twinlock-controller")
    assert twinlock("-C", provisioned, *command).returncode == 0
    after = world_of(provisioned)["github"]["tokens"]
    assert {holder for holder in before if before[holder] != after[holder]} == {
        "twinlock-auditor",
        "twinlock-controller",
    }


def test_the_auditors_token_that_expires_while_it_reads_is_told(
    twinlock: Callable[..., Answer], expire: Callable[..., None], provisioned: Path
) -> None:
    """In the middle of an audit nothing is renewed: it could not be completed, and the command named renews it."""
    platform = compose.load(provisioned)
    read = compose.examine(platform, compose.world(platform))
    expire(provisioned, "twinlock-auditor")
    with pytest.raises(Incomplete) as caught:
        read()
    assert caught.value.what.endswith(" was refused.")
    assert caught.value.why == ("GitHub does not accept the token of twinlock-auditor: it has expired or was revoked.")
    assert caught.value.mend == "Make fresh tokens: `twinlock world up --detach`."
    assert twinlock("-C", provisioned, "world", "up", "--detach").returncode == 0
    assert compose.examine(platform, compose.world(platform))().exit_code == 0


def test_the_controllers_token_that_expires_while_it_works_is_told(
    expire: Callable[..., None], provisioned: Path
) -> None:
    """As above, in the middle of a run."""
    platform = compose.load(provisioned)
    running = compose.world(platform)
    stack = compose.stacks(platform, running)("organization", "platform")
    expire(provisioned, "twinlock-controller")
    with pytest.raises(Incomplete) as caught:
        compose.engine(platform).preview(stack, lambda _stack, _change: None)
    assert "the token of twinlock-controller: it has expired or was revoked." in str(caught.value)
    assert "`twinlock world up --detach`" in caught.value.mend


@pytest.mark.parametrize("command", [("up", "--yes"), ("reconcile", "--once", "--yes")], ids=" ".join)
def test_without_git_nothing_is_begun(
    twinlock: Callable[..., Answer],
    refusal: Refusal,
    monkeypatch: pytest.MonkeyPatch,
    provisioned: Path,
    command: tuple[str, ...],
) -> None:
    """What seeds repositories is asked for before the first stack is run."""
    monkeypatch.setenv("PATH", str(provisioned))
    answer = twinlock("-C", provisioned, *command)
    told = refusal("Nothing was begun.", "git was not found.", "Install git, then run the same command again.")
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", TARGET + told)


def test_a_full_disk_stops_a_run_that_the_next_one_finishes(
    twinlock: Callable[..., Answer],
    full_disk: Callable[[int], AbstractContextManager[None]],
    provisioned: Path,
) -> None:
    """State that cannot be written is told with its file; it stays as it was, and the rerun goes on from it."""
    state = provisioned / ".twinlock" / "state" / "organization" / "platform.json"
    before = state.read_bytes()
    text = (provisioned / "roster.yaml").read_text()
    (provisioned / "roster.yaml").write_text(
        f"{text}  zoe: {{identity: zoe@acme.example, github: [zoe], teams: [platform]}}\n"
    )
    with full_disk(4000):
        answer = twinlock("-C", provisioned, "up", "--yes")
    assert (answer.returncode, answer.stdout) == (3, "")
    assert answer.stderr.splitlines()[-3:] == [
        f"error: {state} was not written.",
        "  why: The system says: File too large.",
        " mend: Make room or make the directory writable, then run the same command again.",
    ]
    assert state.read_bytes() == before
    assert list(state.parent.glob(".*.tmp")) == []
    (provisioned / "roster.yaml").write_text(text)
    assert twinlock("-C", provisioned, "up", "--yes").returncode == 0
    assert twinlock("-C", provisioned, "audit").returncode == 0


def test_reconcile_cannot_begin_where_its_journal_cannot_be_written(
    twinlock: Callable[..., Answer], provisioned: Path
) -> None:
    """Nothing is corrected that could not be written down before."""
    journal = provisioned / ".twinlock" / "journal.jsonl"
    kept = journal.read_bytes() if journal.exists() else None
    journal.unlink(missing_ok=True)
    journal.mkdir()
    try:
        answer = twinlock("-C", provisioned, "reconcile", "--once", "--yes")
    finally:
        journal.rmdir()
        if kept is not None:
            journal.write_bytes(kept)
    assert answer.returncode == 3
    assert "Traceback" not in answer.stderr
    assert f"{journal}" in answer.stderr


def test_another_run_on_the_same_stack_is_refused(twinlock: Callable[..., Answer], provisioned: Path) -> None:
    """Two runs at once: the second is told who holds the lock."""
    from twinlock.engine.lock import held  # noqa: PLC0415 - not needed to collect this file

    path = provisioned / ".twinlock" / "state" / "organization" / "platform.lock"
    assert path.exists()
    with held(path, "organization/platform", "up"):
        answer = twinlock("-C", provisioned, "up", "--yes")
    first, second, third = answer.stderr.removeprefix(TARGET).splitlines()
    assert (answer.returncode, answer.stdout, first) == (3, "", "error: organization/platform was not begun.")
    assert second.startswith("  why: Another run holds it: `up`, process ")
    assert third == " mend: Wait until it is through, then run the same command again."
