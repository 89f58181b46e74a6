"""JSON as types, and a reader that asks a document for a field of a given type.

Everything the world keeps, accepts and answers is JSON. Reading it through `Fields` means that a wrong type is one
named error at the place it is read, never an attribute error far away. Used by the store and by every GitHub noun.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
JsonObject: TypeAlias = Mapping[str, JsonValue]

_LARGEST: Final = 2**63 - 1
_LONGEST_SHOWN: Final = 100
_DEEPEST: Final = 100


class FieldError(ValueError):
    """A field is missing or has another type than it must have."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


def as_object(value: JsonValue, field: str) -> JsonObject:
    """Return `value` if it is an object.

    Raises:
        FieldError: It is something else.
    """
    if isinstance(value, Mapping):
        return value
    raise _wrong(field, value, "an object")


def as_array(value: JsonValue, field: str) -> Sequence[JsonValue]:
    """Return `value` if it is an array.

    Raises:
        FieldError: It is something else.
    """
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    raise _wrong(field, value, "an array")


def as_text(value: JsonValue, field: str) -> str:
    """Return `value` if it is a string.

    Raises:
        FieldError: It is something else.
    """
    if isinstance(value, str):
        return value
    raise _wrong(field, value, "a string")


def as_number(value: JsonValue, field: str) -> int:
    """Return `value` if it is an integer of 64 bits; true and false are none.

    Raises:
        FieldError: It is something else.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST:
        return value
    raise _wrong(field, value, "an integer")


def as_flag(value: JsonValue, field: str) -> bool:
    """Return `value` if it is true or false.

    Raises:
        FieldError: It is something else.
    """
    if isinstance(value, bool):
        return value
    raise _wrong(field, value, "a boolean")


def is_deep(value: JsonValue) -> bool:
    """Tell whether arrays and objects stand in each other more than a hundred times, where Ruby's parser gives up."""
    inner: list[JsonValue] = [value]
    for _ in range(_DEEPEST):
        inner = [
            part
            for outer in inner
            if isinstance(outer, dict | list)
            for part in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not inner:
            return False
    return any(isinstance(part, dict | list) for part in inner)


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object whose fields are read by type; a default is used only when the field is absent."""

    raw: JsonObject

    def __contains__(self, name: object) -> bool:
        """Tell whether the field was given, be it null."""
        return name in self.raw

    def given(self, name: str) -> bool:
        """Tell whether the field was given and is not null."""
        return self.raw.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string field."""
        return as_text(self._value(name, default), name)

    def optional_text(self, name: str) -> str | None:
        """Return a string field, or nothing where it is absent or null."""
        return self.text(name) if self.given(name) else None

    def choice(self, name: str, choices: Sequence[str], default: str | None = None) -> str:
        """Return a string field that must be one of `choices`.

        Raises:
            FieldError: It is none of them.
        """
        value = self.text(name, default)
        if value not in choices:
            raise FieldError(
                name,
                f"`{_shortened(value)}` is not a possible value. Must be one of the following: {', '.join(choices)}.",
            )
        return value

    def number(self, name: str, default: int | None = None) -> int:
        """Return an integer field."""
        return as_number(self._value(name, default), name)

    def flag(self, name: str, default: bool | None = None) -> bool:  # noqa: FBT001 - a default value, not a switch
        """Return a boolean field."""
        return as_flag(self._value(name, default), name)

    def object(self, name: str) -> Fields:
        """Return an object field."""
        return Fields(as_object(self._value(name, None), name))

    def objects(self, name: str, default: Sequence[JsonObject] | None = None) -> list[Fields]:
        """Return an array of objects."""
        items = as_array(self._value(name, default), name)
        return [Fields(as_object(item, f"{name}/{at}")) for at, item in enumerate(items)]

    def texts(self, name: str, default: Sequence[str] | None = None) -> list[str]:
        """Return an array of strings."""
        return [as_text(item, f"{name}/{at}") for at, item in enumerate(as_array(self._value(name, default), name))]

    def numbers(self, name: str, default: Sequence[int] | None = None) -> list[int]:
        """Return an array of integers."""
        return [as_number(item, f"{name}/{at}") for at, item in enumerate(as_array(self._value(name, default), name))]

    def only(self, names: Sequence[str]) -> dict[str, JsonValue]:
        """Return the given fields among `names`, unread."""
        return {name: self.raw[name] for name in names if name in self.raw}

    def _value(self, name: str, default: JsonValue) -> JsonValue:
        if name in self.raw:
            return self.raw[name]
        if default is None:
            raise FieldError(name, "wasn't supplied")
        return default


def _wrong(field: str, value: JsonValue, wanted: str) -> FieldError:
    shown = "nil" if value is None else "true" if value is True else "false" if value is False else repr(value)
    return FieldError(field, f"{_shortened(shown)} is not {wanted}")


def _shortened(text: str) -> str:
    """Return the beginning of what a refusal repeats: it need not be sent back whole to who sent it."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
