"""Creations of which nobody knows whether they were done: the engine was killed in them, or their answer was lost.

Pulumi writes down that it begins to create something, and forgets it when the provider reports an error. Where GitHub
had created it all the same, every later run is refused because the name is taken. So what failed without a refusal is
kept beside the state, and the next run is told the id of what is there under that name, as if it had been created. The
refresh that follows reads what it is. The embedded engine takes over what it finds in the same two cases, and no other.

Source of a checkpoint's operations: `sdk/go/common/apitype/core.go` (`OperationV2`) in pulumi/pulumi.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from twinlock.engine import checkpoint
from twinlock.engine.pulumi.rebinding import Bound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pulumi.automation.events import StepEventMetadata, StepEventStateMetadata

    from twinlock.engine.pulumi.progress import Problem

_PENDING: Final = "pending_operations"
_CREATING: Final = "creating"
_REFUSED: Final = re.compile(r": 4\d\d |It exists already, and this stack did not create it\.")
"""How GitHub's provider and ours report that nothing was created.

Source: `ErrorResponse.Error` in google/go-github; `provider.server.lifecycle`.
"""
_TAKEN: Final = re.compile(r"already[ _]exists|must be unique|\bUnique\b", re.IGNORECASE)
"""What GitHub says of a name that is taken: by somebody, or by the first attempt of the very request, whose answer was
lost or was an error. Who it was is told by when it was made."""


def begun(content: bytes, kept: str = "") -> tuple[Bound, ...]:
    """Return the resources whose creation has begun, and that a checkpoint does not hold; they have no id.

    Args:
        content: The checkpoint.
        kept: What earlier runs could not tell, as `noted` writes it.

    Raises:
        BadInput: It is no checkpoint.
    """
    return tuple(
        Bound(str(each["urn"]), str(each.get("type", "")), "", each.get("inputs") or {}, _of(each), each.get("created"))
        for each in _creations(checkpoint.deployment(content), kept)
    )


def settled(exported: str, ids: Mapping[str, str], kept: str = "") -> str:
    """Return an exported stack that holds what creations have made that did not end.

    Args:
        exported: The stack.
        ids: The ids of what was created, by URN. What is not among them was not.
        kept: As for `begun`.
    """
    document = json.loads(exported)
    held = document["deployment"]
    known = held.setdefault("resources", [])
    versions = {each["type"]: each["outputs"]["__meta"] for each in known if "__meta" in (each.get("outputs") or {})}
    known += [_created(each, ids[each["urn"]], versions) for each in _creations(held, kept) if each["urn"] in ids]
    held.pop(_PENDING, None)
    return json.dumps(document)


def noted(kept: str, failed: Iterable[StepEventMetadata], problems: Sequence[Problem], since: str) -> str:
    """Return, to be kept for the next run, the creations that failed and may have been done nevertheless.

    Args:
        kept: What earlier runs have left.
        failed: The creations that failed.
        problems: What the engine reported.
        since: When the run began, in UTC.
    """
    found = {each["urn"]: each for each in _kept(kept)}
    for step in failed:
        if step.new is not None and step.new.custom and _may_be_done(step.urn, problems):
            found.setdefault(step.urn, _declared(step, step.new, since))
    return json.dumps(list(found.values())) if found else ""


def _may_be_done(urn: str, problems: Sequence[Problem]) -> bool:
    said = [problem.message for problem in problems if problem.urn == urn]
    return not any(_REFUSED.search(message) and not _TAKEN.search(message) for message in said)


def _creations(held: Mapping[str, Any], kept: str) -> list[Mapping[str, Any]]:
    names = {each["urn"] for each in held.get("resources") or [] if not each.get("delete")}
    begun = [each["resource"] for each in held.get(_PENDING) or [] if each.get("type") == _CREATING]
    found = {each["urn"]: each for each in (*_kept(kept), *begun) if each.get("custom")}
    return [each for urn, each in found.items() if urn not in names]


def _kept(text: str) -> list[Mapping[str, Any]]:
    # Whatever else stands there was not written by us, and tells nothing.
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return []
    return [each for each in found if isinstance(each, dict) and "urn" in each] if isinstance(found, list) else []


def _of(resource: Mapping[str, Any]) -> str:
    return str(resource.get("provider") or "").rpartition("::")[0]


def _created(resource: Mapping[str, Any], id_: str, versions: Mapping[str, str]) -> dict[str, Any]:
    inputs = resource.get("inputs") or {}
    outputs = {name: value for name, value in inputs.items() if not name.startswith("__")} | {"id": id_}
    if resource["type"] in versions:
        outputs["__meta"] = versions[resource["type"]]
    return {**resource, "id": id_, "outputs": outputs}


def _declared(step: StepEventMetadata, state: StepEventStateMetadata, since: str) -> dict[str, Any]:
    known = {
        "urn": step.urn,
        "custom": True,
        "type": step.type,
        "inputs": dict(state.inputs or {}),
        "parent": state.parent,
        "provider": state.provider,
        "created": since,
    }
    return {name: value for name, value in known.items() if value}
