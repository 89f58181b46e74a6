"""In which order resources are deleted, and which may not be."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from twinlock_rehearsal.state import ResourceState


def in_reverse(resources: Mapping[str, ResourceState]) -> Sequence[ResourceState]:
    """Return resources so that each comes before all it depends on, the youngest first where nothing else decides."""
    youngest_first = list(resources.values())[::-1]
    dependents = {resource.urn: set[str]() for resource in youngest_first}
    for resource in youngest_first:
        for urn in resource.dependencies:
            if urn in dependents:
                dependents[urn].add(resource.urn)
    try:
        return [resources[urn] for urn in TopologicalSorter(dependents).static_order()]
    except CycleError:
        # Only a program that swapped a dependency while it was interrupted leaves one behind.
        return youngest_first


def refuse_protected(stack: str, resources: Iterable[ResourceState]) -> None:
    """Refuse to go on if anything that is to be deleted is protected.

    Raises:
        Incomplete: Something is.
    """
    names = sorted(f"{resource.type} {resource.name}" for resource in resources if resource.protect)
    if names:
        raise Incomplete(
            f"{stack}: nothing was deleted.",
            f"Protected: {', '.join(names)}.",
            "Take away its protection in the program and run `twinlock up`, then run the same command again.",
        )
