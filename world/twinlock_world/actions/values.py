"""How the expression language sees values: truth, text, numbers, loose equality, properties.

Documented in https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#operators. Pure; called by
`expression` and `functions`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonObject, JsonValue


def is_object(value: JsonValue) -> bool:
    """Tell whether a value is an object."""
    return isinstance(value, Mapping)


def as_object(value: JsonValue) -> JsonObject:
    """Return an object; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def is_array(value: JsonValue) -> bool:
    """Tell whether a value is an array."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def as_array(value: JsonValue) -> Sequence[JsonValue]:
    """Return an array; an empty one for anything else."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def is_true(value: JsonValue) -> bool:
    """Tell whether a value counts as true: all but false, 0, NaN, no text and null."""
    if isinstance(value, float) and math.isnan(value):
        return False
    return is_object(value) or is_array(value) or bool(value)


def as_text(value: JsonValue) -> str:
    """Return a value as it stands in a text; objects and arrays stand by their names."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return _number_text(value)
    return "Object" if is_object(value) else "Array"


def number_of(text: str) -> float:
    """Return the number that a text holds; no text is 0, and what isn't one is NaN."""
    stripped = text.strip()
    if not stripped:
        return 0
    try:
        if stripped.lower().startswith(("0x", "0o")):
            return int(stripped, 0)
        return float(stripped) if stripped.isascii() and "_" not in stripped else math.nan
    except ValueError:
        return math.nan


def as_number(value: JsonValue) -> float:
    """Return a value as a number, NaN where it has none."""
    if value is None:
        return 0
    if isinstance(value, bool | int | float):
        return float(value) if not isinstance(value, int) or abs(value) < 2**1000 else math.inf
    if isinstance(value, str):
        return number_of(value)
    return math.nan


def equal(left: JsonValue, right: JsonValue) -> bool:
    """Tell whether two values are loosely equal; objects and arrays equal only themselves."""
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    if is_object(left) or is_array(left) or is_object(right) or is_array(right):
        return left is right
    if left is None and right is None:
        return True
    return as_number(left) == as_number(right)


def ordered(sign: str, left: JsonValue, right: JsonValue) -> bool:
    """Tell whether `left SIGN right` for one of the four orders."""
    if isinstance(left, str) and isinstance(right, str):
        first: str | float = left.casefold()
        second: str | float = right.casefold()
        return _compare(sign, (first > second) - (first < second))  # type: ignore[operator]  # both are text here
    one, other = as_number(left), as_number(right)
    if math.isnan(one) or math.isnan(other):
        return False
    return _compare(sign, (one > other) - (one < other))


def item(of: JsonValue, at: JsonValue) -> JsonValue:
    """Return a property by its name, whatever the case of the letters, or an item by its number; else null."""
    if isinstance(of, Mapping):
        name = as_text(at)
        if name in of:
            return of[name]
        return next((value for key, value in of.items() if key.casefold() == name.casefold()), None)
    if is_array(of):
        number, items = as_number(at), as_array(of)
        if not math.isnan(number) and 0 <= number < len(items):
            return items[int(number)]
    return None


def _compare(sign: str, difference: int) -> bool:
    return {"<": difference < 0, "<=": difference <= 0, ">": difference > 0, ">=": difference >= 0}[sign]


def _number_text(value: float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if value == int(value) and abs(value) < 10**15:
        return str(int(value))
    return f"{value:.15g}".replace("e+", "E+").replace("e-", "E-")
