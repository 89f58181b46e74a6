"""The search phrase of an audit log: which entries it asks for.

Qualifiers are those of GitHub's documentation, "Searching the audit log for your organization": `action:`, `actor:`,
`created:`, `operation:`, `org:`, `repo:` and `user:`; a `-` before one excludes. Different qualifiers must all hold,
of several of one kind any one. `country:` asks what a world on loopback cannot know: refused, as unknown ones are.
Pure; called by the audit log's route.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinlock_world.jsonvalue import JsonObject

_TERM: Final = re.compile(r'(?P<no>-?)(?P<name>[a-z_]+):(?P<value>"[^"]*"|\S*)')
_SPACE: Final = re.compile(r"\s+")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_COMPARISONS: Final = (">=", "<=", ">", "<")


class PhraseError(ValueError):
    """A phrase asks by something that there is no search for; the text names it."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is searched for: alternatives by qualifier, and what must not hold."""

    wanted: Mapping[str, tuple[str, ...]]
    unwanted: tuple[tuple[str, str], ...]

    def matches(self, entry: JsonObject) -> bool:
        """Tell whether an entry is asked for."""
        wanted = all(any(_holds(name, value, entry) for value in values) for name, values in self.wanted.items())
        return wanted and not any(_holds(name, value, entry) for name, value in self.unwanted)


def parse(text: str) -> Phrase:
    """Return what a phrase asks for; an empty one asks for all.

    Raises:
        PhraseError: Part of it is no qualifier that can be searched by, or no date.
    """
    wanted: dict[str, tuple[str, ...]] = {}
    unwanted: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        space = _SPACE.match(text, at)
        if space is not None:
            at = space.end()
            continue
        term = _TERM.match(text, at)
        if term is None:
            raise PhraseError(f"`{text[at : at + 40]}` is no qualifier")
        at = term.end()
        name, value = term["name"], term["value"].strip('"')
        if name not in _HOLDS:
            raise PhraseError(f"there is no search by `{name}`")
        if name == "created":
            _range(value)
        if term["no"]:
            unwanted.append((name, value))
        else:
            wanted[name] = (*wanted.get(name, ()), value)
    return Phrase(wanted, tuple(unwanted))


def _holds(name: str, value: str, entry: JsonObject) -> bool:
    return _HOLDS[name](value, entry)


def _same(field: str) -> Callable[[str, JsonObject], bool]:
    return lambda value, entry: str(entry.get(field, "")).casefold() == value.casefold()


def _action(value: str, entry: JsonObject) -> bool:
    """Compare an action, or its category where only that is asked."""
    action = str(entry.get("action", ""))
    return action == value or action.partition(".")[0] == value


def _created(value: str, entry: JsonObject) -> bool:
    first, last = _range(value)
    moment = entry.get("created_at")
    return isinstance(moment, int) and first <= moment < last


def _range(value: str) -> tuple[float, float]:
    """Return the first millisecond that a date expression covers, and the first that it does not."""
    if ".." in value:
        first, _, last = value.partition("..")
        return _span(first)[0], _span(last)[1]
    comparison = next((sign for sign in _COMPARISONS if value.startswith(sign)), "")
    first_of, after = _span(value.removeprefix(comparison))
    return {
        "": (first_of, after),
        ">=": (first_of, float("inf")),
        "<=": (0.0, after),
        ">": (after, float("inf")),
        "<": (0.0, first_of),
    }[comparison]


def _span(text: str) -> tuple[float, float]:
    """Return when a day, or a moment, begins and ends, in milliseconds."""
    try:
        start = datetime.fromisoformat(text)
        start = start if start.tzinfo else start.replace(tzinfo=UTC)
        end = start + (timedelta(days=1) if _DAY.fullmatch(text) else timedelta(seconds=1))
        return start.timestamp() * 1000, end.timestamp() * 1000
    except (ValueError, OverflowError) as error:
        raise PhraseError(f"`{text[:40]}` is no date") from error


_HOLDS: Final[Mapping[str, Callable[[str, JsonObject], bool]]] = {
    "action": _action,
    "actor": _same("actor"),
    "created": _created,
    "operation": _same("operation_type"),
    "org": _same("org"),
    "repo": _same("repo"),
    "user": _same("user"),
}
