"""Tell Pulumi's state of resources that it is to take over, or that are somewhere else than it knows.

`pulumi import` would need every provider in the state beforehand, with its credentials. And the option `import` of a
resource refuses one whose settings are not as declared yet, which is just what a preview is to show. So the state is
told what `pulumi import` would tell it; the refresh at the beginning of every run reads what is live, and the program
is compared with that.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twinlock.engine import imports
from twinlock.engine.pulumi import unended
from twinlock.engine.pulumi.rebinding import rebound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from twinlock.engine.imports import Existing
    from twinlock.engine.port import Stack

_STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a stack's state has to be told before a run.

    Attributes:
        moved: Ids of what took the names of resources that are gone, and of what may have been made, by URN.
        kept: Creations of which earlier runs could not tell whether they were done; see `unended`.
        imports: What is to be taken over.
    """

    moved: Mapping[str, str]
    kept: str = ""
    imports: Sequence[Existing] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return bool(self.moved or self.imports)

    def into(self, exported: str, stack: Stack) -> str:
        """Return an exported stack that knows all of it."""
        if self.moved:
            exported = unended.settled(rebound(exported, self.moved), self.moved, self.kept)
        return adopted(exported, stack, self.imports)


def pending(stack: Stack, known: Iterable[str]) -> tuple[Existing, ...]:
    """Return what a stack takes over that its state does not hold yet; `known` are the URNs in it."""
    held = set(known)
    return tuple(each for each in stack.imports if imports.urn(stack.project, stack.group, each) not in held)


def adopted(exported: str, stack: Stack, taken: Sequence[Existing]) -> str:
    """Return an exported stack that holds resources as `pulumi import` would have left them.

    They are retained on deletion until the program has declared them: what an import names and nobody declares is let
    go, and not deleted.
    """
    if not taken:
        return exported
    document = json.loads(exported)
    deployment = document.setdefault("deployment", {})
    resources: list[dict[str, Any]] = deployment.setdefault("resources", None) or []
    held = {str(each["urn"]): each for each in resources if not each.get("delete")}
    for each in taken:
        for resource in _with_surroundings(stack, each, held):
            held[resource["urn"]] = resource
            resources.append(resource)
    deployment["resources"] = resources
    return json.dumps(document)


def _with_surroundings(
    stack: Stack, existing: Existing, held: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield a resource, and before it what the state needs around it and lacks: stack, provider, components."""
    root = f"urn:pulumi:{stack.group}::{stack.project}::{_STACK}::{stack.project}-{stack.group}"
    if root not in held:
        yield {"urn": root, "custom": False, "type": _STACK}
    provider = imports.provider_urn(stack.project, stack.group, existing)
    provider_id = held[provider]["id"] if provider in held else str(uuid.uuid4())
    if provider not in held:
        # Without its inputs: they hold credentials, and the program gives them to each run anew.
        type_ = f"pulumi:providers:{existing.package}"
        yield {"urn": provider, "custom": True, "id": provider_id, "type": type_, "parent": root}
    above = root
    urns = imports.component_urns(stack.project, stack.group, existing)
    for (type_, _), component in zip(existing.parents, urns, strict=True):
        if component not in held:
            yield {"urn": component, "custom": False, "type": type_, "parent": above}
        above = component
    yield {
        "urn": imports.urn(stack.project, stack.group, existing),
        "custom": True,
        "id": existing.id,
        "type": existing.type,
        "inputs": {},
        "outputs": {"id": existing.id, **existing.known},
        "parent": above,
        "provider": f"{provider}::{provider_id}",
        "retainOnDelete": True,
    }
