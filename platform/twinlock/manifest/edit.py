"""Add to the user's files without touching what the user wrote: comments, order, quotes and layout stay.

Entries are inserted as text at the places that the YAML reader tells; nothing is dumped. Callers parse the result
before they write it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.manifest import tree
from twinlock.manifest.composing import composed
from twinlock.manifest.document import read
from twinlock.manifest.mistake import InvalidManifest
from twinlock.manifest.parsing import PLATFORM, ROSTER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinlock.manifest.examples import ExamplePerson
    from twinlock.model.organization import Duty


def add_teams(platform_text: str, teams: Mapping[str, Duty]) -> str:
    """Return `platform.yaml` with teams added; those that stand there already are left alone.

    Raises:
        InvalidManifest: The text cannot be read.
    """
    entries = {slug: f"{{duty: {duty.value}}}" for slug, duty in teams.items()}
    return _with_entries(PLATFORM, platform_text, "teams", entries)


def add_people(roster_text: str, organization: str, people: Iterable[ExamplePerson]) -> str:
    """Return `roster.yaml` with invented people added; names that stand there already are left alone.

    Raises:
        InvalidManifest: The text cannot be read.
    """
    entries = {person.name: person.entry(organization) for person in people}
    return _with_entries(ROSTER, roster_text, "people", entries)


def set_pipelines_commit(platform_text: str, commit: str) -> str:
    """Return `platform.yaml` with another `pipelines.commit`.

    Raises:
        InvalidManifest: The text cannot be read, or has no `pipelines.commit`.
    """
    document = read(PLATFORM, platform_text.encode())
    node = _value(_value(_root(PLATFORM, platform_text), "pipelines"), "commit")
    if not isinstance(node, tree.Scalar) or not node.text:
        path = ("pipelines", "commit")
        raise InvalidManifest([document.mistake(path, "`pipelines.commit` is missing.", "Add it.")])
    return f'{platform_text[: node.start]}"{commit}"{platform_text[node.end :]}'


def _with_entries(file: str, text: str, key: str, entries: Mapping[str, str]) -> str:
    root = _root(file, text)
    holder = _value(root, key)
    known = {_name(name) for name, _ in _pairs(holder)}
    new = {name: value for name, value in entries.items() if name not in known}
    if not new:
        return text
    if isinstance(holder, tree.Mapping) and holder.flow:
        return _in_flow(text, holder, new)
    newline = "\r\n" if "\r\n" in text else "\n"
    if isinstance(holder, tree.Mapping):
        indent, at = holder.pairs[0][0].column - 1, _end_of_line(text, _last(holder).end)
        head = ""
    else:
        holding = next((name for name, _ in _pairs(root) if _name(name) == key), None)
        at = len(text) if holding is None else _end_of_line(text, holding.end)
        indent, head = 2, f"{key}:{newline}" if holding is None else ""
    lines = head + "".join(f"{' ' * indent}{name}: {value}{newline}" for name, value in new.items())
    begin = "" if text[:at].endswith("\n") or not at else newline
    return f"{text[:at]}{begin}{lines}{text[at:]}"


def _in_flow(text: str, holder: tree.Mapping, new: Mapping[str, str]) -> str:
    at = holder.end - 1
    inside = text[holder.start + 1 : at]
    comma = ", " if holder.pairs and not inside.rstrip().endswith(",") else ""
    return f"{text[:at]}{comma}{', '.join(f'{name}: {value}' for name, value in new.items())}{text[at:]}"


def _root(file: str, text: str) -> tree.Node | None:
    document = read(file, text.encode())
    if document.mistakes:
        raise InvalidManifest(document.mistakes)
    return composed(text)


def _pairs(node: tree.Node | None) -> tuple[tuple[tree.Node, tree.Node], ...]:
    return node.pairs if isinstance(node, tree.Mapping) else ()


def _name(key: tree.Node) -> str:
    return key.text if isinstance(key, tree.Scalar) else ""


def _value(node: tree.Node | None, key: str) -> tree.Node | None:
    return next((value for name, value in _pairs(node) if _name(name) == key), None)


def _last(node: tree.Node) -> tree.Node:
    """Return the node written last within a block: the end of a block itself lies behind the comments that follow."""
    while not isinstance(node, tree.Scalar) and not node.flow:
        inner = [value for _, value in node.pairs] if isinstance(node, tree.Mapping) else node.elements
        if not inner:
            break
        node = inner[-1]
    return node


def _end_of_line(text: str, index: int) -> int:
    """Return where the line after the one at `index` begins."""
    if index and text[index - 1] == "\n":  # a block scalar ends behind its last line
        return index
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1
