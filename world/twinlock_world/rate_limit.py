"""How often one may ask: GitHub's primary limit by the hour, and its secondary one by the minute.

Counted per account and kind of API, by the world's clock, in memory. Documented: "Rate limits for the REST API" (a
limit by the hour; a read is one point and a write five, and so many points may be spent in a minute; what is answered
with 304 costs nothing). By default a world allows far more than GitHub, and knows no secondary limit, since a rehearsal
does in a second what takes people an hour; `POST /_world/limits` sets both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import App
from twinlock_world.github.errors import GitHubError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.clock import Clock
    from twinlock_world.github.accounts import Identity
    from twinlock_world.jsonvalue import JsonObject

CORE: Final = "core"
GRAPHQL: Final = "graphql"

_HOUR: Final = 3600
_MINUTE: Final = 60
_WRITE: Final = 5
_DOCUMENTATION: Final = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"
SECONDARY: Final = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to "
    "GitHub Support for help, please include the request ID."
)
SECONDARY_DOCUMENTATION: Final = f"{_DOCUMENTATION}#about-secondary-rate-limits"


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much may be asked: requests by the hour of each kind, points by the minute, where those are counted."""

    core: int = 5_000_000
    graphql: int = 5_000_000
    secondary: int | None = None

    def hourly(self, resource: str) -> int:
        """Return how many requests of a kind there may be in an hour."""
        return self.graphql if resource == GRAPHQL else self.core


@dataclass(frozen=True, slots=True)
class Window:
    """What an account has spent since when."""

    start: int
    spent: int = 0


class LimitError(GitHubError):
    """A refusal that says when to come back."""

    def __init__(self, message: str, documentation: str, headers: Mapping[str, str]) -> None:
        super().__init__(403, message)
        self.documentation = documentation
        self.headers = headers

    def body(self) -> JsonObject:
        """Return the answer's document."""
        return {**super().body(), "documentation_url": self.documentation}


class Limits:
    """Who has asked how much."""

    def __init__(self, clock: Clock) -> None:
        self.allowance = Allowance()
        self._clock = clock
        self._hours: dict[tuple[int, str], Window] = {}
        self._minutes: dict[int, Window] = {}

    def allow(self, allowance: Allowance) -> None:
        """Set how much may be asked; everybody begins anew."""
        self.allowance = allowance
        self._hours.clear()
        self._minutes.clear()

    def admit(self, identity: Identity | None, resource: str, method: str) -> None:
        """Let a request in.

        Raises:
            LimitError: Too many came before it.
        """
        account = _account(identity)
        if self._hour(account, resource).spent >= self.allowance.hourly(resource):
            raise LimitError(f"API rate limit exceeded for {_name(identity)}.", _DOCUMENTATION, {})
        if self.allowance.secondary is None:
            return
        minute = self._minute(account)
        cost = 1 if method == "GET" else _WRITE
        if minute.spent + cost > self.allowance.secondary:
            wait = minute.start + _MINUTE - self._now()
            raise LimitError(SECONDARY, SECONDARY_DOCUMENTATION, {"retry-after": str(max(wait, 1))})
        self._minutes[account] = replace(minute, spent=minute.spent + cost)

    def count(self, identity: Identity | None, resource: str) -> None:
        """Count a request that was let in and answered with something new."""
        account = _account(identity)
        hour = self._hour(account, resource)
        self._hours[account, resource] = replace(hour, spent=hour.spent + 1)

    def headers(self, identity: Identity | None, resource: str) -> Mapping[str, str]:
        """Return what every answer says of the limit."""
        shown = self.shown(identity, resource)
        return {
            **{f"x-ratelimit-{name}": str(value) for name, value in shown.items()},
            "x-ratelimit-resource": resource,
        }

    def shown(self, identity: Identity | None, resource: str) -> Mapping[str, int]:
        """Return the limit, what is left and when it begins anew."""
        limit, hour = self.allowance.hourly(resource), self._hour(_account(identity), resource)
        return {
            "limit": limit,
            "remaining": max(limit - hour.spent, 0),
            "used": hour.spent,
            "reset": hour.start + _HOUR,
        }

    def _hour(self, account: int, resource: str) -> Window:
        return _current(self._hours.get((account, resource)), self._now(), _HOUR)

    def _minute(self, account: int) -> Window:
        return _current(self._minutes.get(account), self._now(), _MINUTE)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _current(window: Window | None, now: int, length: int) -> Window:
    """Return a window that has not passed, or a new one."""
    return Window(now) if window is None or now >= window.start + length else window


def _account(identity: Identity | None) -> int:
    return 0 if identity is None else identity.id


def _name(identity: Identity | None) -> str:
    if identity is None:
        return "127.0.0.1"
    if isinstance(identity, App):
        return f"installation ID {identity.installation}"
    return f"user ID {identity.id}"
