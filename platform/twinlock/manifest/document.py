"""Read YAML as hostile text: a tree of plain values, and for each of them the place where it was written.

Only what the manifest needs is read: mappings, lists and scalars. Everything YAML offers beyond that (tags, several
documents, aliases without measure) is a mistake with a place, as is whatever is not YAML at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from twinlock.manifest.mistake import Mistake, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 1024 * 1024
"""No file of a manifest is larger; a roster of 5,000 people has a tenth of it."""

_DEEPEST = 20
_KEPT = 16
"""Composed texts that are kept: all that `new` meets more than once."""
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
_TAG = "tag:yaml.org,2002:"
_SCALARS = frozenset({"str", "int", "float", "bool", "null", "timestamp", "merge", "value"})
_PROBLEMS = {
    "but found another document": ("There is a second document.", "Keep one document in the file."),
    "found character '\\t' that cannot start any token": ("There is a tab.", "Indent with spaces."),
}


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
        node = composed(text)
        reader = _Reader(file)
        root = reader.root(node)
    except UnreadableError as error:
        mistake = Mistake(file, error.line, error.column, "", shown(error.value), *error.args)
        return Document(file, None, {}, {}, (mistake,))
    return Document(file, root, reader.values, reader.keys, tuple(reader.mistakes))


class UnreadableError(Exception):
    """The file cannot be read any further; its arguments are the message and the mend."""

    def __init__(self, line: int, column: int, message: str, mend: str, value: str = "") -> None:
        super().__init__(message, mend)
        self.line = line
        self.column = column
        self.value = value


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


@lru_cache(maxsize=_KEPT)
def composed(text: str) -> Any:  # noqa: ANN401 - ruamel is untyped; `_Reader` gives its nodes a type
    """Return the file's root node, which nobody changes.

    Composing is most of the time that a small command takes, and `new` meets each text several times.

    Raises:
        UnreadableError: The text is not YAML, or nested too deeply.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = _DEEPEST
    yaml.composer.warn_double_anchors = False
    try:
        return yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context or "this is not YAML").split())
        if "maximum depth" in problem:
            known = _TOO_DEEP
        else:
            known = _PROBLEMS.get(problem, (f"The file is not YAML here: {shown(problem)}.", "Correct the YAML there."))
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise UnreadableError(line, column, *known) from None
    except Exception:  # noqa: BLE001 - on malformed text ruamel also raises ValueError, AssertionError, IndexError, ...
        line, column = yaml.reader.line + 1, yaml.reader.column + 1
        raise UnreadableError(line, column, "The file is not YAML here.", "Correct the YAML there.") from None


_TOO_DEEP = (f"Values are nested more than {_DEEPEST} deep.", "Write it flat, as the examples of `twinlock init` are.")


class _Reader:
    """Turns composed nodes into values, and remembers where each was written."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[Path, Spot] = {}
        self.keys: dict[Path, Spot] = {}
        self.mistakes: list[Mistake] = []
        self._met: set[int] = set()
        self._repeated = 0

    def root(self, node: Any) -> dict[str, Value]:  # noqa: ANN401 - a node of ruamel
        """Return the file's mapping.

        Raises:
            UnreadableError: The file is empty, no mapping, too deep or grows by its aliases.
        """
        if node is None or (isinstance(node, ScalarNode) and not node.value):
            raise UnreadableError(1, 1, "The file is empty.", "Write its keys, as `twinlock init` does.")
        if not isinstance(node, MappingNode):
            spot = _spot(node)
            kind = "list" if isinstance(node, SequenceNode) else "single value"
            problem = f"The file is a {kind}, not a mapping."
            raise UnreadableError(
                spot.line, spot.column, problem, "Write keys at the top, as in `key: value`.", spot.text
            )
        return self._mapping(node, ())

    def _value(self, node: Any, path: Path) -> Value:  # noqa: ANN401 - a node of ruamel
        self._count(node, path)
        self.values[path] = spot = _spot(node)
        tag = str(node.tag).removeprefix(_TAG)
        if isinstance(node, MappingNode) and tag == "map":
            return self._mapping(node, path)
        if isinstance(node, SequenceNode) and tag == "seq":
            return [self._value(element, (*path, index)) for index, element in enumerate(node.value)]
        if isinstance(node, ScalarNode) and tag in _SCALARS:
            return _scalar(tag, node.value)
        message = f"`{dotted(path)}` has the tag `{shown(str(node.tag))}`."
        written, mend = _written(path, spot.text), "Write the value without a tag."
        self.mistakes.append(Mistake(self.file, spot.line, spot.column, dotted(path), written, message, mend))
        return None

    def _mapping(self, node: Any, path: Path) -> dict[str, Value]:  # noqa: ANN401 - a node of ruamel
        self.values.setdefault(path, _spot(node))
        mapping: dict[str, Value] = {}
        for key, value in node.value:
            spot = _spot(key)
            if not isinstance(key, ScalarNode) or str(key.tag).removeprefix(_TAG) not in {"str", "merge", "timestamp"}:
                self._wrong_key(spot, path, "is not text", "Write the key as text, in quotes if need be.")
            elif (name := key.value) in mapping:
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

    def _count(self, node: Any, path: Path) -> None:  # noqa: ANN401 - a node of ruamel
        spot = _spot(node)
        if len(path) > _DEEPEST:
            raise UnreadableError(spot.line, spot.column, *_TOO_DEEP)
        if id(node) in self._met:
            self._repeated += 1
        self._met.add(id(node))
        if self._repeated > _REPETITIONS:
            problem = f"Aliases repeat more than {_REPETITIONS} values."
            raise UnreadableError(spot.line, spot.column, problem, "Write the values out instead of `*alias`.")


def _spot(node: Any) -> Spot:  # noqa: ANN401 - a node of ruamel
    mark = node.start_mark
    return Spot(mark.line + 1, mark.column + 1, node.value if isinstance(node, ScalarNode) else "")


def _scalar(tag: str, text: str) -> Value:
    """Return a scalar; numbers that the manifest has no use for (hexadecimal, with exponent, endless) stay text."""
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() in {"true", "yes", "on", "y"}
    if tag == "int" and _NUMBER.fullmatch(text):
        return int(text)
    return text
