"""A YAML text as a tree: what was written, of which kind, and where. It is the same whichever parser read it.

Nodes are never changed, so aliases may share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value.

    Attributes:
        tag: Its kind: `str`, `number`, `bool`, `null`, `value` (`=`, which YAML reserves); else the tag as written.
        text: What was written, without quotes and escapes.
        line: Where it begins, from 1.
        column: Its column, from 1.
        start: Index in the text of its first character.
        end: Index behind its last one.
    """

    tag: str
    text: str
    line: int
    column: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list.

    Attributes:
        tag: `seq`; else the tag as written.
        elements: Its elements.
        line: Where it begins, from 1.
        column: Its column, from 1.
        start: Index in the text of its first character.
        end: Index behind its last one; of a block, behind the comments that follow it.
        flow: It is written in brackets.
    """

    tag: str
    elements: tuple[Node, ...]
    line: int
    column: int
    start: int
    end: int
    flow: bool


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values.

    Attributes:
        tag: `map`; else the tag as written.
        pairs: Key and value, also those whose key stands twice.
        line: Where it begins, from 1.
        column: Its column, from 1.
        start: Index in the text of its first character.
        end: Index behind its last one; of a block, behind the comments that follow it.
        flow: It is written in braces.
    """

    tag: str
    pairs: tuple[tuple[Node, Node], ...]
    line: int
    column: int
    start: int
    end: int
    flow: bool


Node: TypeAlias = Scalar | Sequence | Mapping
