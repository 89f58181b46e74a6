"""Read YAML as hostile text: a tree of plain values, and for each of them the place where it was written.

Only what the manifest needs is read: mappings, lists and scalars. Everything YAML offers beyond that (tags, several
documents, aliases without measure) is a mistake with a place, as is whatever is not YAML at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from twinlock.manifest import tree
from twinlock.manifest.composing import composed
from twinlock.manifest.mistake import Mistake, shown
from twinlock.manifest.unreadable import DEEPEST, UnreadableError, too_deep

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 1024 * 1024
"""Bytes of a file; a roster of 5,000 people has half of that."""

_SECRET = frozenset({"key", "secrets"})
"""Keys that take a reference to a secret; who misunderstands writes the secret itself."""
_REPETITIONS = 1000
"""How many values aliases may repeat in a file."""

Value: TypeAlias = "bool | int | str | list[Value] | dict[str, Value] | None"
Path: TypeAlias = tuple[str | int, ...]

_UNREADABLE = re.compile(
    r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""Characters outside YAML, and those that turn the direction of text and so show a reviewer something else.

Sources: https://yaml.org/spec/1.2.2/#51-character-set, https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing.
"""
_TAB = re.compile(r"^ *\t", re.MULTILINE)
_NUMBER = re.compile(r"[-+]?[0-9]{1,18}")
_SCALARS = frozenset({"str", "number", "bool", "null", "value"})


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value was written, and how.

    Attributes:
        line: Its line, from 1.
        column: Its column, from 1.
        text: The scalar as it was written, without quotes; empty for a mapping or a list.
    """

    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read.

    Attributes:
        file: Its path within the platform directory.
        root: Its mapping; None where the file could not be read as one.
        values: Where each value stands.
        keys: Where each key stands, by the path of its value.
        mistakes: What is wrong with the file as YAML.
    """

    file: str
    root: dict[str, Value] | None
    values: Mapping[Path, Spot]
    keys: Mapping[Path, Spot]
    mistakes: tuple[Mistake, ...]

    def mistake(self, path: Path, message: str, mend: str, *, at_key: bool = False) -> Mistake:
        """Return a mistake at a value, or at its key; at what holds it, where it does not exist."""
        spot = (self.keys if at_key else self.values).get(path)
        holder = path
        while spot is None:
            holder = holder[:-1]
            spot = self.values.get(holder) or (None if holder else Spot(1, 1, ""))
        written = shown(spot.text) if at_key else _written(path, spot.text)
        value = written if holder == path else ""
        return Mistake(self.file, spot.line, spot.column, dotted(path), value, message, mend)

    def written(self, path: Path) -> str:
        """Return a scalar as it was written and may be shown; empty for anything else."""
        spot = self.values.get(path)
        return _written(path, spot.text) if spot is not None else ""


def _written(path: Path, text: str) -> str:
    return "(not shown: it may be a secret)" if text and path and path[-1] in _SECRET else shown(text)


