"""Values of properties in words."""

from __future__ import annotations

from collections.abc import Mapping


def worded(value: object) -> str:
    """Return a value as a person reads it: lists sorted, `none` for an empty one, `absent` where there is no value."""
    if value is None:
        return "absent"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(sorted(worded(element) for element in value)) or "none"
    if isinstance(value, Mapping):
        return " ".join(worded(element) for _, element in sorted(value.items())) or "none"
    if isinstance(value, float) and value.is_integer():
        # Pulumi's wire turns every number into a float.
        return str(int(value))
    return str(value) or "none"
