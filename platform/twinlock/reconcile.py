"""Reconcile: find drift, write down what will be corrected, correct it, and read again.

The journal entry comes before the correction, and the second reading after it: a correction that did not hold is
reported as a finding that stayed. Reconcile never softens: where live is stricter than desired it stops before the
first correction and names the manifest key to raise.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from twinlock.ledger.journal import Record
from twinlock.ledger.windows import AUDIT, CLEAN, CORRECTED, INTENT, OUTCOME, REMAINED, windows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twinlock.audit import Report
    from twinlock.ledger.journal import Entry
    from twinlock.ledger.windows import Window
    from twinlock.model.finding import Finding


class Chronicle(Protocol):
    """Where it is written down (`ledger.journal.Journal`)."""

    def append(self, records: Sequence[Record]) -> None:
        """Add records, durably, before returning.

        Raises:
            TwinlockError: They are not on disk; nothing may be corrected.
        """

    def entries(self) -> tuple[Entry, ...]:
        """Return every entry, verified."""


class Outcome(enum.Enum):
    """How a pass ended."""

    CLEAN = "clean"
    CORRECTED = "corrected"
    STOPPED = "stopped"
    """Something live is stricter; nothing was corrected."""
    UNKNOWN = "unknown"
    """Something could not be read; nothing was corrected, for nobody knows what would be overwritten."""
    REMAINS = "remains"
    """A correction did not hold, or cannot be made by an engine."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What one pass found and did.

    Attributes:
        outcome: How it ended.
        before: The audit before.
        after: The audit after the corrections; None where none were made.
        corrected: Findings that are gone.
        windows: How long what it found was off.
    """

    outcome: Outcome
    before: Report
    after: Report | None
    corrected: tuple[Finding, ...]
    windows: tuple[Window, ...]

    @property
    def exit_code(self) -> int:
        """0 clean or corrected, 1 stopped or remaining, 3 unknown."""
        return {Outcome.CLEAN: 0, Outcome.CORRECTED: 0, Outcome.UNKNOWN: 3}.get(self.outcome, 1)

    def as_json(self) -> dict[str, Any]:
        """Return the pass as the stable JSON document of `reconcile --format json`."""
        return {
            "outcome": self.outcome.value,
            "corrected": [{"control": f.control, "subject": f.subject, "message": f.message} for f in self.corrected],
            "windows": [window.as_json() for window in self.windows],
            "before": self.before.as_json(),
            "after": self.after.as_json() if self.after else None,
        }


def reconcile(examine: Callable[[], Report], correct: Callable[[], object], journal: Chronicle) -> Reconciliation:
    """Make one pass.

    Args:
        examine: Reads live and audits it.
        correct: Makes live equal to desired through an engine.
        journal: Where it is written down.

    Raises:
        TwinlockError: Reading, writing the journal or correcting failed; what was intended stands in the journal.
    """
    before = examine()
    if not before.findings:
        if before.exit_code:
            return Reconciliation(Outcome.UNKNOWN, before, None, (), ())
        if any(note.softens for note in before.notes):
            return Reconciliation(Outcome.STOPPED, before, None, (), ())
        journal.append([Record(AUDIT, "platform", CLEAN)])
        return Reconciliation(Outcome.CLEAN, before, None, (), ())
    if before.unknowns:
        return Reconciliation(Outcome.UNKNOWN, before, None, (), ())
    if any(note.softens for note in before.notes):
        return Reconciliation(Outcome.STOPPED, before, None, (), ())

    journal.append([Record(INTENT, f"{f.control} {f.subject}", f.message, f.live, f.desired) for f in before.findings])
    correct()
    after = examine()
    remaining = {(f.control, f.subject) for f in after.findings} | {(u.control, u.subject) for u in after.unknowns}
    corrected = tuple(f for f in before.findings if (f.control, f.subject) not in remaining)
    journal.append([_outcome(f, held=f in corrected) for f in before.findings])
    clean = not after.exit_code
    if clean:
        journal.append([Record(AUDIT, "platform", CLEAN)])
    outcome = Outcome.CORRECTED if clean else Outcome.REMAINS
    latest = {(window.control, window.subject): window for window in windows(journal.entries())}
    found = tuple(latest[finding.control, finding.subject] for finding in before.findings)
    return Reconciliation(outcome, before, after, corrected, found)


def _outcome(finding: Finding, *, held: bool) -> Record:
    return Record(
        OUTCOME,
        f"{finding.control} {finding.subject}",
        CORRECTED if held else REMAINED,
        finding.live,
        finding.desired if held else finding.live,
    )
