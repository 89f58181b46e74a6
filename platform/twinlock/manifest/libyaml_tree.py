"""Compose YAML by libyaml, which takes a hundredth of the time, where it cannot mean anything else than YAML 1.2.

libyaml reads YAML 1.1. Both versions agree on the YAML that people write; what they may disagree on, or mark at other
places, is left undecided: anchors, tags, directives, block scalars, values left out, pairs without braces in a list.
A property test holds what is decided here to `ruamel_tree`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from twinlock.manifest.tree import Mapping, Node, Scalar, Sequence
from twinlock.manifest.unreadable import DEEPEST, MOST, not_yaml, too_deep, too_many

if TYPE_CHECKING:
    from collections.abc import Iterator

_RARE = re.compile(r"[\t\x85]|^%", re.MULTILINE)
"""Tabs, a line break of YAML 1.1, and directives."""
_BLOCK = frozenset("|>")
_WORDS = {
    **dict.fromkeys(("~", "null", "Null", "NULL"), "null"),
    **dict.fromkeys(("true", "True", "TRUE", "false", "False", "FALSE"), "bool"),
    "=": "value",
}
_NUMBER_BEGINS = frozenset("-+.0123456789")
_NUMBER = re.compile(
    r"[-+]?(?:0b[01_]+|0o?[0-7_]+|[0-9_]+|0x[0-9a-fA-F_]+|\.(?:inf|Inf|INF)"
    r"|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9_]+(?:[eE][-+][0-9]+)?)|\.(?:nan|NaN|NAN)"
)
"""As ruamel.yaml takes them; its source is the core schema of YAML 1.2, with underscores."""


class UndecidedError(Exception):
    """The text has what YAML 1.1 and 1.2 read differently, or libyaml is not there."""


def compose(text: str) -> Node | None:
    """Return the text's root, or None where nothing is written.

    Raises:
        UndecidedError: Somebody else must say.
        UnreadableError: The text is not YAML 1.1, nested too deeply, or holds too many values.
    """
    if not yaml.__with_libyaml__ or _RARE.search(text):
        raise UndecidedError
    # Without a last line break libyaml ends what is open on a line that does not exist.
    events = yaml.parse(f"{text}\n", Loader=yaml.CSafeLoader)
    try:
        return _composed(events, len(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise not_yaml(mark.line + 1, mark.column + 1, error.problem or error.context) from None
    finally:
        events.close()


def _composed(events: Iterator[Any], length: int) -> Node | None:
    root: Node | None = None
    open_: list[tuple[Any, list[Node]]] = []
    count = 0
    for event in events:
        if isinstance(event, NodeEvent):
            count += 1
            _require_plain(event)
            if len(open_) >= DEEPEST:
                raise too_deep(event.start_mark.line + 1, event.start_mark.column + 1)
            if count > MOST:
                raise too_many(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, CollectionStartEvent):
            open_.append((event, []))
            continue
        node: Node
        if isinstance(event, ScalarEvent):
            node = _scalar(event, length)
        elif isinstance(event, CollectionEndEvent):
            node = _collection(*open_.pop(), event, length)
        else:
            if isinstance(event, (DocumentStartEvent, DocumentEndEvent)) and event.explicit:
                raise UndecidedError
            continue
        if open_:
            open_[-1][1].append(node)
        else:
            root = node
    return root


def _require_plain(event: Any) -> None:  # noqa: ANN401 - PyYAML is untyped
    if isinstance(event, AliasEvent) or event.anchor is not None or event.tag is not None:
        raise UndecidedError


def _scalar(event: Any, length: int) -> Scalar:  # noqa: ANN401 - PyYAML is untyped
    plain, text, start = event.implicit[0], event.value, event.start_mark
    if event.style in _BLOCK or (plain and not text):
        raise UndecidedError
    tag = _tag(text) if plain else "str"
    return Scalar(tag, text, start.line + 1, start.column + 1, start.index, min(event.end_mark.index, length))


def _tag(text: str) -> str:
    if text[0] in _NUMBER_BEGINS:
        return "number" if _NUMBER.fullmatch(text) else "str"
    return _WORDS.get(text, "str")


def _collection(begin: Any, nodes: list[Node], end: Any, length: int) -> Node:  # noqa: ANN401 - PyYAML is untyped
    start, flow = begin.start_mark, bool(begin.flow_style)
    if flow and end.start_mark.index == end.end_mark.index:  # nothing closes a pair without braces
        raise UndecidedError
    place = (start.line + 1, start.column + 1, start.index, min(end.end_mark.index, length))
    if isinstance(begin, MappingStartEvent):
        return Mapping("map", tuple(zip(nodes[::2], nodes[1::2], strict=True)), *place, flow)
    return Sequence("seq", tuple(nodes), *place, flow)
