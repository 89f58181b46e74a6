"""The journal: chained, durable, serialised between processes, and no worse for a full disk."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import resource
import signal
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twinlock.errors import BadInput, Incomplete
from twinlock.ledger.journal import START, Entry, Journal, Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOON = datetime(2026, 1, 2, 12, 0, 0, 999, tzinfo=UTC)
FIRST = Record("intent", "branch-ruleset acme/payments", "enforcement is disabled", "disabled", "active")
SECOND = Record("outcome", "branch-ruleset acme/payments", "corrected", "disabled", "active")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file in a directory that does not exist yet."""
    return tmp_path / ".twinlock" / "journal.jsonl"


def _journal(path: Path, who: str = "controller") -> Journal:
    return Journal(path, who=who, clock=lambda: NOON)


def test_entries_are_chained_and_say_who_did_what_when(path: Path) -> None:
    """Each entry numbers itself, names its author and time, and carries the digest of the one before."""
    _journal(path).append([FIRST])
    _journal(path, "another").append([SECOND])
    first, second = _journal(path).entries()
    assert first == Entry(1, "2026-01-02T12:00:00+00:00", "controller", FIRST, START, first.digest)
    assert second == Entry(2, "2026-01-02T12:00:00+00:00", "another", SECOND, first.digest, second.digest)
    assert len({START, first.digest, second.digest}) == 3


def test_an_entry_is_one_line_of_canonical_json(path: Path) -> None:
    """Anybody can check the chain with a few lines: sorted keys, no spaces, SHA-256 of all but the digest."""
    _journal(path).append([Record("audit", "platform", "Grüße,\nnew line")])
    (line,) = path.read_bytes().splitlines()
    body = json.loads(line)
    assert json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == line
    digest = body.pop("digest")
    bare = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert hashlib.sha256(bare).hexdigest() == digest


def test_times_are_utc_whatever_the_clock_says(path: Path) -> None:
    """A clock of another zone gives the same time."""
    east = NOON.astimezone(timezone(timedelta(hours=5)))
    Journal(path, who="controller", clock=lambda: east).append([FIRST])
    assert _journal(path).entries()[0].time == "2026-01-02T12:00:00+00:00"


def test_a_journal_that_was_never_written_is_empty(path: Path) -> None:
    """Reading makes nothing."""
    assert _journal(path).entries() == ()
    assert not path.parent.exists()


def test_the_file_is_readable_by_its_owner_alone(path: Path) -> None:
    """It says what was weak, and when."""
    _journal(path).append([FIRST])
    assert path.stat().st_mode & 0o777 == 0o600


def test_appending_nothing_adds_nothing(path: Path) -> None:
    """No records, no entries."""
    _journal(path).append([FIRST])
    before = path.read_bytes()
    _journal(path).append([])
    assert path.read_bytes() == before


@pytest.mark.parametrize("torn", [b"{", b'{"after":""', b"\xff\xfe", b"[]" * 2000])
def test_a_torn_last_line_is_replaced(path: Path, torn: bytes) -> None:
    """A crash may leave part of an entry that nobody was told of: it is no entry, and the next one takes its place."""
    _journal(path).append([FIRST])
    with path.open("ab") as file:
        file.write(torn)
    assert [entry.record for entry in _journal(path).entries()] == [FIRST]
    _journal(path).append([SECOND])
    assert [entry.record for entry in _journal(path).entries()] == [FIRST, SECOND]
    assert path.read_bytes().endswith(b"}\n")


text = st.text(st.characters(exclude_categories=()), max_size=20)
records = st.builds(Record, text, text, text, text, text)
Deed = tuple[str, int, int]
deeds = st.tuples(
    st.sampled_from(["change", "remove", "move", "repeat", "forge"]), st.integers(0, 5), st.integers(0, 5)
)


@given(written=st.lists(records, min_size=1, max_size=6))
@example(written=[Record("audit", "platform", "half a pair: \ud83d", "\u2028", "\r\n\x85\0")])
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, written: list[Record]) -> None:
    """Whatever text a record holds, line breaks and lone surrogates included, it comes back."""
    journal = _journal(tmp_path_factory.mktemp("journal") / "journal.jsonl")
    journal.append(written)
    assert [entry.record for entry in journal.entries()] == written


@given(written=st.lists(records, min_size=3, max_size=6, unique=True), deed=deeds, data=st.data())
def test_any_change_removal_reordering_or_insertion_is_detected(
    tmp_path_factory: pytest.TempPathFactory, written: list[Record], deed: Deed, data: st.DataObject
) -> None:
    """Whatever is done to the entries but cutting off the end, the chain is broken, for readers and writers."""
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    _journal(path).append(written)
    lines = path.read_bytes().splitlines(keepends=True)
    tampered = _tampered(lines, deed, data)
    path.write_bytes(b"".join(tampered))
    for use in (_journal(path).entries, lambda: _journal(path).append([FIRST])):
        with pytest.raises(BadInput, match=r"is broken at line [1-7]\."):
            use()
    assert path.read_bytes() == b"".join(tampered)


