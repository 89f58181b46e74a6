"""Faults on demand: which of the next requests are refused, lose their answer, or find their token expired.

Why: what a client does when GitHub or AWS fail in the middle of its work can be rehearsed only where they fail on
demand. `POST /_world/faults` arranges faults; they befall requests to GitHub and git in `unreliable`, those to AWS at
its edge. In memory: a restart forgets them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue

USAGE: Final = (
    'The body must be {"request": "METHOD PATH" or "SERVICE:ACTION", "skip": N, "times": N} with one of '
    '"status": 400 to 599 (and "retry_after": SECONDS), "lost": true, "expires": "LOGIN"; with the first two '
    '"carried_out": true or false'
)
_KEYS: Final = frozenset({"request", "skip", "times", "status", "retry_after", "lost", "expires", "carried_out"})
_KINDS: Final = ("status", "lost", "expires")
_MOST: Final = 1_000_000
_LONGEST: Final = 86_400
_STATUSES: Final = (400, 599)


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls requests of a kind; one of `status`, `lost` and `expires` is given.

    Attributes:
        request: `METHOD PATH` for GitHub and git, `SERVICE:ACTION` for AWS; `*` stands for anything.
        skip: How many are served before.
        times: How many it befalls.
        status: The answer.
        retry_after: After how many seconds that answer asks to come back.
        lost: The connection ends in the middle of the answer.
        carried_out: What was asked is done nevertheless.
        expires: Whose token expires before the request is looked at.
    """

    request: str
    skip: int = 0
    times: int = 1
    status: int | None = None
    retry_after: int | None = None
    lost: bool = False
    carried_out: bool = False
    expires: str | None = None

    def shown(self) -> JsonObject:
        """Return it as a document."""
        found: dict[str, JsonValue] = {"request": self.request}
        for name in ("status", "retry_after", "lost", "carried_out", "expires"):
            value = getattr(self, name)
            if value is not None and value is not False:
                found[name] = value
        return found


def parse(asked: Fields) -> Fault:
    """Return the fault that a document describes.

    Raises:
        ValueError: It describes none.
    """
    if asked.raw.keys() - _KEYS or sum(name in asked for name in _KINDS) != 1:
        raise ValueError("keys")
    request = asked.text("request")
    if not _names_a_kind(request):
        raise ValueError("request")
    lost, carried_out = asked.flag("lost", default=False), asked.flag("carried_out", default=False)
    if ("lost" in asked and not lost) or (carried_out and "expires" in asked):
        raise ValueError("lost")
    retry_after = _within(asked.number("retry_after"), 0, _LONGEST) if "retry_after" in asked else None
    if retry_after is not None and "status" not in asked:
        raise ValueError("retry_after")
    return Fault(
        request,
        skip=_within(asked.number("skip", 0), 0, _MOST),
        times=_within(asked.number("times", 1), 1, _MOST),
        status=_within(asked.number("status"), *_STATUSES) if "status" in asked else None,
        retry_after=retry_after,
        lost=lost,
        carried_out=carried_out,
        expires=asked.text("expires") if "expires" in asked else None,
    )


class Faults:
    """The faults that are arranged, and how many requests each has befallen; safe to use from several threads."""

    def __init__(self) -> None:
        self._arranged: list[_Arranged] = []
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        """Tell whether any was arranged."""
        return bool(self._arranged)

    def arrange(self, fault: Fault) -> None:
        """Let a fault befall what comes."""
        with self._lock:
            self._arranged.append(_Arranged(fault, fault.skip, fault.times))

    def withdraw(self) -> None:
        """Let no fault befall anything any more."""
        with self._lock:
            self._arranged.clear()

    def shown(self) -> Sequence[JsonObject]:
        """Return the faults in the order in which they were arranged, with what is left of each."""
        with self._lock:
            return [
                {**each.fault.shown(), "skip": each.skip, "times": each.times, "befallen": each.befallen}
                for each in self._arranged
            ]

    def befalling(self, request: str) -> Fault | None:
        """Return the fault that befalls a request; it counts as befallen from then on."""
        with self._lock:
            for each in self._arranged:
                if not each.times or not fnmatchcase(request, each.fault.request):
                    continue
                if each.skip:
                    each.skip -= 1
                    continue
                each.times -= 1
                each.befallen += 1
                return each.fault
        return None


@dataclass(slots=True)
class _Arranged:
    fault: Fault
    skip: int
    times: int
    befallen: int = 0


def _names_a_kind(request: str) -> bool:
    """Tell whether a text names requests: a method and a path, or a service and an action."""
    method, blank, path = request.partition(" ")
    if blank:
        return bool(method) and path.startswith(("/", "*")) and " " not in path
    service, colon, action = request.partition(":")
    return bool(service and colon and action)


def _within(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise ValueError("number")
    return number
