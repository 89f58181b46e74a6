"""The store: what is acknowledged stays, ids are never used again, what belongs together goes together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.store import DuplicateError, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLED = """
import os, pathlib, signal, sys
from twinlock_world.store import Store
store = Store.open(pathlib.Path(sys.argv[1]))
with store.transaction():
    made = store.insert("thing", "kept", {"n": 1})
    store.insert("part", "kept", {}, parent=made.id)
print(made.id, flush=True)
store._connection.execute("BEGIN IMMEDIATE")
store.insert("thing", "unfinished", {})
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = Store.open(tmp_path / "store.sqlite")
    yield opened
    opened.close()


def test_a_killed_process_loses_nothing_acknowledged_and_keeps_nothing_half_done(tmp_path: Path) -> None:
    """After SIGKILL the finished transaction is whole, and the open one has left no trace."""
    path = tmp_path / "store.sqlite"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    store = Store.open(path)
    assert killed.returncode == -9, killed.stderr
    assert [(record.id, record.key) for record in store.all("thing")] == [(int(killed.stdout), "kept")]
    assert store.counts() == {"part": 1, "thing": 1}
    store.close()


def test_ids_rise_and_are_never_used_again(tmp_path: Path) -> None:
    """Neither deletion nor a restart gives an old number to something new."""
    path = tmp_path / "store.sqlite"
    store = Store.open(path)
    first, second = store.insert("a", "x", {}), store.insert("b", "x", {})
    store.delete(second)
    store.close()
    again = Store.open(path)
    third = again.insert("b", "x", {})
    again.close()
    assert first.id < second.id < third.id


def test_a_name_is_free_under_another_parent_and_taken_under_the_same(store: Store) -> None:
    """Keys are unique per kind and parent."""
    one, two = store.insert("parent", "1", {}), store.insert("parent", "2", {})
    store.insert("child", "same", {}, parent=one.id)
    store.insert("child", "same", {}, parent=two.id)
    store.insert("other", "same", {}, parent=one.id)
    with pytest.raises(DuplicateError, match="child same"):
        store.insert("child", "same", {}, parent=one.id)


def test_what_hangs_on_a_record_goes_with_it(store: Store) -> None:
    """Deleting a parent or a peer deletes the records between them, and theirs."""
    team, user = store.insert("team", "t", {}), store.insert("user", "u", {})
    link = store.insert("link", "u", {}, parent=team.id, peer=user.id)
    store.insert("note", "n", {}, parent=link.id)
    store.delete(user)
    assert store.counts() == {"team": 1}


def test_a_failed_transaction_changes_nothing(store: Store) -> None:
    """An error inside undoes all of it, inner transactions included."""

    def fail() -> None:
        with store.transaction():
            store.insert("a", "1", {})
            with store.transaction():
                store.insert("a", "2", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert store.counts() == {}


def test_put_keeps_the_id_of_what_was_there(store: Store) -> None:
    """Replacing a document is no new record."""
    made, changed = store.put("a", "k", {"v": 1}), store.put("a", "k", {"v": 2})
    assert (changed.id, changed.data) == (made.id, {"v": 2})


values = st.none() | st.booleans() | st.integers() | st.text(max_size=9)


@given(key=st.text(max_size=9), document=st.dictionaries(st.text(max_size=5), values, max_size=4))
def test_a_document_comes_back_as_it_went_in(key: str, document: dict[str, bool | int | str | None]) -> None:
    """Whatever JSON is stored under whatever name is found and read unchanged."""
    store = Store.open(Path(":memory:"))
    made = store.insert("a", key, document)
    found = store.find("a", key)
    store.close()
    assert found == made
    assert found.data == document
