"""The world's durable state: records in one SQLite file.

A record is a JSON document of some kind with a numeric id. Ids come from one sequence that never goes back, so that
an id is never used twice, not even after a deletion or a restart. A record may have a *parent* (an environment's
repository) and a *peer* (a team membership's user); it goes when either goes. Writes are acknowledged only after
SQLite's log has them, so they survive a killed process. Called by every GitHub noun and by the seed.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from twinlock_world.clock import Clock
from twinlock_world.events import Bus
from twinlock_world.jsonvalue import Fields, JsonObject, as_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS record (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  kind       TEXT NOT NULL,
  key        TEXT NOT NULL,
  parent     INTEGER REFERENCES record(id) ON DELETE CASCADE,
  peer       INTEGER REFERENCES record(id) ON DELETE CASCADE,
  data       TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS record_name ON record(kind, key, ifnull(parent, 0));
CREATE INDEX IF NOT EXISTS record_parent ON record(parent, kind);
CREATE INDEX IF NOT EXISTS record_peer ON record(peer, kind);
INSERT INTO sqlite_sequence(name, seq) SELECT 'record', 100000 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence);
"""  # numbers below are left to what GitHub itself numbers, such as roles'
_COLUMNS: Final = "id, kind, key, parent, peer, data, created_at, updated_at"

_Row: TypeAlias = tuple[int, str, str, int | None, int | None, str, str, str]


class DuplicateError(Exception):
    """A record of this kind and key exists already under the same parent."""


@dataclass(frozen=True, slots=True)
class Record:
    """One stored document."""

    id: int
    kind: str
    key: str
    parent: int | None
    peer: int | None
    data: JsonObject
    created_at: str
    updated_at: str

    @property
    def fields(self) -> Fields:
        """The document, read by type."""
        return Fields(self.data)


def fold(name: str) -> str:
    """Return the key of a name that GitHub compares without regard to case."""
    return name.casefold()


