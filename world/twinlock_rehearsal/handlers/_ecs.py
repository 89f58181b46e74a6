"""Tags as ECS takes them: in small letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_rehearsal.aws import as_list

if TYPE_CHECKING:
    from twinlock.provider.port import Properties


def ecs_tags(inputs: Properties) -> list[dict[str, str]] | None:
    """Return declared tags; None where there are none."""
    found = as_list(inputs.get("tags"))
    return [{"key": tag["Key"], "value": tag["Value"]} for tag in found] if found else None
