"""How a job's matrix multiplies it.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstrategymatrix: every
combination but the excluded ones; an included one joins each combination whose own values it leaves as they are, else
stands alone. Pure.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Final

from twinlock_world.actions import values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.jsonvalue import JsonObject, JsonValue

_MOST: Final = 256


class MatrixError(ValueError):
    """A matrix multiplies a job by nothing, or by too much."""


def combinations(matrix: JsonValue) -> list[JsonObject]:
    """Return the values of each leg; one empty leg where there is no matrix.

    Raises:
        MatrixError: There is no leg, there are more than 256, or it is no matrix.
    """
    if matrix is None:
        return [{}]
    if not values.is_object(matrix):
        raise MatrixError("Matrix must be a mapping")
    document = values.as_object(matrix)
    axes = _axes(document)
    size = math.prod(len(values.as_array(items)) for items in axes.values())
    if size > _MOST:
        raise MatrixError(f"The matrix has {size} combinations; at most {_MOST} are allowed")
    legs = [dict(zip(axes, chosen, strict=True)) for chosen in itertools.product(*map(values.as_array, axes.values()))]
    if not axes:
        legs = []
    excluded = [values.as_object(item) for item in values.as_array(document.get("exclude"))]
    legs = [leg for leg in legs if not any(_within(item, leg) for item in excluded)]
    legs = _include(legs, set(axes), [values.as_object(item) for item in values.as_array(document.get("include"))])
    if not legs:
        raise MatrixError("Matrix must define at least one vector")
    if len(legs) > _MOST:
        raise MatrixError(f"The matrix has {len(legs)} combinations; at most {_MOST} are allowed")
    return list(legs)


def _axes(document: JsonObject) -> JsonObject:
    axes = {name: items for name, items in document.items() if name not in {"include", "exclude"}}
    for name, items in axes.items():
        if not values.is_array(items):
            raise MatrixError(f"Matrix vector '{name}' must be a sequence")
        if not values.as_array(items):
            raise MatrixError(f"Matrix vector '{name}' does not contain any values")
    return axes


def leg_title(leg: JsonObject) -> str:
    """Return what a leg's name has in parentheses."""
    return ", ".join(_words(leg))


def _include(
    legs: list[dict[str, JsonValue]], axes: set[str], included: Sequence[JsonObject]
) -> list[dict[str, JsonValue]]:
    originals = [dict(leg) for leg in legs]
    alone: list[dict[str, JsonValue]] = []
    for item in included:
        joined = False
        for leg, original in zip(legs, originals, strict=True):
            if all(_same(original[name], value) for name, value in item.items() if name in axes):
                leg.update(item)
                joined = True
        if not joined:
            alone.append(dict(item))
    return legs + alone


def _within(part: JsonObject, leg: JsonObject) -> bool:
    return all(name in leg and _same(leg[name], value) for name, value in part.items())


def _same(left: JsonValue, right: JsonValue) -> bool:
    if values.is_object(left) or values.is_array(left) or values.is_object(right) or values.is_array(right):
        return left == right
    return values.equal(left, right)


def _words(value: JsonValue) -> list[str]:
    if values.is_object(value):
        return [word for item in values.as_object(value).values() for word in _words(item)]
    if values.is_array(value):
        return [word for item in values.as_array(value) for word in _words(item)]
    return [values.as_text(value)]
