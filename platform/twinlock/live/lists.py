"""Reading lists, and one thing after another of what they hold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from twinlock.github.fields import Fields, Malformed, elements
from twinlock.live.answers import failure
from twinlock.model.observed import Observed, Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from twinlock.github.client import GitHubReader

S = TypeVar("S")
T = TypeVar("T")

READERS_AT_ONCE = 4
"""Requests under way at once per list; GitHub's secondary limit stands at a hundred."""


def listed(
    client: GitHubReader, path: str, what: str, *, key: str | None = None, **params: str
) -> Observed[list[object]]:
    """Return a whole list, or why it was not read; `what` is its name for people."""
    answer = client.get_all(path, params or None, key=key)
    failed = failure(answer, what)
    if failed is not None:
        return failed
    return understood(lambda: Seen(elements(answer.body, what)))


def named(
    client: GitHubReader, path: str, what: str, name: Callable[[Fields], str], *, key: str | None = None, **params: str
) -> Observed[frozenset[str]]:
    """Return the names in a list, or why they were not read."""
    found = listed(client, path, what, key=key, **params)
    if not isinstance(found, Seen):
        return found
    return understood(lambda: Seen(frozenset(name(Fields(element)) for element in found.value)))


def each(raw: Observed[list[object]], read: Callable[[object], Observed[T]]) -> Observed[tuple[Observed[T], ...]]:
    """Read every element of a list; one that is listed without a name is unread without one."""
    if not isinstance(raw, Seen):
        return raw
    return Seen(tuple(at_once(lambda element: understood(lambda: read(element)), raw.value)))


def at_once(read: Callable[[S], T], inputs: Iterable[S]) -> list[T]:
    """Return what `read` gives for each input, in order, a few at a time."""
    with ThreadPoolExecutor(max_workers=READERS_AT_ONCE) as pool:
        return list(pool.map(read, inputs))


def understood(read: Callable[[], Observed[T]]) -> Observed[T]:
    """Return what `read` gives; unread where an answer is malformed."""
    try:
        return read()
    except Malformed as error:
        return Unread(f"GitHub's answer was not understood: {error.reason}")
