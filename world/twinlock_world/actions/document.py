"""A workflow file as text, read into values that know where they stand.

YAML 1.2's core schema, as GitHub reads it: `on` is a name and `yes` is text. Parsed by libyaml into nodes and converted
here, so that a duplicate key, an alias bomb or a deep nest is one named error at its line, never a crash. Pure; called
by `workflow`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.jsonvalue import JsonValue

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_CHARACTERS: Final = 1024 * 1024
_MOST_NODES: Final = 100_000
_DEEPEST: Final = 64
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Final = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_LONGEST_NUMBER: Final = 300


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file; both count from 1."""

    line: int
    column: int


class DocumentError(Exception):
    """A file is not what it must be; `problem` is GitHub's sentence about the place."""

    def __init__(self, place: Place, problem: str) -> None:
        super().__init__(f"(Line: {place.line}, Col: {place.column}): {problem}")
        self.place = place
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value."""

    value: str | int | float | bool | None
    place: Place
    text: str

    def json(self) -> JsonValue:
        """Return the plain value."""
        return self.value


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence."""

    items: tuple[Node, ...]
    place: Place

    def json(self) -> JsonValue:
        """Return the plain value."""
        return [item.json() for item in self.items]

    def __iter__(self) -> Iterator[Node]:
        """Yield the nodes within."""
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value."""

    key: str
    place: Place
    value: Node


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with keys of text."""

    entries: tuple[Entry, ...]
    place: Place

    def json(self) -> dict[str, JsonValue]:
        """Return the plain value."""
        return {entry.key: entry.value.json() for entry in self.entries}

    def find(self, key: str) -> Entry | None:
        """Return the entry of a key."""
        return next((entry for entry in self.entries if entry.key == key), None)

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries in their order."""
        return iter(self.entries)


Node: TypeAlias = Scalar | Items | Table


def read(text: str) -> Node:
    """Return what a file holds.

    Raises:
        DocumentError: It is no YAML, or none that GitHub would read.
    """
    if len(text) > _MOST_CHARACTERS:
        raise DocumentError(Place(1, 1), "The file is too large")
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)
        raise DocumentError(place, f"You have an error in your yaml syntax on line {place.line}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DocumentError(Place(1, 1), "You have an error in your yaml syntax") from error
    finally:
        loader.dispose()
    if root is None:
        return Scalar(None, Place(1, 1), "")
    return _Conversion().node(root, 0)


class _Conversion:
    """One pass over the nodes that counts them, since aliases may repeat any of them."""

    def __init__(self) -> None:
        self._count = 0

    def node(self, found: yaml.Node, depth: int) -> Node:
        place = Place(found.start_mark.line + 1, found.start_mark.column + 1)
        self._count += 1
        if self._count > _MOST_NODES or depth > _DEEPEST:
            raise DocumentError(place, "Maximum object size exceeded")
        if isinstance(found, yaml.ScalarNode):
            return Scalar(_value(found), place, found.value)
        if isinstance(found, yaml.SequenceNode):
            return Items(tuple(self.node(item, depth + 1) for item in found.value), place)
        entries: dict[str, Entry] = {}
        for key, value in found.value:
            at = Place(key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, yaml.ScalarNode):
                raise DocumentError(at, "A mapping was not expected")
            if key.value in entries:
                raise DocumentError(at, f"'{key.value}' is already defined")
            entries[key.value] = Entry(key.value, at, self.node(value, depth + 1))
        return Table(tuple(entries.values()), place)


def _value(found: yaml.ScalarNode) -> str | int | float | bool | None:
    text: str = found.value
    if found.style:  # quoted or a block: text, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
