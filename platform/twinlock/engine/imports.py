"""What a stack takes over instead of creating: resources that were there before it, in Pulumi's import format.

Without an import an engine refuses what it did not create. So a file names each resource that may be taken over, and
people can read it before anything happens. The format is that of `pulumi import --file` (pulumi/pulumi v3.256,
`pkg/cmd/pulumi/operations/import.go`). `outputs` hold what a provider must know beside the id to read the resource;
with them Pulumi asks nobody while it imports, and the refresh of the next run reads what is live.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from twinlock.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DIRECTORY: Final = "imports"
"""Beneath the platform directory: `imports/PROGRAM/GROUP.json`."""

_DEEPEST: Final = 20
"""Components within components; nothing of ours comes near it."""
_PROVIDER: Final = "pulumi:providers:"

Component: TypeAlias = tuple[str, str]
"""Type and logical name."""


@dataclass(frozen=True, slots=True)
class Existing:
    """A resource that exists and may be taken over.

    Attributes:
        type: Resource type token.
        name: Its logical name in the program.
        id: What its provider knows it by.
        parents: The components around it, the outermost first.
        provider: Logical name of its provider.
        known: What its provider must know beside the id to read it.
    """

    type: str
    name: str
    id: str
    parents: tuple[Component, ...]
    provider: str
    known: Mapping[str, object] = field(default_factory=dict)

    @property
    def package(self) -> str:
        """The Pulumi package of its provider."""
        return self.type.partition(":")[0]


def urn(project: str, group: str, existing: Existing) -> str:
    """Return Pulumi's name for a resource of a stack."""
    return _urn(project, group, existing.parents, existing.type, existing.name)


def component_urns(project: str, group: str, existing: Existing) -> tuple[str, ...]:
    """Return Pulumi's names for the components around a resource, the outermost first."""
    return tuple(
        _urn(project, group, existing.parents[:depth], *component) for depth, component in enumerate(existing.parents)
    )


def provider_urn(project: str, group: str, existing: Existing) -> str:
    """Return Pulumi's name for a resource's provider."""
    return f"urn:pulumi:{group}::{project}::{_PROVIDER}{existing.package}::{existing.provider}"


def write(project: str, group: str, resources: Iterable[Existing]) -> str:
    """Return the import file of a stack."""
    table: dict[str, str] = {}
    entries: list[dict[str, object]] = []
    components: dict[tuple[Component, ...], str] = {}
    for each in resources:
        parent = ""
        for depth in range(1, len(each.parents) + 1):
            chain = each.parents[:depth]
            if chain not in components:
                components[chain] = _called(*chain[-1])
                entries.append(_component(chain[-1], components[chain], parent))
            parent = components[chain]
        provider = f"provider {each.provider}"
        table[provider] = provider_urn(project, group, each)
        entry = {"type": each.type, "name": _called(each.type, each.name), "logicalName": each.name, "id": each.id}
        parenthood = {"parent": parent} if parent else {}
        entries.append({**entry, **parenthood, "provider": provider, "outputs": {"id": each.id, **each.known}})
    return json.dumps({"nameTable": dict(sorted(table.items())), "resources": entries}, indent=2) + "\n"


def read(content: bytes, file: str) -> tuple[Existing, ...]:
    """Return what an import file names; components are told by their children.

    Args:
        content: The file.
        file: Its name, for messages.

    Raises:
        BadInput: It is no import file, or one that Pulumi alone could use.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise _refused(file, "It is no JSON.") from None
    match document:
        case {"resources": list(entries), "nameTable": {**names}}:
            table = {str(name): urn for name, urn in names.items()}
        case _:
            raise _refused(file, "It has no `nameTable` and `resources`.")
    named: dict[str, Mapping[str, object]] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or entry["name"] in named:
            raise _refused(file, "One of its resources has no name of its own.")
        named[entry["name"]] = entry
    return tuple(_existing(entry, named, table, file) for entry in named.values() if entry.get("component") is not True)


def _existing(
    entry: Mapping[str, object], named: Mapping[str, Mapping[str, object]], table: Mapping[str, object], file: str
) -> Existing:
    parents: list[Component] = []
    around = entry.get("parent")
    while around is not None:
        component = named.get(str(around))
        if component is None or component.get("component") is not True or len(parents) == _DEEPEST:
            raise _refused(file, f"`{entry['name']}` stands under {str(around)!r:.80}, which is no component of it.")
        parents.insert(0, (_text(component, "type", file), _logical(component, file)))
        around = component.get("parent")
    provider = str(table.get(_text(entry, "provider", file), "")).rpartition("::")[2]
    outputs = entry.get("outputs", {})
    if not provider or not isinstance(outputs, dict):
        raise _refused(file, f"`{entry['name']}` has no provider in the name table, or its `outputs` are no object.")
    known = {name: value for name, value in outputs.items() if name != "id"}
    type_, id_ = _text(entry, "type", file), _text(entry, "id", file)
    return Existing(type_, _logical(entry, file), id_, tuple(parents), provider, known)


def _logical(entry: Mapping[str, object], file: str) -> str:
    return _text(entry, "logicalName" if "logicalName" in entry else "name", file)


def _text(entry: Mapping[str, object], key: str, file: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise _refused(file, f"`{entry['name']}` has no `{key}`.")
    return value


def _component(component: Component, name: str, parent: str) -> dict[str, object]:
    entry: dict[str, object] = {"type": component[0], "name": name, "logicalName": component[1], "component": True}
    return entry | ({"parent": parent} if parent else {})


def _called(type_: str, name: str) -> str:
    """Return a name within the file: unique, where logical names are so for each type alone."""
    return f"{type_} {name}"


def _urn(project: str, group: str, parents: Sequence[Component], type_: str, name: str) -> str:
    types = "$".join([*(parent for parent, _ in parents), type_])
    return f"urn:pulumi:{group}::{project}::{types}::{name}"


def _refused(file: str, why: str) -> BadInput:
    return BadInput(
        f"{file} cannot be used.",
        why,
        "Restore it from the platform's repository; once everything was taken over, it can be deleted.",
    )
