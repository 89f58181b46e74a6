"""Properties of a resource as plain values: all that the engine compares, without Pulumi."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, final


@final
class Unknown:
    """The type of `UNKNOWN`."""

    def __repr__(self) -> str:
        """Return what people read in place of the value."""
        return "(known after apply)"


UNKNOWN: Final = Unknown()
"""A value that only an apply can give: the id of what does not exist yet."""


@dataclass(frozen=True, slots=True)
class Properties:
    """Properties of one resource.

    Attributes:
        values: Plain values under Pulumi's names.
        secret: The top-level properties that hold a secret.
    """

    values: Mapping[str, object] = field(repr=False)
    secret: frozenset[str] = frozenset()


def has_unknown(value: object) -> bool:
    """Return whether a value is not, or not wholly, known."""
    if isinstance(value, Mapping):
        return any(has_unknown(element) for element in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(element) for element in value)
    return isinstance(value, Unknown)
