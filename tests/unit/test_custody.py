"""Custody of checkpoints: what one run leaves, the next begins on, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from twinlock.custody import Custody
from twinlock.engine.checkpoint import Change, Standing, digest
from twinlock.errors import BadInput, Incomplete
from twinlock.ledger.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

STACK = "protections/payments"
URN = "urn:pulumi:payments::twinlock-protections::github:index/repositoryRuleset:RepositoryRuleset::main"


def _checkpoint(enforcement: str) -> bytes:
    resources = [{"urn": URN, "inputs": {"enforcement": enforcement}}]
    return json.dumps({"version": 3, "checkpoint": {"latest": {"resources": resources}}}).encode()


@pytest.fixture
def custody(tmp_path: Path) -> Custody:
    """Keep a new journal and no copies."""
    return Custody(Journal(tmp_path / "journal.jsonl", who="controller"), tmp_path / "copies")


def test_each_run_begins_on_what_the_last_has_left(custody: Custody) -> None:
    """A first run without a checkpoint, a second on the first one's, a third after a destruction."""
    custody.begin(STACK, None)
    custody.end(STACK, _checkpoint("active"))
    custody.begin(STACK, _checkpoint("active"))
    custody.end(STACK, None)
    custody.begin(STACK, None)
    assert [(entry.record.event, entry.record.what) for entry in custody.journal.entries()] == [
        ("run-begun", "a run begins"),
        ("checkpoint", "a run has ended"),
        ("run-begun", "a run begins"),
        ("checkpoint", "a run has ended"),
        ("run-begun", "a run begins"),
    ]


def test_the_stacks_that_were_run_are_known(custody: Custody) -> None:
    """In the order of their first run, also where the manifest declares one no more."""
    custody.begin("repositories/payments", None)
    custody.begin(STACK, None)
    custody.end(STACK, None)
    assert custody.stacks() == ("repositories/payments", STACK)


def test_a_forged_checkpoint_is_refused_with_what_changed(custody: Custody) -> None:
    """Whoever writes the state outside a run is found out by the next run, which does not begin."""
    custody.begin(STACK, None)
    custody.end(STACK, _checkpoint("active"))
    entries = len(custody.journal.entries())
    with pytest.raises(Incomplete) as caught:
        custody.begin(STACK, _checkpoint("disabled"))
    assert str(caught.value) == (
        "protections/payments was not run.\n"
        f"Its checkpoint was changed outside a run: changed {URN} (inputs.enforcement).\n"
        "Find out who did that. If it was right: `twinlock state accept protections/payments`, "
        "which the journal records."
    )
    assert len(custody.journal.entries()) == entries


def test_a_forged_copy_is_not_believed(custody: Custody) -> None:
    """A copy that the journal does not know tells nothing: the checkpoint is refused all the same."""
    custody.begin(STACK, None)
    custody.end(STACK, _checkpoint("active"))
    (custody.copies / "protections" / "payments.json").write_bytes(_checkpoint("disabled"))
    assert custody.examine(STACK, _checkpoint("disabled")) == (Standing.CHANGED, None)


def test_what_an_interrupted_run_has_left_is_taken_over_on_the_record(custody: Custody) -> None:
    """A killed run must not need a person; the journal says that its state was taken over."""
    custody.begin(STACK, None)
    custody.begin(STACK, _checkpoint("active"))
    assert custody.journal.entries()[-1].record.what == "a run takes over what an interrupted run has left"


def test_a_change_can_be_accepted_on_the_record(custody: Custody) -> None:
    """After `accept` the next run begins; the journal holds that somebody accepted, and what it was."""
    custody.end(STACK, _checkpoint("active"))
    assert custody.accept(STACK, _checkpoint("disabled")) == [Change(URN, "changed", ("inputs.enforcement",))]
    assert custody.journal.entries()[-1].record.what == "accepted by hand; it was changed"
    custody.begin(STACK, _checkpoint("disabled"))


def test_a_checkpoint_without_a_record_is_not_run_on(custody: Custody) -> None:
    """State that was there before the journal, or that plain Pulumi made, is accepted first."""
    with pytest.raises(Incomplete) as caught:
        custody.begin(STACK, _checkpoint("active"))
    assert caught.value.why == "It has a checkpoint of which no run is recorded here."


def test_a_removed_checkpoint_is_noticed(custody: Custody) -> None:
    """State that is gone would let everything be created anew."""
    custody.end(STACK, _checkpoint("active"))
    with pytest.raises(Incomplete) as caught:
        custody.begin(STACK, None)
    assert caught.value.why == "Its checkpoint was removed outside a run."


def test_stacks_are_told_apart(custody: Custody) -> None:
    """What is recorded of one stack is nothing for another."""
    custody.end(STACK, _checkpoint("active"))
    custody.begin("protections/orders", None)
    assert custody.examine(STACK, _checkpoint("active")) == (Standing.AS_LEFT, None)


def test_copies_are_private(custody: Custody) -> None:
    """A checkpoint holds secrets, if encrypted ones: nobody else reads its copy."""
    custody.end(STACK, _checkpoint("active"))
    assert (custody.copies / "protections" / "payments.json").stat().st_mode & 0o777 == 0o600


def test_a_broken_journal_lets_nothing_begin(custody: Custody, tmp_path: Path) -> None:
    """Without a chain that holds there is nothing to believe."""
    custody.end(STACK, _checkpoint("active"))
    (tmp_path / "journal.jsonl").write_bytes((tmp_path / "journal.jsonl").read_bytes().replace(b"ended", b"begun"))
    with pytest.raises(BadInput):
        custody.begin(STACK, _checkpoint("active"))


def test_what_a_run_leaves_goes_to_the_archive_too(custody: Custody) -> None:
    """By its digest, and only after the journal has it; where nothing is left, nothing goes there."""
    kept: list[tuple[str, str, int]] = []

    class Kept:
        """Remembers what it is given, and what the journal had by then."""

        def keep(self, stack: str, digest: str, content: bytes) -> None:
            """Remember."""
            assert content == _checkpoint("active")
            kept.append((stack, digest, len(list(custody.journal.entries()))))

    archived = replace(custody, archive=Kept())
    archived.begin(STACK, None)
    archived.end(STACK, _checkpoint("active"))
    archived.begin(STACK, _checkpoint("active"))
    archived.end(STACK, None)
    assert kept == [(STACK, digest(_checkpoint("active")), 2)]


def test_what_is_forgotten_is_expected_no_more(custody: Custody) -> None:
    """A run that ended, one that did not; what has no checkpoint is not mentioned again."""
    custody.begin("repositories/payments", None)
    custody.begin(STACK, None)
    custody.end(STACK, _checkpoint("active"))
    custody.begin("organization/platform", None)
    custody.end("organization/platform", None)
    assert list(custody.forget("forgotten with its world")) == ["repositories/payments", STACK]
    assert [custody.examine(stack, None) for stack in custody.stacks()] == [(Standing.NEW, None)] * 3
    assert list(custody.forget("forgotten with its world")) == []
    assert list(custody.journal.entries())[-1].record.what == "forgotten with its world"
    assert not list(custody.copies.rglob("*.json"))
