"""Who last pushed to each branch: the one whose own approval is none of the newest changes.

Git doesn't know it: a commit's author and committer are whoever the pusher says they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.git_objects import ABSENT
from twinlock_world.github.pulls.pull import HEADS

if TYPE_CHECKING:
    from twinlock_world.github.ref_moves import RefMove
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject

PUSHED: Final = "pushed_branch"


def remember_pusher(site: Site, move: RefMove) -> None:
    """Note who moved a branch; of one that is gone nothing is kept."""
    if not move.ref.startswith(HEADS):
        return
    held = site.store.find(PUSHED, move.ref, parent=site.repository.id)
    if move.after == ABSENT:
        if held is not None:
            site.store.delete(held)
        return
    document: JsonObject = {"sha": move.after, "pusher": None if move.actor is None else move.actor.id}
    site.store.put(PUSHED, move.ref, document, parent=site.repository.id)


def pusher_of(site: Site, branch: str, sha: str) -> int | None:
    """Return who brought a branch to where it is, if that is known."""
    held = site.store.find(PUSHED, HEADS + branch, parent=site.repository.id)
    if held is None or held.fields.text("sha") != sha or not held.fields.given("pusher"):
        return None
    return held.fields.number("pusher")
