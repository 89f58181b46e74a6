"""Reactions, as GitHub writes them; nobody reacts in this world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonObject

_KINDS: Final = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def no_reactions(url: str) -> JsonObject:
    """Return the reactions to what has this address."""
    return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(_KINDS, 0)}
