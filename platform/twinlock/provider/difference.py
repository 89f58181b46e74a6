"""What differs between live properties and declared ones, in words.

Only what is declared is compared: GitHub and AWS add computed properties to every answer. Lists are compared without
regard to order, because those of settings are sets on the wire.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlock.engine.result import FieldChange
from twinlock.engine.wording import worded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.provider.port import Properties


def changes(live: Properties, declared: Properties) -> tuple[FieldChange, ...]:
    """Return every declared property that live holds differently, in the order they are declared."""
    return tuple(_changes(live, declared, ""))


def _changes(live: Properties, declared: Properties, prefix: str) -> Iterator[FieldChange]:
    for name, wanted in declared.items():
        found = live.get(name)
        if isinstance(wanted, Mapping) and isinstance(found, Mapping):
            yield from _changes(found, wanted, f"{prefix}{name}.")
        elif _canonical(found) != _canonical(wanted):
            yield FieldChange(f"{prefix}{name}", worded(found), worded(wanted))


def same(one: object, other: object) -> bool:
    """Return whether two values are equal, whatever the order of their lists."""
    return _canonical(one) == _canonical(other)


def _canonical(value: object) -> str:
    return json.dumps(_sorted(value), sort_keys=True)


def _sorted(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _sorted(element) for name, element in value.items()}
    if isinstance(value, list | tuple):
        return sorted((_sorted(element) for element in value), key=lambda element: json.dumps(element, sort_keys=True))
    # Pulumi's wire turns every number into a float.
    return int(value) if isinstance(value, float) and value.is_integer() else value