def dotted(path: Path) -> str:
    """Return a path as people write it: `integration_points[1].endpoint`."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{shown(step)}" for step in path)
    return "".join(parts).removeprefix(".")


def read(file: str, data: bytes) -> Document:
    """Return what a file says. Never raises: what cannot be read is among the mistakes."""
    try:
        text = _decoded(data)
        reader = _Reader(file)
        root = reader.root(composed(text))
    except UnreadableError as error:
        mistake = Mistake(file, error.line, error.column, "", shown(error.value), *error.args)
        return Document(file, None, {}, {}, (mistake,))
    return Document(file, root, reader.values, reader.keys, tuple(reader.mistakes))


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST:
        raise UnreadableError(1, 1, "The file is larger than 1 MiB.", "Split it, or take out what is no manifest.")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line, start = data.count(b"\n", 0, error.start) + 1, data.rfind(b"\n", 0, error.start) + 1
        column = len(data[start : error.start].decode(errors="replace")) + 1
        byte = f"0x{data[error.start]:02x}"
        raise UnreadableError(line, column, f"The byte {byte} is not UTF-8.", "Save the file as UTF-8.", byte) from None
    text = text.removeprefix("\ufeff")
    for pattern, message, mend in (
        (_UNREADABLE, "The character {} is not allowed.", "Delete it."),
        (_TAB, "There is a tab.", "Indent with spaces."),
    ):
        if (found := pattern.search(text)) is not None:
            at = found.end() - 1
            column = at - text.rfind("\n", 0, at)
            code = f"U+{ord(text[at]):04X}"
            raise UnreadableError(text.count("\n", 0, at) + 1, column, message.format(code), mend, code)
    return text


class _Reader:
    """Turns composed nodes into values, and remembers where each was written."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[Path, Spot] = {}
        self.keys: dict[Path, Spot] = {}
        self.mistakes: list[Mistake] = []
        self._met: set[int] = set()
        self._repeated = 0

    def root(self, node: tree.Node | None) -> dict[str, Value]:
        """Return the file's mapping.

        Raises:
            UnreadableError: The file is empty, no mapping, too deep or grows by its aliases.
        """
        if node is None or (isinstance(node, tree.Scalar) and not node.text):
            raise UnreadableError(1, 1, "The file is empty.", "Write its keys, as `twinlock init` does.")
        if not isinstance(node, tree.Mapping):
            kind = "list" if isinstance(node, tree.Sequence) else "single value"
            problem = f"The file is a {kind}, not a mapping."
            mend = "Write keys at the top, as in `key: value`."
            raise UnreadableError(node.line, node.column, problem, mend, _spot(node).text)
        return self._mapping(node, ())

    def _value(self, node: tree.Node, path: Path) -> Value:
        self._count(node, path)
        self.values[path] = spot = _spot(node)
        if isinstance(node, tree.Mapping) and node.tag == "map":
            return self._mapping(node, path)
        if isinstance(node, tree.Sequence) and node.tag == "seq":
            return [self._value(element, (*path, index)) for index, element in enumerate(node.elements)]
        if isinstance(node, tree.Scalar) and node.tag in _SCALARS:
            return _scalar(node)
        message = f"`{dotted(path)}` has the tag `{shown(node.tag)}`."
        written, mend = _written(path, spot.text), "Write the value without a tag."
        self.mistakes.append(Mistake(self.file, spot.line, spot.column, dotted(path), written, message, mend))
        return None

    def _mapping(self, node: tree.Mapping, path: Path) -> dict[str, Value]:
        self.values.setdefault(path, _spot(node))
        mapping: dict[str, Value] = {}
        for key, value in node.pairs:
            spot = _spot(key)
            if not isinstance(key, tree.Scalar) or key.tag != "str":
                self._wrong_key(spot, path, "is not text", "Write the key as text, in quotes if need be.")
            elif (name := key.text) in mapping:
                first = self.keys[*path, name].line
                self._wrong_key(spot, (*path, name), f"stands here again, after line {first}", "Keep one of the two.")
            else:
                self.keys[*path, name] = spot
                mapping[name] = self._value(value, (*path, name))
        return mapping

    def _wrong_key(self, spot: Spot, path: Path, problem: str, mend: str) -> None:
        name = shown(spot.text) or "key"
        self.mistakes.append(
            Mistake(self.file, spot.line, spot.column, dotted(path), shown(spot.text), f"`{name}` {problem}.", mend)
        )

    def _count(self, node: tree.Node, path: Path) -> None:
        if len(path) > DEEPEST:
            raise too_deep(node.line, node.column)
        if id(node) in self._met:
            self._repeated += 1
        self._met.add(id(node))
        if self._repeated > _REPETITIONS:
            problem = f"Aliases repeat more than {_REPETITIONS} values."
            raise UnreadableError(node.line, node.column, problem, "Write the values out instead of `*alias`.")


def _spot(node: tree.Node) -> Spot:
    return Spot(node.line, node.column, node.text if isinstance(node, tree.Scalar) else "")


def _scalar(scalar: tree.Scalar) -> Value:
    """Return a scalar; numbers that the manifest has no use for (hexadecimal, with exponent, endless) stay text."""
    if scalar.tag == "null":
        return None
    if scalar.tag == "bool":
        return scalar.text.lower() in {"true", "yes", "on", "y"}
    if scalar.tag == "number" and _NUMBER.fullmatch(scalar.text):
        return int(scalar.text)
    return scalar.text
