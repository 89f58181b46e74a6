"""The clock: it runs, jumps forward, and never goes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from twinlock_world.clock import LATEST, Clock, ClockError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.conftest import RunningWorld

START = datetime(2026, 1, 1, tzinfo=UTC)


def _clock() -> Clock:
    return Clock(lambda: START)


def test_time_passes_at_once() -> None:
    """A jump is on top of the time that passes by itself, and jumps add up."""
    clock = _clock()
    clock.advance(timedelta(hours=1))
    assert clock.advance(timedelta(minutes=30)) == clock.now() == START + timedelta(minutes=90)


def test_the_clock_goes_to_a_moment() -> None:
    """Where it is to be is where it is."""
    clock = _clock()
    assert clock.set(datetime(2027, 5, 5, tzinfo=UTC)) == datetime(2027, 5, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "why"), [(START - timedelta(1), "only goes forward"), (LATEST + timedelta(1), "ends at 2200-01-01")]
)
def test_the_clock_refuses_to_go_back_or_too_far(moment: datetime, why: str) -> None:
    """What has happened stays in the past, and dates stay readable."""
    clock = _clock()
    with pytest.raises(ClockError, match=why):
        clock.set(moment)
    assert clock.now() == START


def test_watchers_are_told_of_a_jump() -> None:
    """Whoever waits for a time looks again, at the time after the jump."""
    clock, seen = _clock(), []
    clock.watch(lambda: seen.append(clock.now()))
    clock.advance(timedelta(hours=1))
    assert seen == [START + timedelta(hours=1)]


def test_a_running_world_dates_by_its_clock(start_world: Callable[..., RunningWorld]) -> None:
    """After a jump, what is made is made then."""
    world = start_world()
    answer = world.request("POST", "/_world/clock", document={"set": "2099-01-31T12:00:00Z"})
    assert answer.json()["now"].startswith("2099-01-31T12:00:00")
    assert world.request("POST", "/_world/clock", document={"advance": 86400}).status_code == 200
    assert world.repository("late")["created_at"].startswith("2099-02-01T12:00:")
    assert world.request("GET", "/_world/clock").json()["now"].startswith("2099-02-01T12:00:")


@pytest.mark.parametrize(
    "document", [{}, [], {"advance": "1"}, {"set": "soon"}, {"advance": 1, "set": "x"}, {"advance": 10**18}]
)
def test_a_move_that_is_none_is_refused(world: RunningWorld, document: object) -> None:
    """The refusal says what the body must be."""
    answer = world.request("POST", "/_world/clock", document=document)
    usage = 'The body must be {"advance": SECONDS} or {"set": "2030-01-31T12:00:00Z"}'
    assert (answer.status_code, answer.json()["message"]) == (422, usage)


def test_a_running_world_does_not_go_back(world: RunningWorld) -> None:
    """The refusal says so."""
    answer = world.request("POST", "/_world/clock", document={"set": "2001-01-01"})
    assert (answer.status_code, answer.json()["message"]) == (422, "the clock only goes forward")
