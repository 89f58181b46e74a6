"""Bind a resource of the state to what took its name.

Where somebody deleted something and made another of the same name, a refresh finds it gone, and its creation is
refused, because the name is taken. The embedded engine corrects the one that bears the name; here the state is told its
id first, and the refresh that follows reads what it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from twinlock.engine import checkpoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinlock.engine.port import Stack


@dataclass(frozen=True, slots=True)
class Bound:
    """A resource as the state knows it.

    Attributes:
        urn: Pulumi's name for it.
        type: Its type.
        id: What the state takes it for; empty where its creation did not end.
        inputs: What was declared.
        provider: The URN of its provider.
        since: Before when its creation cannot have begun; none where that is not known.
    """

    urn: str
    type: str
    id: str
    inputs: Mapping[str, object] = field(repr=False)
    provider: str = ""
    since: str | None = None


class Finder(Protocol):
    """Tells what took a resource's name."""

    def __call__(self, stack: Stack, resources: Sequence[Bound]) -> Mapping[str, str]:
        """Return the id of what bears its name now, by URN, for each resource that is gone and whose name is taken.

        For one whose creation did not end it is what that creation made.

        Raises:
            Incomplete: It cannot be read.
        """


def nothing(stack: Stack, resources: Sequence[Bound]) -> Mapping[str, str]:
    """Find nothing."""
    del stack, resources
    return {}


def bound(content: bytes) -> tuple[Bound, ...]:
    """Return the resources of a checkpoint that providers manage.

    Raises:
        BadInput: It is none.
    """
    resources = checkpoint.deployment(content).get("resources", [])
    return tuple(
        Bound(str(each["urn"]), str(each.get("type", "")), str(each["id"]), each.get("inputs") or {})
        for each in resources
        if each.get("custom") and each.get("id") and not each.get("delete") and not each.get("external")
    )


def rebound(exported: str, ids: Mapping[str, str]) -> str:
    """Return an exported stack in which these resources have other ids.

    Pulumi's bridge reads by the `id` among the outputs, where there is one.
    """
    document = json.loads(exported)
    for resource in document["deployment"].get("resources", []):
        if resource["urn"] in ids and not resource.get("delete"):
            resource["id"] = ids[resource["urn"]]
            if "id" in resource.get("outputs", {}):
                resource["outputs"]["id"] = resource["id"]
    return json.dumps(document)
