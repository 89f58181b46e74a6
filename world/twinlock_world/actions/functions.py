"""The functions of the expression language.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#functions. `hashFiles` needs a work tree,
which only a running job has: at the orchestrator's level it is no text, as GitHub has it for no match. Pure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.actions import values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinlock_world.jsonvalue import JsonValue

_MANY: Final = 255
_PART: Final = re.compile(r"\{\{|\}\}|\{(\d{1,3})\}|[{}]")
_LARGEST_JSON: Final = 1024 * 1024


class FunctionError(Exception):
    """A function cannot work with what it was given."""


@dataclass(frozen=True, slots=True)
class Status:
    """How what came before stands."""

    success: bool
    failure: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function of values, with the fewest and the most arguments that it takes."""

    arity: tuple[int, int]
    run: Callable[[list[JsonValue]], JsonValue]


@dataclass(frozen=True, slots=True)
class StatusFunction:
    """A function of how things stand."""

    arity: tuple[int, int]
    run: Callable[[Status], bool]


def _contains(given: list[JsonValue]) -> JsonValue:
    where, what = given
    if values.is_array(where):
        return any(values.equal(item, what) for item in values.as_array(where))
    if values.is_object(where):
        return False
    return values.as_text(what).casefold() in values.as_text(where).casefold()


def _starts_with(given: list[JsonValue]) -> JsonValue:
    return values.as_text(given[0]).casefold().startswith(values.as_text(given[1]).casefold())


def _ends_with(given: list[JsonValue]) -> JsonValue:
    return values.as_text(given[0]).casefold().endswith(values.as_text(given[1]).casefold())


def _format(given: list[JsonValue]) -> JsonValue:
    pattern, arguments = values.as_text(given[0]), given[1:]

    def part(found: re.Match[str]) -> str:
        if found[0] in {"{{", "}}"}:
            return found[0][0]
        if found[1] is None or int(found[1]) >= len(arguments):
            raise FunctionError(f"The following format string references more arguments than were supplied: {pattern}")
        return values.as_text(arguments[int(found[1])])

    return _PART.sub(part, pattern)


def _join(given: list[JsonValue]) -> JsonValue:
    between = values.as_text(given[1]) if len(given) > 1 else ","
    if values.is_array(given[0]):
        return between.join(values.as_text(item) for item in values.as_array(given[0]))
    return values.as_text(given[0])


def _to_json(given: list[JsonValue]) -> JsonValue:
    return json.dumps(given[0], indent=2, ensure_ascii=False)


def _from_json(given: list[JsonValue]) -> JsonValue:
    text = values.as_text(given[0])
    if not text.strip():
        raise FunctionError("The 'fromJSON' function was given no JSON: the value is empty")
    try:
        found: JsonValue = json.loads(text[:_LARGEST_JSON])
    except (ValueError, RecursionError) as error:
        raise FunctionError(f"Error parsing fromJson: {error}") from error
    return found


def _hash_files(_given: list[JsonValue]) -> JsonValue:
    return ""


def _choose(given: list[JsonValue]) -> JsonValue:
    pairs, rest = given[: len(given) // 2 * 2], given[len(given) // 2 * 2 :]
    for condition, value in zip(pairs[0::2], pairs[1::2], strict=True):
        if values.is_true(condition):
            return value
    if not rest:
        raise FunctionError("The 'case' function needs a default value as its last argument")
    return rest[0]


FUNCTIONS: Final[Mapping[str, Function]] = {
    "case": Function((3, _MANY), _choose),
    "contains": Function((2, 2), _contains),
    "startswith": Function((2, 2), _starts_with),
    "endswith": Function((2, 2), _ends_with),
    "format": Function((1, _MANY), _format),
    "join": Function((1, 2), _join),
    "tojson": Function((1, 1), _to_json),
    "fromjson": Function((1, 1), _from_json),
    "hashfiles": Function((1, _MANY), _hash_files),
}
STATUS_FUNCTIONS: Final[Mapping[str, StatusFunction]] = {
    "success": StatusFunction((0, 0), lambda status: status.success),
    "failure": StatusFunction((0, 0), lambda status: status.failure),
    "cancelled": StatusFunction((0, 0), lambda status: status.cancelled),
    "always": StatusFunction((0, 0), lambda _status: True),
}
