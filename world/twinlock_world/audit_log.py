"""An organization's audit log: who changed what, kept in the transaction that made the change.

Settings are recorded from the routes that change them (`github.changes`), what happens to code from the events that
tell of it. Names and fields are those of GitHub's documentation, "Audit log events for your organization"
(docs.github.com, github/docs `src/audit-logs/data`). Read by `GET /orgs/{org}/audit-log`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import App, Identity, Organization, get_organization
from twinlock_world.github.repository import Repository, get_repository
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from twinlock_world.events import Event
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record, Store

AUDIT_ENTRY: Final = "audit_entry"

_OPERATIONS: Final = (
    ("create", ("create", "add", "invite", "enable", "submit", "approve")),
    ("remove", ("destroy", "remove", "delete", "cancel", "dismiss", "disable")),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done.

    Attributes:
        organization: Whose log it stands in.
        action: GitHub's name of it.
        actor: Who did it; nothing for the world itself.
        repository: Where, if in one.
        data: The fields that GitHub documents for the action.
    """

    organization: Organization
    action: str
    actor: Identity | None
    repository: Repository | None = None
    data: JsonObject = field(default_factory=dict)


def keep(store: Store, entry: Entry) -> Record:
    """Add an entry to the log, in the transaction that makes what it tells of."""
    moment = int(store.clock.now().timestamp() * 1000)
    name = secrets.token_urlsafe(16)
    document: dict[str, JsonValue] = {
        "@timestamp": moment,
        "_document_id": name,
        "action": entry.action,
        "created_at": moment,
        "operation_type": operation(entry.action),
        "org": entry.organization.login,
        "org_id": entry.organization.id,
        **_by(entry.actor),
        **_in(entry.repository),
        **entry.data,
    }
    return store.insert(AUDIT_ENTRY, name, document, parent=entry.organization.id)


def operation(action: str) -> str:
    """Return what kind of operation an action is, by the verb that its name begins with."""
    verb = action.rpartition(".")[2]
    return next((kind for kind, verbs in _OPERATIONS if verb.startswith(verbs)), "modify")


def keep_event(store: Store, event: Event) -> None:
    """Add the entries for an event; a recorder of the bus."""
    known = _OF_EVENTS.get((event.name, event.action))
    if known is None:
        return
    action, describe = known
    organization = get_organization(store, event.organization_id)
    repository = None if event.repository_id is None else get_repository(store, event.repository_id)
    if organization is None:
        return
    fields = Fields(event.payload)
    if (event.name, event.action) == ("pull_request", "closed") and _merged(fields):
        action = "pull_request.merge"
    keep(store, Entry(organization, action, event.actor, repository, describe(fields)))


def newest_first(store: Store, organization: Organization) -> Iterator[Record]:
    """Return an organization's entries, read as they are asked for."""
    return store.newest(AUDIT_ENTRY, organization.id)


def _by(actor: Identity | None) -> JsonObject:
    if actor is None:
        return {}
    bot = isinstance(actor, App)
    access = "GitHub App server-to-server token" if bot else "Personal access token (classic)"
    return {
        "actor": actor.login,
        "actor_id": actor.id,
        "actor_is_bot": bot,
        "programmatic_access_type": access,
    }


def _in(repository: Repository | None) -> JsonObject:
    if repository is None:
        return {}
    public = repository.visibility == "public"
    return {"repo": repository.full_name, "repo_id": repository.id, "public_repo": public}


def _merged(payload: Fields) -> bool:
    return payload.object("pull_request").raw.get("merged") is True


def _pull_request(payload: Fields) -> JsonObject:
    pull = payload.object("pull_request")
    return {
        "pull_request_id": pull.raw.get("id"),
        "pull_request_title": pull.raw.get("title"),
        "pull_request_url": pull.raw.get("html_url"),
    }


def _review(payload: Fields) -> JsonObject:
    return {**_pull_request(payload), "review_id": payload.object("review").raw.get("id")}


def _run(payload: Fields) -> JsonObject:
    run = payload.object("workflow_run").raw
    names = ("event", "head_branch", "head_sha", "name", "run_number", "workflow_id", "conclusion")
    return {"workflow_run_id": run.get("id"), **{name: run[name] for name in names if name in run}}


def _job(payload: Fields) -> JsonObject:
    run = payload.raw.get("workflow_run")
    found = run if isinstance(run, dict) else {}
    return {"workflow_run_id": found.get("id"), "environment_name": payload.raw.get("environment")}


def _push(payload: Fields) -> JsonObject:
    return {name: payload.raw[name] for name in ("ref", "before", "after") if name in payload}


_OF_EVENTS: Final[Mapping[tuple[str, str | None], tuple[str, Callable[[Fields], JsonObject]]]] = {
    ("deployment_review", "approved"): ("workflows.approve_workflow_job", _job),
    ("deployment_review", "rejected"): ("workflows.reject_workflow_job", _job),
    ("pull_request", "closed"): ("pull_request.close", _pull_request),
    ("pull_request", "opened"): ("pull_request.create", _pull_request),
    ("pull_request", "reopened"): ("pull_request.reopen", _pull_request),
    ("pull_request_review", "dismissed"): ("pull_request_review.dismiss", _review),
    ("pull_request_review", "submitted"): ("pull_request_review.submit", _review),
    ("push", None): ("git.push", _push),
    ("workflow_run", "completed"): ("workflows.completed_workflow_run", _run),
    ("workflow_run", "requested"): ("workflows.created_workflow_run", _run),
}
