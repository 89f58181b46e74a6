"""The journal: who did what to which subject, what was there before and after, each entry chained to the one before.

An entry is written and flushed to disk before the deed that it announces, so that no correction is without a trace.
Changing, removing or reordering an entry breaks the chain from there on; cutting off the end does not, which is what
the ledger's checkpoints are for.

One entry is one line of canonical JSON (RFC 8785 for the values used here: sorted keys, no spaces) whose `digest` is
the SHA-256 of the same object without `digest`, and whose `previous` is the digest of the line before.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from twinlock.errors import BadInput, Incomplete

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

START = "0" * 64
"""What the first entry names as its previous one."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is written down.

    Attributes:
        event: `audit`, `intent`, `outcome`, ...
        subject: What it is about (`acme/payments:ruleset/default-branch`), or the platform.
        what: One line: what is about to happen, or happened.
        before: What was there, as text.
        after: What shall be there, or is.
    """

    event: str
    subject: str
    what: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in the chain.

    Attributes:
        sequence: From 1.
        time: UTC, ISO 8601, seconds.
        who: The identity that acted, and the account it ran under.
        record: What is written down.
        previous: Digest of the entry before.
        digest: Its own.
    """

    sequence: int
    time: str
    who: str
    record: Record
    previous: str
    digest: str


class Journal:
    """The journal in one file; appending is serialised between processes."""

    def __init__(self, path: Path, *, who: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Name the file; nothing is read or written yet.

        Args:
            path: The file; created with its directory at the first entry, readable by its owner alone.
            who: The identity that acts.
            clock: Tells the time.
        """
        self._path = path
        self._who = who
        self._clock = clock

    def append(self, records: Sequence[Record]) -> None:
        """Add records, in order, and return when they are on disk.

        Raises:
            BadInput: The journal on disk is broken.
            Incomplete: It cannot be written; nothing was added.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._extend(file.fileno(), file.read(), records)
        except OSError as error:
            raise Incomplete(
                f"{self._path} was not written.",
                f"The system says: {error.strerror or error}.",
                "Make room or make the file writable; nothing is corrected without a journal.",
            ) from error

    def entries(self) -> tuple[Entry, ...]:
        """Return every entry, having verified the chain.

        Raises:
            BadInput: The chain is broken; the error names the line.
            Incomplete: The file cannot be read.
        """
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise Incomplete(
                f"{self._path} was not read.",
                f"The system says: {error.strerror or error}.",
                "Make the file readable, then run the same command again.",
            ) from error
        return self._verified(content[: _whole(content)])

    def _extend(self, descriptor: int, content: bytes, records: Sequence[Record]) -> None:
        # A crash can leave part of a last line, whose entry nobody was told of: it is replaced.
        whole = _whole(content)
        entries = self._verified(content[:whole])
        previous = entries[-1].digest if entries else START
        lines = []
        time = self._clock().astimezone(UTC).isoformat(timespec="seconds")
        for sequence, record in enumerate(records, start=len(entries) + 1):
            body = _body(sequence, time, self._who, record, previous)
            previous = _digest(body)
            lines.append(_line({**body, "digest": previous}))
        try:
            os.ftruncate(descriptor, whole)
            _write(descriptor, b"".join(lines), whole)
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, whole)
            raise

    def _verified(self, content: bytes) -> tuple[Entry, ...]:
        entries: list[Entry] = []
        previous = START
        for number, line in enumerate(content.splitlines(), start=1):
            entry = _parsed(line)
            if entry is None or entry.sequence != number or entry.previous != previous:
                raise BadInput(
                    f"The journal {self._path} is broken at line {number}.",
                    "An entry was changed, removed or put in: the chain of digests does not hold.",
                    "Keep the file as evidence, find out who changed it, and move it aside to go on.",
                )
            entries.append(entry)
            previous = entry.digest
        return tuple(entries)


def _whole(content: bytes) -> int:
    """Return how much of a file is whole lines."""
    return content.rfind(b"\n") + 1


def _body(sequence: int, time: str, who: str, record: Record, previous: str) -> dict[str, Any]:
    return {
        "sequence": sequence,
        "time": time,
        "who": who,
        "event": record.event,
        "subject": record.subject,
        "what": record.what,
        "before": record.before,
        "after": record.after,
        "previous": previous,
    }


def _line(body: dict[str, Any]) -> bytes:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # Half of a surrogate pair, which JSON can hold and UTF-8 cannot, stays JSON's own escape.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(_line(body).rstrip(b"\n")).hexdigest()


def _parsed(line: bytes) -> Entry | None:
    try:
        raw = json.loads(line)
        digest = raw.pop("digest")
        record = Record(raw["event"], raw["subject"], raw["what"], raw["before"], raw["after"])
        entry = Entry(raw["sequence"], raw["time"], raw["who"], record, raw["previous"], digest)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return entry if _digest(raw) == digest else None


def _write(descriptor: int, content: bytes, offset: int) -> None:
    while content:
        written = os.pwrite(descriptor, content, offset)
        content, offset = content[written:], offset + written
