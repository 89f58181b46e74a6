"""Read one JSON object field by field, and know afterwards which fields nobody read.

An answer of GitHub is outside input: a missing or mistyped field makes it `Malformed`, and a field that no codec
models and no list ignores is reported, because GitHub adds settings that may weaken a guarantee.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Malformed(Exception):  # noqa: N818 - says what the answer is, not that the program failed
    """An answer does not have the shape that the provider documents.

    Attributes:
        reason: One line: which field, and what is wrong with it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Fields:
    """One JSON object and what was read of it.

    Attributes:
        unmodelled: Paths of fields that nobody read; shared with the objects nested in this one.
    """

    __slots__ = ("_path", "_raw", "_read", "unmodelled")

    def __init__(self, raw: object, path: str = "", unmodelled: list[str] | None = None) -> None:
        """Begin to read `raw`.

        Raises:
            Malformed: It is not an object.
        """
        if not isinstance(raw, Mapping):
            raise Malformed(f"{path or 'the answer'} is not an object")
        self._raw: Mapping[str, object] = raw
        self._path = path
        self._read: set[str] = set()
        self.unmodelled: list[str] = [] if unmodelled is None else unmodelled

    def has(self, name: str) -> bool:
        """Return whether the field is there and not null; it counts as read."""
        self._read.add(name)
        return self._raw.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string; `default` where it is missing or null.

        Raises:
            Malformed: It is no string, or missing without a default.
        """
        value = self._value(name, default)
        if not isinstance(value, str):
            raise Malformed(f"{self._at(name)} is not a string")
        return value

    def flag(self, name: str, default: bool | None = None) -> bool:  # noqa: FBT001 - a default value, not a switch
        """Return a boolean; `default` where it is missing or null.

        Raises:
            Malformed: It is no boolean, or missing without a default.
        """
        value = self._value(name, default)
        if not isinstance(value, bool):
            raise Malformed(f"{self._at(name)} is not a boolean")
        return value

    def number(self, name: str, default: int | None = None) -> int:
        """Return an integer; `default` where it is missing or null.

        Raises:
            Malformed: It is no integer, or missing without a default.
        """
        value = self._value(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Malformed(f"{self._at(name)} is not an integer")
        return value

    def texts(self, name: str, default: frozenset[str] | None = None) -> frozenset[str]:
        """Return a list of strings as a set; `default` where it is missing or null.

        Raises:
            Malformed: It is no list of strings, or missing without a default.
        """
        value = self._value(name, default)
        if not isinstance(value, list | frozenset) or not all(isinstance(element, str) for element in value):
            raise Malformed(f"{self._at(name)} is not a list of strings")
        return frozenset(value)

    def value(self, name: str) -> object:
        """Return the field as it is, whatever its type; None where it is missing. It counts as read."""
        self._read.add(name)
        return self._raw.get(name)

    def nested(self, name: str) -> Fields:
        """Return an object within this one.

        Raises:
            Malformed: It is no object, or missing.
        """
        return Fields(self._value(name, None), self._at(name), self.unmodelled)

    def each(self, name: str) -> Iterator[Fields]:
        """Yield the objects of a list within this one; nothing where it is missing or null.

        Raises:
            Malformed: It is no list of objects.
        """
        self._read.add(name)
        value = self._raw.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            raise Malformed(f"{self._at(name)} is not a list")
        for element in value:
            yield Fields(element, f"{self._at(name)}[]", self.unmodelled)

    def expect(self, name: str, *harmless: object) -> None:
        """Report a field that the model lacks unless it is missing, null or one of the `harmless` values."""
        self._read.add(name)
        value = self._raw.get(name)
        if value is not None and not any(value == known and type(value) is type(known) for known in harmless):
            self.unmodelled.append(self._at(name))

    def close(self, ignored: Mapping[str, str] | None = None) -> None:
        """Report every field that was neither read nor is in `ignored` (name to reason)."""
        for name in self._raw:
            if name not in self._read and name not in (ignored or {}):
                self.unmodelled.append(self._at(name))

    def reported(self) -> tuple[str, ...]:
        """Return what is unmodelled, each path once, sorted."""
        return tuple(sorted(set(self.unmodelled)))

    def _value(self, name: str, default: object) -> object:
        self._read.add(name)
        value = self._raw.get(name)
        if value is None:
            if default is None:
                raise Malformed(f"{self._at(name)} is missing")
            return default
        return value

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def elements(raw: object, what: str) -> list[object]:
    """Return a JSON list.

    Raises:
        Malformed: It is no list.
    """
    if not isinstance(raw, list):
        raise Malformed(f"{what} is not a list")
    return raw
