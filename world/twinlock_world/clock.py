"""The world's time: the real one, until somebody moves it on.

Why: wait timers, schedules, expiries and rate limits are tested in a moment instead of an hour. Everything in the world
that asks what time it is asks this clock: the store's timestamps, tokens, limits. It only goes forward, so that nothing
is ever older than what caused it. After a restart it is the real time again. `POST /_world/clock` moves it.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""No clock goes beyond: dates would no longer fit into what GitHub's clients read."""


class ClockError(ValueError):
    """The clock was asked to go where it cannot."""


def utc_now() -> datetime:
    """Return the real present, in UTC."""
    return datetime.now(UTC)


class Clock:
    """A clock that runs like the real one, from where it was last set."""

    def __init__(self, real: Callable[[], datetime] = utc_now) -> None:
        self._real = real
        self._ahead = timedelta()
        self._lock = threading.Lock()
        self._watchers: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """Return the present, in UTC."""
        return self._real() + self._ahead

    def advance(self, by: timedelta) -> datetime:
        """Let time pass at once; return the new present.

        Raises:
            ClockError: `by` is negative, or leads beyond `LATEST`.
        """
        with self._lock:
            if by < timedelta():
                raise ClockError("the clock only goes forward")
            if by > LATEST - self.now():
                raise ClockError(f"the clock ends at {LATEST:%Y-%m-%d}")
            self._ahead += by
        for watcher in self._watchers:
            watcher()
        return self.now()

    def set(self, moment: datetime) -> datetime:
        """Go to a moment that is still to come; return the new present.

        Raises:
            ClockError: It has passed, or is beyond `LATEST`.
        """
        return self.advance(moment - self.now())

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` after each jump, in the thread that made it: sleepers must look at the time again."""
        self._watchers.append(watcher)
