"""How REST moves a ref: the rules are asked, new objects come in, the ref moves, everything follows.

Called by the routes of refs, contents, branches and merges, so that none of them can leave one of these out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.ref_moves import RefMove, ref_moved
from twinlock_world.github.ruling import enforce

if TYPE_CHECKING:
    from twinlock_world.git_incoming import Incoming
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.ruling import Change
    from twinlock_world.github.site import Site


def change_ref(site: Site, identity: Identity, change: Change, room: Incoming | None = None, *, status: int) -> None:
    """Move, make or delete a ref; `room` holds the objects that come with it.

    Raises:
        RefusedError: The rules forbid it; with `status`.
        ConflictError: The ref is not where the change begins.
    """
    enforce(site, identity, change, objects=None if room is None else room.objects, status=status)
    if room is not None:
        room.adopt()
    site.objects.update_ref(change.ref, change.new, change.old)
    ref_moved(site, RefMove(change.ref, change.old, change.new, identity))
