"""Steps that do not need each other run at once; the outcome has the order of the plan."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from twinlock.engine.schedule import carried_out
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Collection

SECONDS = 10
NEEDS = {"b": {"a"}, "c": {"a"}, "d": {"b", "c", "elsewhere"}}


def needs(step: str) -> Collection[str]:
    """Return what a step needs: `a` first, then `b` and `c`, then `d`."""
    return NEEDS.get(step, set())


def test_one_job_walks_the_plan_in_the_calling_thread() -> None:
    """In the order in which the steps are given."""
    began: list[tuple[str, str]] = []

    def act(step: str) -> str:
        began.append((step, threading.current_thread().name))
        return step.upper()

    assert carried_out("abcd", needs, act) == ("A", "B", "C", "D")
    assert began == [(step, threading.current_thread().name) for step in "abcd"]


def test_what_does_not_need_each_other_is_under_way_at_once() -> None:
    """`b` and `c` wait for each other, so that one after the other would never end."""
    both = threading.Barrier(2, timeout=SECONDS)
    began: list[str] = []

    def act(step: str) -> str:
        began.append(step)
        if step in "bc":
            both.wait()
        return step

    assert carried_out("abcd", needs, act, jobs=2) == ("a", "b", "c", "d")
    assert (began[0], set(began[1:3]), began[3]) == ("a", {"b", "c"}, "d")


def test_no_more_than_the_jobs_are_under_way() -> None:
    """Ten steps that need nothing, three at a time."""
    under_way, most, lock = 0, 0, threading.Lock()
    full = threading.Barrier(3, timeout=SECONDS)

    def act(step: int) -> int:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        full.wait()
        with lock:
            under_way -= 1
        return step

    assert carried_out(range(9), lambda _: (), act, jobs=3) == tuple(range(9))
    assert most == 3


def test_after_a_failure_nothing_begins_and_what_has_begun_is_let_finish() -> None:
    """`c` fails while `b` is under way: `b` ends, `d` never begins, and the error is that of `c`."""
    failed = threading.Event()
    ended: list[str] = []

    def act(step: str) -> str:
        if step == "c":
            failed.set()
            raise Incomplete("c was not applied.", "The world is down.", "Start it.")
        if step == "b":
            assert failed.wait(SECONDS)
        ended.append(step)
        return step

    with pytest.raises(Incomplete, match=r"^c was not applied\.\nThe world is down\.\nStart it\.$"):
        carried_out("abcd", needs, act, jobs=2)
    assert ended == ["a", "b"]


def test_of_several_failures_the_first_of_the_plan_is_raised_and_names_the_others() -> None:
    """Whichever came first by the clock."""
    both = threading.Barrier(2, timeout=SECONDS)

    def act(step: str) -> str:
        if step == "a":
            return step
        both.wait()
        raise Incomplete(f"{step} was not applied.", "The world is down.", "Start it.")

    with pytest.raises(Incomplete) as raised:
        carried_out("abcd", needs, act, jobs=2)
    assert str(raised.value) == "b was not applied.\nThe world is down. Besides: c was not applied.\nStart it."


def test_an_interruption_cancels_what_is_under_way() -> None:
    """What is under way in another thread hears of it, and is waited for."""
    ending = threading.Event()
    told: list[str] = []

    def act(step: str) -> str:
        if step == "c":
            # No failure of the step, but the end of everything, as where a person interrupts the waiting thread.
            raise KeyboardInterrupt
        if step == "b":
            assert ending.wait(SECONDS)
            told.append("b ended")
        return step

    def cancel() -> None:
        told.append("cancelled")
        ending.set()

    with pytest.raises(KeyboardInterrupt):
        carried_out("abcd", needs, act, jobs=2, cancel=cancel)
    assert told == ["cancelled", "b ended"]
