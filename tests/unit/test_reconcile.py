"""Reconcile: written down before it is corrected, read again after, and never softened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock.audit import Coverage, Report
from twinlock.errors import Incomplete
from twinlock.ledger.journal import START, Entry, Record
from twinlock.ledger.windows import Window, windows
from twinlock.model.finding import Finding, Note, Severity, Unknown
from twinlock.reconcile import Outcome, reconcile

if TYPE_CHECKING:
    from collections.abc import Sequence

RULESET = "acme/payments:ruleset/default-branch"
DISABLED = Finding(
    "branch-ruleset", RULESET, Severity.CRITICAL, "enforcement is disabled", "active", "disabled", "Restore it."
)
WIDE = Finding("role-trust", "arn:aws:iam::2:role/r", Severity.CRITICAL, "it is wide", "narrow", "wide", "Restore it.")
HIDDEN = Unknown("tag-ruleset", "acme/payments", "403")
STRICTER = Note("branch-ruleset", RULESET, "approvals is 3, stricter than 2.", softens=True, manifest_key="approvals")
HARMLESS = Note("role-inventory", "arn:aws:iam::2:role/x", "Nobody declared it; its quarantine is intact.")
CLEAN = ("audit", "platform", "clean", "", "")


def _report(*verdicts: Finding | Unknown | Note, evaluated: tuple[str, ...] = ("branch-ruleset acme",)) -> Report:
    return Report(
        tuple(v for v in verdicts if isinstance(v, Finding)),
        tuple(v for v in verdicts if isinstance(v, Unknown)),
        tuple(v for v in verdicts if isinstance(v, Note)),
        Coverage(evaluated, ()),
    )


class Scene:
    """What is read, in order; what is written and done, in order."""

    def __init__(self, *reports: Report, failing: str = "") -> None:
        self._reports = list(reports)
        self._failing = failing
        self.told: list[str] = []
        self.written: list[Entry] = []

    def examine(self) -> Report:
        """Return the next report."""
        self.told.append("read")
        return self._reports.pop(0)

    def correct(self) -> None:
        """Correct, or fail."""
        self.told.append("correct")
        self._fail("correct")

    def append(self, records: Sequence[Record]) -> None:
        """Write, or fail."""
        self._fail("write")
        for record in records:
            self.told.append(f"write {record.event} {record.subject}")
            number = len(self.written) + 1
            self.written.append(Entry(number, f"t{number}", "controller", record, START, START))

    def entries(self) -> tuple[Entry, ...]:
        """Return what was written."""
        return tuple(self.written)

    @property
    def records(self) -> list[tuple[str, str, str, str, str]]:
        """What was written, as tuples."""
        records = [entry.record for entry in self.written]
        return [(r.event, r.subject, r.what, r.before, r.after) for r in records]

    def _fail(self, what: str) -> None:
        if self._failing == what:
            raise Incomplete(f"{what} failed.", "The disk is full.", "Make room.")


def test_nothing_to_correct_is_written_down_as_clean() -> None:
    """A clean audit bounds the windows of what comes later; harmless notes do not stand in the way."""
    scene = Scene(_report(HARMLESS))
    passed = reconcile(scene.examine, scene.correct, scene)
    assert (passed.outcome, passed.exit_code, passed.after, passed.corrected) == (Outcome.CLEAN, 0, None, ())
    assert scene.told == ["read", "write audit platform"]
    assert scene.records == [CLEAN]


def test_drift_is_written_down_corrected_and_read_again() -> None:
    """The intent with before and after comes first, the correction next, the outcome after a second reading."""
    scene = Scene(_report(DISABLED, WIDE), _report(HARMLESS))
    passed = reconcile(scene.examine, scene.correct, scene)
    assert scene.told == [
        "read",
        f"write intent branch-ruleset {RULESET}",
        "write intent role-trust arn:aws:iam::2:role/r",
        "correct",
        "read",
        f"write outcome branch-ruleset {RULESET}",
        "write outcome role-trust arn:aws:iam::2:role/r",
        "write audit platform",
    ]
    assert scene.records == [
        ("intent", f"branch-ruleset {RULESET}", "enforcement is disabled", "disabled", "active"),
        ("intent", "role-trust arn:aws:iam::2:role/r", "it is wide", "wide", "narrow"),
        ("outcome", f"branch-ruleset {RULESET}", "corrected", "disabled", "active"),
        ("outcome", "role-trust arn:aws:iam::2:role/r", "corrected", "wide", "narrow"),
        CLEAN,
    ]
    assert (passed.outcome, passed.exit_code) == (Outcome.CORRECTED, 0)
    assert passed.corrected == (DISABLED, WIDE)
    assert passed.windows == (
        Window(1, "branch-ruleset", RULESET, None, "t1", "t3"),
        Window(2, "role-trust", "arn:aws:iam::2:role/r", None, "t2", "t4"),
    )


def test_what_remains_is_reported_and_its_window_stays_open() -> None:
    """A correction that did not hold is no success: exit 1, and nothing is written down as clean."""
    scene = Scene(_report(DISABLED, WIDE), _report(WIDE))
    passed = reconcile(scene.examine, scene.correct, scene)
    assert (passed.outcome, passed.exit_code, passed.corrected) == (Outcome.REMAINS, 1, (DISABLED,))
    assert scene.records[2:] == [
        ("outcome", f"branch-ruleset {RULESET}", "corrected", "disabled", "active"),
        ("outcome", "role-trust arn:aws:iam::2:role/r", "remained", "wide", "wide"),
    ]
    assert [window.closed for window in passed.windows] == ["t3", None]


def test_a_correction_that_uncovers_another_finding_is_no_success() -> None:
    """What was found is gone, but the second reading is not clean."""
    scene = Scene(_report(DISABLED), _report(WIDE))
    passed = reconcile(scene.examine, scene.correct, scene)
    assert (passed.outcome, passed.exit_code, passed.corrected) == (Outcome.REMAINS, 1, (DISABLED,))
    assert CLEAN not in scene.records


def test_a_subject_that_cannot_be_read_again_is_not_called_corrected() -> None:
    """Unknown is not compliant, after a correction either."""
    unread = Unknown("branch-ruleset", RULESET, "403")
    scene = Scene(_report(DISABLED), _report(unread))
    passed = reconcile(scene.examine, scene.correct, scene)
    assert (passed.outcome, passed.exit_code, passed.corrected) == (Outcome.REMAINS, 1, ())


@pytest.mark.parametrize("verdicts", [(STRICTER,), (STRICTER, DISABLED), (STRICTER, HARMLESS)])
def test_what_is_stricter_stops_the_pass_before_anything_is_done(verdicts: tuple[Finding | Note, ...]) -> None:
    """A correction would soften it: nothing is written, nothing corrected, exit 1."""
    scene = Scene(_report(*verdicts))
    passed = reconcile(scene.examine, scene.correct, scene)
    assert (passed.outcome, passed.exit_code, passed.after) == (Outcome.STOPPED, 1, None)
    assert scene.told == ["read"]


@pytest.mark.parametrize("report", [_report(HIDDEN), _report(HIDDEN, DISABLED), _report(evaluated=())])
def test_what_could_not_be_read_is_not_overwritten(report: Report) -> None:
    """Where anything is unknown, or nothing was evaluated at all, nothing is done: exit 3."""
    scene = Scene(report)
    passed = reconcile(scene.examine, scene.correct, scene)
    assert (passed.outcome, passed.exit_code, passed.after) == (Outcome.UNKNOWN, 3, None)
    assert scene.told == ["read"]


def test_without_a_journal_nothing_is_corrected() -> None:
    """What cannot be written down is not done."""
    scene = Scene(_report(DISABLED), failing="write")
    with pytest.raises(Incomplete, match="write failed"):
        reconcile(scene.examine, scene.correct, scene)
    assert scene.told == ["read"]


def test_a_correction_that_fails_leaves_its_intent() -> None:
    """The journal says what was begun; the next pass begins again, and closes the one window there was."""
    scene = Scene(_report(DISABLED), failing="correct")
    with pytest.raises(Incomplete, match="correct failed"):
        reconcile(scene.examine, scene.correct, scene)
    assert [record[0] for record in scene.records] == ["intent"]
    again = Scene(_report(DISABLED), _report())
    again.written = scene.written
    passed = reconcile(again.examine, again.correct, again)
    assert passed.windows == (Window(1, "branch-ruleset", RULESET, None, "t1", "t3"),)
    assert windows(again.entries()) == passed.windows


def test_what_was_off_twice_has_two_windows() -> None:
    """A pass tells of the one that it closed, not of the one before on the same subject."""
    scene = Scene(_report(DISABLED), _report(), _report(DISABLED), _report())
    reconcile(scene.examine, scene.correct, scene)
    passed = reconcile(scene.examine, scene.correct, scene)
    assert passed.windows == (Window(4, "branch-ruleset", RULESET, "t3", "t4", "t5"),)
    assert [window.id for window in windows(scene.entries())] == [1, 4]


def test_a_window_begins_after_the_last_clean_audit() -> None:
    """How long a control was off is known only as well as anybody looked."""
    scene = Scene(_report(), _report(DISABLED), _report())
    reconcile(scene.examine, scene.correct, scene)
    passed = reconcile(scene.examine, scene.correct, scene)
    assert passed.windows == (Window(2, "branch-ruleset", RULESET, "t1", "t2", "t3"),)


def test_a_clean_audit_closes_what_was_mended_by_other_hands() -> None:
    """A finding that remained and was then mended by a pull request is off no longer."""
    scene = Scene(_report(WIDE), _report(WIDE), _report())
    reconcile(scene.examine, scene.correct, scene)
    assert [window.closed for window in windows(scene.entries())] == [None]
    reconcile(scene.examine, scene.correct, scene)
    assert windows(scene.entries()) == (Window(1, "role-trust", "arn:aws:iam::2:role/r", None, "t1", "t3"),)


def test_the_document_for_machines_is_stable() -> None:
    """Everything of the pass is in it, and both audits as `audit --format json` gives them."""
    scene = Scene(_report(DISABLED), _report())
    document = reconcile(scene.examine, scene.correct, scene).as_json()
    assert document == {
        "outcome": "corrected",
        "corrected": [{"control": "branch-ruleset", "subject": RULESET, "message": "enforcement is disabled"}],
        "windows": [
            {
                "id": 1,
                "control": "branch-ruleset",
                "subject": RULESET,
                "last_clean": None,
                "found": "t1",
                "closed": "t2",
                "examined": None,
            }
        ],
        "before": _report(DISABLED).as_json(),
        "after": _report().as_json(),
    }
    clean = Scene(_report())
    assert reconcile(clean.examine, clean.correct, clean).as_json()["after"] is None
