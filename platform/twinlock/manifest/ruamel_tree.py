"""Compose YAML by ruamel.yaml: YAML 1.2 as a whole, in Python alone, with errors that say what was expected.

It decides what a text means. It also takes milliseconds for a small file, so `composing` asks it only where
`libyaml_tree` does not answer.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode

from twinlock.manifest.tree import Mapping, Node, Scalar, Sequence
from twinlock.manifest.unreadable import DEEPEST, MOST, UnreadableError, not_yaml, too_deep, too_many

_YAML = "tag:yaml.org,2002:"
# YAML tells times, merge keys and two kinds of number apart; the manifest has no use for that.
_SCALARS = {
    **{f"{_YAML}{tag}": tag for tag in ("str", "bool", "null", "value")},
    **{f"{_YAML}{tag}": "str" for tag in ("timestamp", "merge")},
    **{f"{_YAML}{tag}": "number" for tag in ("int", "float")},
}
_SEQUENCES = {f"{_YAML}seq": "seq"}
_MAPPINGS = {f"{_YAML}map": "map"}


def compose(text: str, *, most: int = MOST) -> Node | None:
    """Return the text's root, or None where nothing is written.

    Args:
        text: What to compose.
        most: So many keys and values, and no more.

    Raises:
        UnreadableError: The text is not YAML, nested too deeply, or holds too many values.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = DEEPEST
    yaml.Composer = _Composer
    yaml.composer.warn_double_anchors = False
    yaml.composer.left = most
    try:
        return _Tree().node(yaml.compose(text))
    except UnreadableError:
        raise
    except MaxDepthExceededError as error:
        raise too_deep(error.problem_mark.line + 1, error.problem_mark.column + 1) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise not_yaml(line, column, str(error.problem or error.context or "this is not YAML")) from None
    except Exception:  # noqa: BLE001 - on malformed text ruamel also raises ValueError, AssertionError, IndexError, ...
        raise not_yaml(yaml.reader.line + 1, yaml.reader.column + 1) from None


class _Composer(Composer):
    """Composes so many nodes and no more."""

    left = MOST

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - as above
        self.left -= 1
        if self.left < 0:
            mark = self.parser.peek_event().start_mark
            raise too_many(mark.line + 1, mark.column + 1)
        return super().compose_node(parent, index)


class _Tree:
    """Makes nodes of ours from ruamel's; what an alias repeats is one node in both."""

    def __init__(self) -> None:
        self._made: dict[int, Node | None] = {}

    def node(self, raw: Any) -> Node | None:  # noqa: ANN401 - ruamel is untyped
        return None if raw is None else self._node(raw)

    def _node(self, raw: Any) -> Node:  # noqa: ANN401 - ruamel is untyped
        line, column = raw.start_mark.line + 1, raw.start_mark.column + 1
        if id(raw) in self._made:
            made = self._made[id(raw)]
            if made is None:  # it holds itself
                raise too_deep(line, column)
            return made
        self._made[id(raw)] = None
        tag, place = str(raw.tag), (line, column, raw.start_mark.index, raw.end_mark.index)
        node: Node
        if isinstance(raw, ScalarNode):
            node = Scalar(_SCALARS.get(tag, tag), raw.value, *place)
        elif isinstance(raw, MappingNode):
            pairs = tuple((self._node(key), self._node(value)) for key, value in raw.value)
            node = Mapping(_MAPPINGS.get(tag, tag), pairs, *place, bool(raw.flow_style))
        else:
            elements = tuple(self._node(element) for element in raw.value)
            node = Sequence(_SEQUENCES.get(tag, tag), elements, *place, bool(raw.flow_style))
        self._made[id(raw)] = node
        return node