class Store:
    """Records in one file; one writer at a time, any thread.

    With them go the `clock` that dates them and `events`, the bus on which whoever changes records says so.
    """

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self.clock = clock
        self.events = Bus(self.after_commit)
        self._connection = connection
        self._lock = threading.RLock()
        self._once_durable: list[Callable[[], None]] = []

    @classmethod
    def open(cls, path: Path, clock: Clock | None = None) -> Store:
        """Open the store at `path`, creating it where there is none.

        Raises:
            sqlite3.Error: The file cannot be opened or is no store.
        """
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # enough against a killed process; power loss is no drill
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(_SCHEMA)
        return cls(connection, clock or Clock())

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def timestamp(self) -> str:
        """Return the present as GitHub writes it."""
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the writes inside all or nothing; a transaction within another joins it."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                self._once_durable.clear()
                raise
            self._connection.execute("COMMIT")
            due, self._once_durable = self._once_durable, []
        for run in due:
            run()

    def after_commit(self, run: Callable[[], None]) -> None:
        """Call `run` once the present transaction is durable, at once where there is none, never if it is undone."""
        with self._lock:
            if self._connection.in_transaction:
                self._once_durable.append(run)
                return
        run()

    def insert(  # noqa: PLR0913 - a record's columns
        self,
        kind: str,
        key: str,
        data: JsonObject,
        *,
        parent: int | None = None,
        peer: int | None = None,
        identifier: int | None = None,
    ) -> Record:
        """Store a new document; with an `identifier` of its own where GitHub's number is known to everybody.

        Raises:
            DuplicateError: `kind` and `key` exist under this parent already.
        """
        at = self.timestamp()
        row = (identifier, kind, key, parent, peer, json.dumps(data), at, at)
        with self._lock:
            try:
                cursor = self._connection.execute(f"INSERT INTO record({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?)", row)  # noqa: S608 - a constant
            except sqlite3.IntegrityError as error:
                if error.sqlite_errorname == "SQLITE_CONSTRAINT_UNIQUE":
                    raise DuplicateError(f"{kind} {key}") from error
                raise
            return Record(cursor.lastrowid or 0, kind, key, parent, peer, data, at, at)

    def update(self, record: Record, data: JsonObject, *, key: str | None = None) -> Record:
        """Replace a record's document, and its key when one is given.

        Raises:
            DuplicateError: The new key is taken.
        """
        at, name = self.timestamp(), record.key if key is None else key
        with self._lock:
            try:
                self._connection.execute(
                    "UPDATE record SET key = ?, data = ?, updated_at = ? WHERE id = ?",
                    (name, json.dumps(data), at, record.id),
                )
            except sqlite3.IntegrityError as error:
                raise DuplicateError(f"{record.kind} {name}") from error
        return Record(record.id, record.kind, name, record.parent, record.peer, data, record.created_at, at)

    def put(
        self, kind: str, key: str, data: JsonObject, *, parent: int | None = None, peer: int | None = None
    ) -> Record:
        """Store a document under its key, whether or not there was one."""
        with self.transaction():
            found = self.find(kind, key, parent=parent)
            if found is None:
                return self.insert(kind, key, data, parent=parent, peer=peer)
            return self.update(found, data)

    def delete(self, record: Record) -> None:
        """Delete a record and all that hangs on it."""
        with self._lock:
            self._connection.execute("DELETE FROM record WHERE id = ?", (record.id,))

    def get(self, kind: str, identifier: int) -> Record | None:
        """Return the record with this id if it is of this kind."""
        return self._one("id = ? AND kind = ?", identifier, kind)

    def lookup(self, identifier: int) -> Record | None:
        """Return the record with this id, whatever its kind."""
        return self._one("id = ?", identifier)

    def find(self, kind: str, key: str, *, parent: int | None = None) -> Record | None:
        """Return the record with this key under `parent`."""
        return self._one("kind = ? AND key = ? AND ifnull(parent, 0) = ?", kind, key, parent or 0)

    def named(self, kind: str, key: str) -> list[Record]:
        """Return the records of a kind with this key, whatever their parent."""
        return self._many("kind = ? AND key = ?", kind, key)

    def children(self, kind: str, parent: int) -> list[Record]:
        """Return the records of a kind under a parent, oldest first."""
        return self._many("parent = ? AND kind = ?", parent, kind)

    def linked(self, kind: str, peer: int) -> list[Record]:
        """Return the records of a kind whose peer this is, oldest first."""
        return self._many("peer = ? AND kind = ?", peer, kind)

    def all(self, kind: str) -> list[Record]:
        """Return all records of a kind, oldest first."""
        return self._many("kind = ?", kind)

    def newest(self, kind: str, parent: int) -> Iterator[Record]:
        """Return the records of a kind under a parent, newest first, read from the file as they are asked for."""
        below = sys.maxsize
        while True:
            found = self._many("parent = ? AND kind = ? AND id < ?", parent, kind, below, order="id DESC LIMIT 200")
            yield from found
            if not found:
                return
            below = found[-1].id

    def counts(self) -> dict[str, int]:
        """Return how many records there are of each kind."""
        with self._lock:
            rows = self._connection.execute("SELECT kind, count(*) FROM record GROUP BY kind ORDER BY kind").fetchall()
        return dict(rows)

    def _one(self, where: str, *values: str | int) -> Record | None:
        found = self._many(where, *values)
        return found[0] if found else None

    def _many(self, where: str, *values: str | int, order: str = "id") -> list[Record]:
        with self._lock:
            # `where` and `order` are constants above; what comes from outside is bound.
            query = f"SELECT {_COLUMNS} FROM record WHERE {where} ORDER BY {order}"  # noqa: S608
            rows: list[_Row] = self._connection.execute(query, values).fetchall()
        return [_record(row) for row in rows]


def _record(row: _Row) -> Record:
    identifier, kind, key, parent, peer, data, created_at, updated_at = row
    document = as_object(json.loads(data), kind)
    return Record(identifier, kind, key, parent, peer, document, created_at, updated_at)
