"""Names as Pulumi spells them and as GitHub does: `requireLastPushApproval`, `require_last_push_approval`."""

from __future__ import annotations

import re
from collections.abc import Mapping

_IRREGULAR = {
    "requiredChecks": "required_status_checks",
    "requiredCodeScanningTools": "code_scanning_tools",
    "includes": "include",
    "excludes": "exclude",
}
_REGULAR = {github: pulumi for pulumi, github in _IRREGULAR.items()}


def to_github(value: object) -> object:
    """Return a value with the names in it as GitHub spells them."""
    if isinstance(value, Mapping):
        return {snake(name): to_github(inner) for name, inner in value.items()}
    return [to_github(element) for element in value] if isinstance(value, list | tuple) else value


def to_pulumi(value: object) -> object:
    """Return a value with the names in it as Pulumi spells them; what is null is left out."""
    if isinstance(value, Mapping):
        return {camel(name): to_pulumi(inner) for name, inner in value.items() if inner is not None}
    return [to_pulumi(element) for element in value] if isinstance(value, list | tuple) else value


def snake(name: str) -> str:
    """Return a name as GitHub spells it."""
    return _IRREGULAR.get(name) or re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def camel(name: str) -> str:
    """Return the name of a property as Pulumi spells it."""
    return _REGULAR.get(name) or camel_rule(name)


def camel_rule(name: str) -> str:
    """Return the name of a rule as Pulumi spells it; none is irregular, though properties bear some of their names."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
