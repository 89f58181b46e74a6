"""Checkpoints of Pulumi's state: whether one is what the last run left, and what somebody changed in it.

Whoever writes the state decides what the engine takes for real: a forged checkpoint is the strongest bypass
(facts/delivery-and-aws.md, "State-bucket write = power to forge reality"). So the digest of each checkpoint is written
to the journal after each run, and the next run begins only on that one. Values are never shown: a checkpoint
holds secrets, and those that a provider forgot to mark.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from twinlock.errors import BadInput, Incomplete

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_NOTED: Final = frozenset({"sourcePosition", "stackTrace"})
"""What Pulumi notes of where a resource is declared: a run from elsewhere notes another place for the same."""
_UNORDERED: Final = frozenset({"dependencies", "propertyDependencies"})
_DEEPEST: Final = 200
"""Levels of a checkpoint; beyond, a path is told no further."""


class Standing(Enum):
    """How a checkpoint stands to what the journal says of it."""

    NEW = "new"  # there is none, and no run is recorded
    UNRECORDED = "unrecorded"  # there is one of which no run is recorded: made by plain Pulumi, or before the journal
    AS_LEFT = "as left"
    INTERRUPTED = "interrupted"  # the last run began and did not end: what it left is its own
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the journal says of one stack's checkpoint.

    Attributes:
        digest: What the last run that ended has left; none where no run has.
        begun: Whether a run began after that and did not end.
    """

    digest: str | None = None
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that is another than before.

    Attributes:
        urn: Pulumi's name for it.
        what: `added`, `removed` or `changed`.
        paths: What of it changed, without the values.
    """

    urn: str
    what: str
    paths: tuple[str, ...] = ()


def deployment(content: bytes) -> Mapping[str, Any]:
    """Return the deployment in a checkpoint file or in an exported stack.

    Raises:
        BadInput: It is neither.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _unreadable("It is no JSON.") from error
    found = document if isinstance(document, dict) else {}
    inner = found.get("checkpoint")
    held = inner.get("latest") if isinstance(inner, dict) else found.get("deployment")
    if held is None and isinstance(inner, dict):
        return {}  # a stack that was made and never run
    if not isinstance(held, dict) or not isinstance(held.get("resources", []), list):
        raise _unreadable("It holds no deployment.")
    return held


def digest(content: bytes) -> str:
    """Return the digest of a checkpoint: the same for its file and for its export.

    Raises:
        BadInput: It is no checkpoint.
    """
    canonical = json.dumps(deployment(content), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def resources(content: bytes) -> int:
    """Return how many resources a checkpoint holds, without what is Pulumi's own: stacks, components, providers.

    Raises:
        BadInput: It is no checkpoint.
    """
    held = _resources(content).values()
    return sum(each.get("custom") is True and not str(each.get("type")).startswith("pulumi:") for each in held)


def standing(recorded: Recorded, found: str | None) -> Standing:
    """Return how a checkpoint stands to what is recorded of it.

    Args:
        recorded: What the journal says.
        found: The checkpoint's digest; None where there is none.
    """
    if found == recorded.digest:
        return Standing.NEW if found is None else Standing.AS_LEFT
    if recorded.begun:
        return Standing.INTERRUPTED
    if recorded.digest is None:
        return Standing.UNRECORDED
    return Standing.GONE if found is None else Standing.CHANGED


def require_trusted(stack: str, found: Standing, changes: Sequence[Change] | None = None) -> None:
    """Refuse to run on a checkpoint that no run of ours has left.

    Args:
        stack: `program/group`.
        found: How it stands.
        changes: What changed in it, where the checkpoint as it was left is still known.

    Raises:
        Incomplete: It was changed or removed outside a run, or no run is recorded of it.
    """
    match found:
        case Standing.CHANGED:
            why = f"Its checkpoint was changed outside a run: {_told(changes)}."
        case Standing.GONE:
            why = "Its checkpoint was removed outside a run."
        case Standing.UNRECORDED:
            why = "It has a checkpoint of which no run is recorded here."
        case _:
            return
    raise Incomplete(
        f"{stack} was not run.",
        why,
        f"Find out who did that. If it was right: `twinlock state accept {stack}`, which the journal records.",
    )


def changes(before: bytes, after: bytes) -> Sequence[Change]:
    """Return what differs between two checkpoints, resource by resource, without the values.

    Where a resource is declared, and in which order it depends on others, is no difference.

    Raises:
        BadInput: One is no checkpoint.
    """
    old, new = _resources(before), _resources(after)
    found = [Change(urn, "removed") for urn in old if urn not in new]
    found += [Change(urn, "added") for urn in new if urn not in old]
    for urn, resource in new.items():
        if urn in old and not _same(old[urn], resource):
            found.append(Change(urn, "changed", tuple(sorted(_paths(old[urn], resource)))))
    return sorted(found, key=lambda change: (change.urn, change.what))


def _resources(content: bytes) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for resource in deployment(content).get("resources", []):
        if not isinstance(resource, dict) or not isinstance(resource.get("urn"), str):
            raise _unreadable("A resource in it has no name.")
        # One that waits for its deletion stands beside its replacement, under the same name.
        found[resource["urn"] + (" (to be deleted)" if resource.get("delete") else "")] = _essence(resource)
    return found


def _essence(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = ((key, value) for key, value in resource.items() if key not in _NOTED)
    return {key: _sorted(value) if key in _UNORDERED else value for key, value in kept}


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(each) for key, each in value.items()}
    return sorted(value, key=json.dumps) if isinstance(value, list) else value


def _paths(old: object, new: object, path: str = "", level: int = 0) -> Iterator[str]:
    if _same(old, new):
        return
    if level < _DEEPEST and isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            missing = key not in old or key not in new
            below = f"{path}.{key}" if path else key
            yield from [below] if missing else _paths(old[key], new[key], below, level + 1)
    elif level < _DEEPEST and isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from _paths(left, right, f"{path}[{at}]", level + 1)
    else:
        yield path


def _same(old: object, new: object) -> bool:
    # As JSON: to Python, true and 1 are equal.
    return json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


def _told(found: Iterable[Change] | None) -> str:
    if found is None:
        return "what it was before is not known any more"
    said = [f"{each.what} {each.urn}" + (f" ({', '.join(each.paths)})" if each.paths else "") for each in found]
    return "; ".join(said) or "nothing of its resources, but what Pulumi notes beside"


def _unreadable(why: str) -> BadInput:
    return BadInput("The checkpoint cannot be read.", why, "Restore it from the backend's backups.")
