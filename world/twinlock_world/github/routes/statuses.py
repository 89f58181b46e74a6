"""Commit statuses: posted, listed, and all of a commit's as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import Level, RepositoryNeed, Role
from twinlock_world.github.bodies.status import combined_status, status_body
from twinlock_world.github.call import Reply
from twinlock_world.github.checks import latest_statuses, statuses_of
from twinlock_world.github.errors import invalid
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.site import Site
from twinlock_world.github.statuses import STATES, CommitStatus, combined_state, post_status

if TYPE_CHECKING:
    from twinlock_world.store import Record

_READ: Final = RepositoryNeed("statuses", Level.READ, Role.PULL)
_WRITE: Final = RepositoryNeed("statuses", Level.WRITE, Role.PUSH)


def create_status(call: RepositoryCall) -> Reply:
    """Post a status of a commit."""
    body = call.body()
    asked = CommitStatus(
        body.choice("state", STATES),
        body.text("context", "default"),
        body.optional_text("description"),
        body.optional_text("target_url"),
    )
    site = Site.of(call)
    made = post_status(site, call.caller(), call.params["sha"], asked)
    document = status_body(site, made)
    return Reply(201, document, {"location": str(document["url"])})


def list_statuses(call: RepositoryCall) -> Reply:
    """Return all statuses of a commit, newest first."""
    site = Site.of(call)
    return call.page(_statuses(call)[::-1], lambda status: status_body(site, status))


def show_combined(call: RepositoryCall) -> Reply:
    """Return what the newest statuses of a commit amount to."""
    newest = latest_statuses(_statuses(call))
    shown = call.page(newest, lambda status: status.id)
    wanted = shown.body if isinstance(shown.body, list) else []
    on_page = [status for status in newest if status.id in wanted]
    body = combined_status(Site.of(call), _sha(call), combined_state(newest), on_page, len(newest))
    return Reply(200, body, shown.headers)


def _statuses(call: RepositoryCall) -> list[Record]:
    return statuses_of(call.store, call.repository, _sha(call))


def _sha(call: RepositoryCall) -> str:
    found = call.objects.resolve(call.params["ref"])
    if found is None:
        raise invalid(f"No commit found for SHA: {call.params['ref']}")
    return found


ROUTES: Final = (
    *REPOSITORY.post("/statuses/{sha}", _WRITE, create_status),
    *REPOSITORY.get("/statuses/{ref...}", _READ, list_statuses),
    *REPOSITORY.get("/commits/{ref...}/statuses", _READ, list_statuses),
    *REPOSITORY.get("/commits/{ref...}/status", _READ, show_combined),
)
