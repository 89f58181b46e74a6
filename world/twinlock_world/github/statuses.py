"""Commit statuses: what anybody with write access, or an app, says of a commit under a context.

Functions, not routes: REST and Actions both call them. A status is never changed; a newer one of its context stands
before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import App
from twinlock_world.github.bodies.status import status_event
from twinlock_world.github.checks import STATUS, ensure_commit, statuses_of
from twinlock_world.github.errors import GitHubError, invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Record

STATES: Final = ("error", "failure", "pending", "success")
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """A status as it is posted."""

    state: str
    context: str = "default"
    description: str | None = None
    target_url: str | None = None


def post_status(site: Site, identity: Identity, sha: str, status: CommitStatus) -> Record:
    """Post a status of a commit.

    Raises:
        GitHubError: 422, there is no such commit, or it has a thousand statuses of this context.
    """
    if site.objects.commit(sha) is None:
        raise invalid(f"No commit found for SHA: {sha}")
    held = statuses_of(site.store, site.repository, sha)
    if sum(record.fields.text("context") == status.context for record in held) >= _MOST:
        message = "This SHA and context has reached the maximum number of statuses."
        raise GitHubError(422, "Validation Failed", [{"resource": "Status", "code": "custom", "message": message}])
    commit = ensure_commit(site.store, site.repository, sha)
    document: JsonObject = {
        "sha": sha,
        "state": status.state,
        "context": status.context,
        "description": status.description,
        "target_url": status.target_url,
        "creator": identity.id,
        "app_id": identity.id if isinstance(identity, App) else None,
    }
    made = site.store.insert(STATUS, str(len(held) + 1), document, parent=commit.id)
    site.publish("status", None, identity, status_event(site, made))
    return made


def combined_state(statuses: Sequence[Record]) -> str:
    """Return what the newest statuses of all contexts amount to; pending where there is none."""
    states = {status.fields.text("state") for status in statuses}
    if states & {"failure", "error"}:
        return "failure"
    return "success" if states == {"success"} else "pending"
