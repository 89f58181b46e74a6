"""Custody of checkpoints: what each run has left stands in the journal, and the next run begins only on that.

A copy of the last checkpoint is kept beside, so that a change can be told resource by resource. The copy is believed
only if it has the digest that the journal states. Called by the engine whose state somebody else could write.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from twinlock.engine import checkpoint
from twinlock.engine.checkpoint import Recorded, Standing
from twinlock.files import write_atomically
from twinlock.ledger.journal import Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from twinlock.engine.checkpoint import Change
    from twinlock.ledger.journal import Journal

BEGUN: Final = "run-begun"
LEFT: Final = "checkpoint"
"""Events of the journal: a run begins; a checkpoint is as it should be from now on."""
_NONE: Final = "none"


class Archive(Protocol):
    """Keeps every checkpoint that a run has left, where whoever runs cannot take it away again."""

    def keep(self, stack: str, digest: str, content: bytes) -> None:
        """Keep one; the same again is no error.

        Raises:
            Incomplete: It cannot be kept.
        """


@dataclass(frozen=True, slots=True)
class Custody:
    """The checkpoints of one platform directory.

    Attributes:
        journal: Where their digests are written down.
        copies: The directory that holds the last checkpoint of each stack, readable by its owner alone.
        archive: Keeps every one; None where nobody declared it.
    """

    journal: Journal
    copies: Path
    archive: Archive | None = None

    def begin(self, stack: str, content: bytes | None) -> None:
        """Let a run begin on a checkpoint, and write down that it does.

        Args:
            stack: `program/group`.
            content: The checkpoint; None where there is none.

        Raises:
            Incomplete: The checkpoint is none that a run has left, or the journal cannot be written.
            BadInput: The checkpoint cannot be read, or the journal is broken.
        """
        standing, changes = self.examine(stack, content)
        checkpoint.require_trusted(stack, standing, changes)
        what = "takes over what an interrupted run has left" if standing is Standing.INTERRUPTED else "begins"
        self.journal.append([Record(BEGUN, stack, f"a run {what}", before=_digest(content))])

    def end(self, stack: str, content: bytes | None) -> None:
        """Write down what a run has left.

        Raises:
            Incomplete: The journal cannot be written; the next run will take this one for interrupted. Or the archive
                does not keep it.
            BadInput: As `begin`.
        """
        self._keep(stack, content, "a run has ended")

    def accept(self, stack: str, content: bytes | None) -> Sequence[Change] | None:
        """Take a checkpoint as it is, on the record, and return what is accepted; None where that is not known.

        Raises:
            Incomplete: The journal cannot be written.
            BadInput: As `begin`.
        """
        standing, changes = self.examine(stack, content)
        self._keep(stack, content, f"accepted by hand; it was {standing.value}")
        return changes

    def forget(self, why: str) -> Sequence[str]:
        """Expect no checkpoint of any stack any more, on the record, and return the stacks that had one.

        Raises:
            Incomplete: The journal cannot be written.
            BadInput: It is broken.
        """
        forgotten = [stack for stack in self.stacks() if self._recorded(stack) != Recorded()]
        for stack in forgotten:
            self._keep(stack, None, why)
        return forgotten

    def examine(self, stack: str, content: bytes | None) -> tuple[Standing, Sequence[Change] | None]:
        """Return how a checkpoint stands to the journal, and what changed in it where both are known.

        Raises:
            Incomplete: The journal cannot be read.
            BadInput: As `begin`.
        """
        recorded = self._recorded(stack)
        standing = checkpoint.standing(recorded, None if content is None else checkpoint.digest(content))
        if standing is not Standing.CHANGED or content is None:
            return standing, None
        with suppress(OSError):
            before = self._copy(stack).read_bytes()
            if checkpoint.digest(before) == recorded.digest:
                return standing, checkpoint.changes(before, content)
        return standing, None

    def stacks(self) -> Sequence[str]:
        """Return the stacks of which a run is recorded, in the order in which they were first run.

        Raises:
            Incomplete: The journal cannot be read.
            BadInput: It is broken.
        """
        found = (entry.record for entry in self.journal.entries())
        return tuple(dict.fromkeys(record.subject for record in found if record.event in {BEGUN, LEFT}))

    def _recorded(self, stack: str) -> Recorded:
        recorded = Recorded()
        for entry in self.journal.entries():
            if entry.record.subject != stack:
                continue
            if entry.record.event == BEGUN:
                recorded = Recorded(recorded.digest, begun=True)
            elif entry.record.event == LEFT:
                recorded = Recorded(None if entry.record.after == _NONE else entry.record.after)
        return recorded

    def _keep(self, stack: str, content: bytes | None, what: str) -> None:
        # The copy first: one that is newer than the journal is not believed, one that is missing tells nothing.
        if content is None:
            self._copy(stack).unlink(missing_ok=True)
        else:
            write_atomically(self._copy(stack), content, mode=0o600)
        self.journal.append([Record(LEFT, stack, what, after=_digest(content))])
        if self.archive is not None and content is not None:
            self.archive.keep(stack, _digest(content), content)

    def _copy(self, stack: str) -> Path:
        return self.copies.joinpath(*stack.split("/")).with_suffix(".json")


def _digest(content: bytes | None) -> str:
    return _NONE if content is None else checkpoint.digest(content)