def _tampered(lines: list[bytes], deed: Deed, data: st.DataObject) -> list[bytes]:
    """Return the lines after a deed; only the end may not be what is removed."""
    kind, where, other = deed[0], deed[1] % len(lines), deed[2] % len(lines)
    changed = list(lines)
    if kind == "change":
        body = json.loads(lines[where])
        field = data.draw(st.sampled_from(sorted(body)))
        body[field] = body[field] + 1 if isinstance(body[field], int) else f"{body[field]}x"
        changed[where] = json.dumps(body, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    elif kind == "remove":
        del changed[where % (len(lines) - 1)]
    elif kind == "move":
        other = other if other != where else (where + 1) % len(lines)
        changed[where], changed[other] = changed[other], changed[where]
    elif kind == "repeat":
        changed.insert(where, lines[other])
    else:
        changed.insert(where, b'{"event":"audit"}\n')
    return changed


def _forged(line: bytes, **changed: object) -> bytes:
    """Return an entry that was changed by somebody who knows how digests are made."""
    body = {**json.loads(line), **changed}
    del body["digest"]
    bare = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    body["digest"] = hashlib.sha256(bare).hexdigest()
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode() + b"\n"


@pytest.mark.parametrize("changed", [{"what": "nothing"}, {"sequence": 3}, {"sequence": "2"}, {"time": "earlier"}])
def test_a_forged_entry_breaks_the_chain(path: Path, changed: dict[str, object]) -> None:
    """Whoever also renews the digest of what he changed is betrayed by the entry after it, or by its number."""
    _journal(path).append([FIRST, SECOND, FIRST])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], _forged(lines[1], **changed), lines[2]]))
    with pytest.raises(BadInput, match=r"is broken at line [23]\."):
        _journal(path).entries()


def test_a_number_left_out_breaks_the_chain(path: Path) -> None:
    """Numbers follow each other, even where the digests do."""
    _journal(path).append([FIRST, SECOND])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], _forged(lines[1], sequence=3)]))
    with pytest.raises(BadInput, match=r"is broken at line 2\."):
        _journal(path).entries()


def test_a_broken_journal_is_evidence(path: Path) -> None:
    """The error names the file and the line, and says to keep it."""
    _journal(path).append([FIRST, SECOND])
    path.write_bytes(path.read_bytes().replace(b'"corrected"', b'"remained"'))
    with pytest.raises(BadInput) as raised:
        _journal(path).entries()
    assert str(raised.value) == (
        f"The journal {path} is broken at line 2.\n"
        "An entry was changed, removed or put in: the chain of digests does not hold.\n"
        "Keep the file as evidence, find out who changed it, and move it aside to go on."
    )


def _in_child(deed: Callable[..., None], *arguments: Any) -> Any:  # noqa: ANN401 - a process of any start method
    child = multiprocessing.get_context("fork").Process(target=deed, args=arguments)
    child.start()
    return child


def _append_beyond_the_limit(path: Path, report: Any) -> None:  # noqa: ANN401 - a connection
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    room = path.stat().st_size + 100
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        _journal(path).append([FIRST] * 10)
    except Incomplete as error:
        report.send(str(error))
    else:
        report.send("it was written")


def test_a_full_disk_leaves_the_journal_as_it_was(path: Path) -> None:
    """An append that does not fit adds nothing, not even a part, and says that nothing is corrected without it."""
    _journal(path).append([FIRST, SECOND])
    before = path.read_bytes()
    reading, writing = multiprocessing.Pipe(duplex=False)
    child = _in_child(_append_beyond_the_limit, path, writing)
    assert reading.recv() == (
        f"{path} was not written.\n"
        f"The system says: {os.strerror(27)}.\n"
        "Make room or make the file writable; nothing is corrected without a journal."
    )
    child.join()
    assert path.read_bytes() == before
    assert len(_journal(path).entries()) == 2


def _append_many(path: Path, who: str, count: int) -> None:
    for number in range(count):
        _journal(path, who).append([Record("audit", "platform", str(number)), Record("audit", "platform", "again")])


def test_appending_is_serialised_between_processes(path: Path) -> None:
    """Two processes that write at once leave one chain, with each pair of records together and nothing lost."""
    children = [_in_child(_append_many, path, who, 20) for who in ("left", "right")]
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    entries = _journal(path).entries()
    assert len(entries) == 80
    assert all(a.who == b.who and b.record.what == "again" for a, b in zip(entries[::2], entries[1::2], strict=True))
    for who in ("left", "right"):
        assert [entry.record.what for entry in entries[::2] if entry.who == who] == [str(n) for n in range(20)]


def test_a_directory_in_the_journals_place_is_an_error(path: Path) -> None:
    """What cannot be opened is said, for writing and for reading."""
    path.mkdir(parents=True)
    for use in (lambda: _journal(path).append([FIRST]), _journal(path).entries):
        with pytest.raises(Incomplete) as raised:
            use()
        assert raised.value.why == "The system says: Is a directory."
