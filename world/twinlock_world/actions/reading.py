"""Reading nodes of a workflow file by type, with GitHub's sentence for what is wrong at a place. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock_world.actions.document import DocumentError, Items, Node, Scalar, Table

if TYPE_CHECKING:
    from collections.abc import Collection

    from twinlock_world.jsonvalue import JsonObject, JsonValue


def table(node: Node) -> Table:
    """Return a mapping; an empty one where nothing is written.

    Raises:
        DocumentError: It is something else.
    """
    if isinstance(node, Table):
        return node
    if isinstance(node, Scalar) and node.value is None:
        return Table((), node.place)
    raise DocumentError(node.place, f"Unexpected value '{_shown(node)}'")


def text(node: Node) -> str:
    """Return a single value as it is written.

    Raises:
        DocumentError: It is no single value.
    """
    if isinstance(node, Scalar):
        return node.text
    raise DocumentError(node.place, f"A {_kind(node)} was not expected")


def texts(node: Node) -> tuple[str, ...]:
    """Return a list of values, or the one that stands alone.

    Raises:
        DocumentError: It is something else.
    """
    if isinstance(node, Items):
        return tuple(text(item) for item in node)
    return (text(node),)


def _shown(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _kind(node: Node) -> str:
    return "sequence" if isinstance(node, Items) else "mapping"


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping of which all keys are known."""

    table: Table

    @classmethod
    def of(cls, node: Node, known: Collection[str]) -> Section:
        """Return a mapping whose keys are all among `known`.

        Raises:
            DocumentError: It is no mapping, or has another key.
        """
        found = table(node)
        for entry in found:
            if entry.key not in known:
                raise DocumentError(entry.place, f"Unexpected value '{entry.key}'")
        return cls(found)

    def node(self, key: str) -> Node | None:
        """Return what stands at a key."""
        entry = self.table.find(key)
        return None if entry is None else entry.value

    def required(self, key: str) -> Node:
        """Return what must stand at a key.

        Raises:
            DocumentError: Nothing does.
        """
        entry = self.table.find(key)
        if entry is None:
            raise DocumentError(self.table.place, f"Required property is missing: {key}")
        return entry.value

    def text(self, key: str) -> str | None:
        """Return a single value as it is written, or nothing."""
        found = self.node(key)
        return None if found is None else text(found)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return a list of values, or nothing."""
        found = self.node(key)
        return None if found is None else texts(found)

    def flag(self, key: str) -> bool:
        """Return whether a key says true.

        Raises:
            DocumentError: It says neither true nor false.
        """
        found = self.node(key)
        if found is None:
            return False
        if isinstance(found, Scalar) and isinstance(found.value, bool):
            return found.value
        raise DocumentError(found.place, f"Unexpected value '{_shown(found)}'")

    def json(self, key: str) -> JsonValue:
        """Return the plain value at a key, or null."""
        found = self.node(key)
        return None if found is None else found.json()

    def object(self, key: str) -> JsonObject:
        """Return the plain mapping at a key, or an empty one."""
        found = self.node(key)
        return {} if found is None else table(found).json()

    def text_map(self, key: str) -> dict[str, str]:
        """Return a mapping of texts."""
        found = self.node(key)
        return {} if found is None else {entry.key: text(entry.value) for entry in table(found)}
