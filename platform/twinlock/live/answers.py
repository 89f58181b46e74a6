"""What an answer of GitHub that is no success means: absent, or unread with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.model.observed import Absent, Unread

if TYPE_CHECKING:
    from twinlock.github.client import Answer

_MOVED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY, _SERVER_ERROR = frozenset({301, 302, 307, 308}), 403, 404, 429, 500


def absence(answer: Answer, what: str) -> Absent | Unread | None:
    """Return what a failed answer about one thing means, or None for a success; 404 is absent."""
    return Absent() if answer.status == _NOT_FOUND else failure(answer, what)


def failure(answer: Answer, what: str) -> Unread | None:
    """Return why something that must exist was not read, or None for a success.

    A list of an existing repository is never absent: 404 hides it, as 403 does.
    """
    if answer.ok:
        return None
    if answer.status in _MOVED:
        return Unread(f"{what}: GitHub says that it moved, so what has the declared name is something else")
    if answer.status == _TOO_MANY or answer.headers.get("x-ratelimit-remaining") == "0":
        return Unread(f"{what}: the rate limit is used up")
    if answer.status in {_FORBIDDEN, _NOT_FOUND}:
        return Unread(f"{what}: hidden from this identity ({answer.status} {answer.message})".replace(" )", ")"))
    return Unread(f"{what}: GitHub answered {answer.status}")
