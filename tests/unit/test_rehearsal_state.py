"""The embedded engine's state, its lock, and the order in which it deletes."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.engine import lock
from twinlock.errors import Incomplete
from twinlock.provider.values import Properties
from twinlock_rehearsal.deletion import in_reverse
from twinlock_rehearsal.state import Pending, ResourceState, State, concealed

if TYPE_CHECKING:
    from pathlib import Path

HEALTHY: dict[str, object] = {
    "urn": "urn:a",
    "type": "t",
    "provider": "p",
    "id": "1",
    "inputs": {"x": [1]},
    "outputs": {},
    "dependencies": ["urn:b"],
    "pending": None,
    "protect": False,
    "retain": False,
    "deleted_with": "",
}


def resource(urn: str, *dependencies: str) -> ResourceState:
    """Return a resource with dependencies."""
    return ResourceState(urn, "type", "provider", id=urn, dependencies=dependencies)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    """A second process finds everything, in the same order, in a file only its owner reads."""
    path = tmp_path / "state" / "payments.json"
    state = State(path)
    assert (state.resources, state.outputs, path.exists()) == ({}, None, False)
    first = ResourceState(
        "urn:b", "t", "p", "7", {"a": [1]}, {"b": None}, ("urn:a",), Pending.UPDATE, protect=True, retain=True
    )
    state.put(first)
    state.put(resource("urn:a"))
    state.finish({"x": 1})
    again = State(path)
    assert list(again.resources.values()) == [first, resource("urn:a")]
    assert again.outputs == {"x": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_new_writes_nothing(tmp_path: Path) -> None:
    """A run without changes leaves the file alone."""
    path = tmp_path / "payments.json"
    state = State(path)
    state.put(resource("urn:a"))
    state.finish({})
    before = path.stat().st_ino
    state.put(resource("urn:a"))
    state.finish({})
    state.drop("urn:other")
    assert path.stat().st_ino == before


def test_a_renamed_resource_keeps_its_place(tmp_path: Path) -> None:
    """A resource that has another URN now stands where it stood."""
    state = State(tmp_path / "payments.json")
    state.put(resource("urn:a"))
    state.put(resource("urn:b"))
    state.put(resource("urn:c"), instead_of="urn:a")
    assert list(State(tmp_path / "payments.json").resources) == ["urn:c", "urn:b"]
    assert state.find("urn:d", ("urn:b",)) == resource("urn:b")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "null",
        '{"version": 1}',
        '{"version": 1, "resources": 5, "outputs": null}',
        '{"version": 1, "resources": [], "outputs": 5}',
        *(
            json.dumps({"version": 1, "resources": [HEALTHY | wrong], "outputs": None})
            for wrong in list[dict[str, object]](
                (
                    {"id": 5},
                    {"pending": "later"},
                    {"dependencies": "urn:b"},
                    {"dependencies": [1]},
                    {"protect": 1},
                    {"surplus": 1},
                    {"inputs": []},
                )
            )
        ),
    ],
)
def test_a_damaged_state_is_refused(text: str, tmp_path: Path) -> None:
    """Nothing is guessed from a file that twinlock did not write."""
    path = tmp_path / "payments.json"
    path.write_text(text)
    with pytest.raises(Incomplete) as refused:
        State(path)
    assert str(refused.value) == (
        f"The state {path} was not used.\n"
        "It is not a state that twinlock wrote.\n"
        "Restore the file, or begin afresh: `twinlock world reset`, then `twinlock up`."
    )


def test_a_newer_state_is_refused(tmp_path: Path) -> None:
    """A version of the future says so."""
    path = tmp_path / "payments.json"
    path.write_text(json.dumps({"version": 2, "resources": [], "outputs": None}))
    with pytest.raises(Incomplete, match=r"It has version 2, and this twinlock writes 1\."):
        State(path)


def test_a_state_of_other_bytes_is_refused(tmp_path: Path) -> None:
    """Bytes that are no text are no traceback."""
    path = tmp_path / "payments.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Incomplete, match="cannot be read"):
        State(path)


@given(st.text(min_size=8), st.text(min_size=8))
def test_a_secret_is_known_by_its_digest_alone(one: str, other: str) -> None:
    """Equal secrets are equal, different ones differ, and none is shown."""
    hidden = [concealed(Properties({"s": value, "t": "open"}, frozenset({"s"}))) for value in (one, other)]
    assert (hidden[0] == hidden[1]) is (one == other)
    assert re.fullmatch(r"\[secret [0-9a-f]{64}\]", str(hidden[0]["s"]))
    assert hidden[0]["t"] == "open"


def test_dependents_are_deleted_first() -> None:
    """Each goes before what it depends on, the youngest first; a resource that is not deleted counts for nothing."""
    found = in_reverse(
        {
            "a": resource("a", "c"),
            "b": resource("b", "elsewhere"),
            "c": resource("c", "b"),
            "d": resource("d"),
        }
    )
    assert [each.urn for each in found] == ["d", "a", "c", "b"]


def test_a_circle_is_deleted_youngest_first() -> None:
    """Dependencies of two runs may contradict each other; everything is deleted nevertheless."""
    assert [each.urn for each in in_reverse({"a": resource("a", "b"), "b": resource("b", "a")})] == ["b", "a"]


def test_a_second_run_is_refused_with_who_holds_the_lock(tmp_path: Path) -> None:
    """The message names the command, the process and the time; afterwards the lock is free."""
    path = tmp_path / "state" / "payments.lock"
    with lock.held(path, "repositories/payments", "twinlock up --yes"):
        since = json.loads(path.read_text())["since"]
        with (
            pytest.raises(Incomplete) as refused,
            lock.held(path, "repositories/payments", "twinlock reconcile"),
        ):
            pass
    assert str(refused.value) == (
        "repositories/payments was not begun.\n"
        f"Another run holds it: `twinlock up --yes`, process {os.getpid()} on {socket.gethostname()}, since {since}.\n"
        "Wait until it is through, then run the same command again."
    )
    with lock.held(path, "repositories/payments", "twinlock up"):
        assert json.loads(path.read_text())["command"] == "twinlock up"


def test_a_lock_just_taken_says_so(tmp_path: Path) -> None:
    """The holder may not have written its name yet."""
    path = tmp_path / "payments.lock"
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(Incomplete, match="one that began just now"), lock.held(path, "s", "c"):
            pass


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    """Killed without warning, a holder leaves nothing that anybody must clear away."""
    path = tmp_path / "payments.lock"
    holder = (
        "import sys, time; from pathlib import Path; from twinlock.engine import lock\n"
        "with lock.held(Path(sys.argv[1]), 'repositories/payments', 'twinlock up'):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(path)], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(Incomplete, match=f"process {process.pid} "), lock.held(path, "s", "twinlock up"):
            pass
        process.send_signal(signal.SIGKILL)
    with lock.held(path, "repositories/payments", "twinlock up"):
        assert json.loads(path.read_text())["pid"] == os.getpid()


def test_a_directory_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """No traceback for a file in the way."""
    (tmp_path / "state").write_text("")
    path = tmp_path / "state" / "payments.lock"
    with pytest.raises(Incomplete) as refused, lock.held(path, "repositories/payments", "twinlock up"):
        pass
    assert str(refused.value) == (
        "repositories/payments was not begun.\n"
        f"Its lock {path} cannot be written: File exists.\n"
        "Make the directory writable, then run the same command again."
    )
