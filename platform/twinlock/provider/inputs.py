"""Read the inputs of a resource: properties come over a wire that keeps no types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeGuard

from twinlock.provider.port import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.provider.port import Properties


def text(inputs: Properties, name: str) -> str:
    """Return a string that `check` has found there."""
    return str(inputs[name])


def texts(inputs: Properties, name: str) -> tuple[str, ...]:
    """Return a list of strings; empty where there is none."""
    value = inputs.get(name)
    return tuple(str(element) for element in value) if isinstance(value, list | tuple) else ()


def entries(inputs: Properties, name: str) -> tuple[Mapping[str, str], ...]:
    """Return a list of objects with string values; empty where there is none."""
    value = inputs.get(name)
    found = [element for element in value if isinstance(element, Mapping)] if isinstance(value, list | tuple) else []
    return tuple({str(key): str(held) for key, held in element.items()} for element in found)


class Shape:
    """What inputs must look like: the name of each and the type of its value.

    Example:
        `Shape(team=str, members=(str,), reviewers=({"type", "slug"},), waitTimer=int)`
    """

    def __init__(self, **fields: object) -> None:
        self._fields = fields

    def failures(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return what is missing, mistyped or unknown."""
        unknown = (Failure(name, "is unknown") for name in inputs if name not in self._fields)
        return (*self._mistyped(inputs), *unknown)

    def _mistyped(self, inputs: Properties) -> Iterator[Failure]:
        for name, kind in self._fields.items():
            value = inputs.get(name)
            if value is None:
                if not isinstance(kind, Optional):
                    yield Failure(name, "is missing")
            elif (reason := _mismatch(value, kind.kind if isinstance(kind, Optional) else kind)) is not None:
                yield Failure(name, reason)


class Optional:
    """Marks a field of a `Shape` that may be missing."""

    def __init__(self, kind: object) -> None:
        self.kind = kind


def _mismatch(value: object, kind: object) -> str | None:
    match kind:
        case (element,):
            return _mismatch_in(value, element)
        case set() | frozenset():
            good = _is_object(value) and set(value) == kind
            return None if good else f"is not an object of {', '.join(sorted(kind))}"
        case _:
            good, wanted = _LEAVES[kind](value), _WORDS[kind]
            return None if good else f"is not {wanted}"


def _mismatch_in(value: object, element: object) -> str | None:
    if not isinstance(value, list | tuple):
        return "is not a list"
    return next((f"holds something that {why}" for held in value if (why := _mismatch(held, element))), None)


def _is_object(value: object) -> TypeGuard[Mapping[str, str]]:
    return isinstance(value, Mapping) and all(isinstance(held, str) for held in value.values())


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_LEAVES: Mapping[object, Callable[[object], bool]] = {
    str: lambda value: isinstance(value, str) and value != "",
    bool: lambda value: isinstance(value, bool),
    int: _is_count,
    dict: _is_object,
}
_WORDS: Mapping[object, str] = {str: "a text", bool: "a boolean", int: "a whole number", dict: "an object of texts"}
