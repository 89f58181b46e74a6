"""Windows: from when to when a control was off, as the journal tells, and whether somebody examined what happened then.

Correcting a control does not undo what was done while it was off. So a window stays listed until a person says in the
journal that they have looked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from twinlock.errors import BadInput
from twinlock.ledger.journal import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from twinlock.ledger.journal import Entry

AUDIT, INTENT, OUTCOME, EXAMINED = "audit", "intent", "outcome", "examined"
"""Events of the journal."""
CLEAN, CORRECTED, REMAINED = "clean", "corrected", "remained"
"""What an audit saw, and what became of a correction."""

_LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Examination:
    """What somebody says of a window.

    Attributes:
        time: When they said so.
        by: The person.
        note: What they looked at, and what they found.
    """

    time: str
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Window:
    """How long a control was off, as far as anybody looked.

    Attributes:
        id: Number of the journal's entry that tells of it first.
        control: The control's slug.
        subject: What it was off on.
        last_clean: When everything was last seen clean; None if never.
        found: When it was found off.
        closed: When it was seen corrected, or everything was seen clean; None while it is open.
        examined: What somebody said of it; None while nobody has.
    """

    id: int
    control: str
    subject: str
    last_clean: str | None
    found: str
    closed: str | None
    examined: Examination | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the window as it stands in the JSON documents of commands."""
        told = self.examined
        return {
            "id": self.id,
            "control": self.control,
            "subject": self.subject,
            "last_clean": self.last_clean,
            "found": self.found,
            "closed": self.closed,
            "examined": None if told is None else {"time": told.time, "by": told.by, "note": told.note},
        }


def windows(entries: Sequence[Entry]) -> tuple[Window, ...]:
    """Return every window that a journal tells of, in the order they were found."""
    found: dict[int, Window] = {}
    last_clean: str | None = None
    for entry in entries:
        record = entry.record
        control, _, subject = record.subject.partition(" ")
        still = [w for w in found.values() if (w.control, w.subject, w.closed) == (control, subject, None)]
        if record.event == AUDIT and record.what == CLEAN:
            last_clean = entry.time
            # What was mended by other hands is off no longer either.
            found = {number: replace(w, closed=w.closed or entry.time) for number, w in found.items()}
        elif record.event == INTENT and not still:
            found[entry.sequence] = Window(entry.sequence, control, subject, last_clean, entry.time, None)
        elif record.event == OUTCOME and record.what == CORRECTED:
            found |= {window.id: replace(window, closed=entry.time) for window in still}
        elif record.event == EXAMINED and (window := found.get(_number(record.before))) is not None:
            told = Examination(entry.time, record.after, record.what)
            found[window.id] = replace(window, examined=window.examined or told)
    return tuple(found.values())


def unexamined(entries: Sequence[Entry]) -> tuple[Window, ...]:
    """Return the windows of which nobody has said that they looked."""
    return tuple(window for window in windows(entries) if window.examined is None)


def examination(entries: Sequence[Entry], number: int, *, by: str, note: str, people: Collection[str]) -> Record:
    """Return what to write down when a person has examined a window.

    Args:
        entries: The journal.
        number: The window's id.
        by: The person, as `roster.yaml` names them.
        note: What they looked at, and what they found.
        people: Everybody in the roster.

    Raises:
        BadInput: There is no such window, it is open still or was examined before, or nobody or nothing is named.
    """
    window = next((each for each in windows(entries) if each.id == number), None)
    list_them = "See which there are: `twinlock windows`."
    if window is None:
        raise BadInput(f"There is no window {number}.", "The journal tells of none with that number.", list_them)
    if window.closed is None:
        why = f"{window.control} is off on {window.subject} still, so more may happen."
        raise BadInput(f"Window {number} was not examined.", why, "Correct it first: `twinlock reconcile --once`.")
    if window.examined is not None:
        why = f"{window.examined.by} did so at {window.examined.time}, and the journal is only added to."
        raise BadInput(f"Window {number} was examined before.", why, list_them)
    if by not in people:
        raise BadInput(
            f"Window {number} was not examined.", f"roster.yaml names nobody {by!r}.", "Name a person of the roster."
        )
    if not note.strip() or len(note) > _LONGEST_NOTE:
        raise BadInput(
            f"Window {number} was not examined.",
            f"A note has between one and {_LONGEST_NOTE} characters.",
            "Say what you looked at and what you found: `--note TEXT`.",
        )
    return Record(EXAMINED, f"{window.control} {window.subject}", note.strip(), str(window.id), by)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
