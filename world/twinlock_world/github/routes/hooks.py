"""Webhooks of repositories and organizations: what they hear of, and where it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import (
    READ_HOOKS,
    READ_ORGANIZATION_HOOKS,
    WRITE_HOOKS,
    WRITE_ORGANIZATION_HOOKS,
)
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.errors import not_found, validation_failed
from twinlock_world.github.hook import HOOK, read_config, shown
from twinlock_world.github.mounts import ORGANIZATION, REPOSITORY, OrganizationCall, RepositoryCall
from twinlock_world.store import DuplicateError
from twinlock_world.webhooks import DELIVERY

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record


def list_of_repository(call: RepositoryCall) -> Reply:
    """Return a repository's webhooks."""
    return _list(call, call.repository.id, _place(call))


def create_in_repository(call: RepositoryCall) -> Reply:
    """Make a webhook in a repository."""
    return _create(call, call.repository.id, _place(call), "Repository")


def show_in_repository(call: RepositoryCall) -> Reply:
    """Return a webhook of a repository."""
    return Reply(200, _body(call, _own(call, call.repository.id), _place(call)))


def change_in_repository(call: RepositoryCall) -> Reply:
    """Change a webhook of a repository."""
    return _change(call, call.repository.id, _place(call))


def delete_in_repository(call: RepositoryCall) -> Reply:
    """Delete a webhook of a repository."""
    call.store.delete(_own(call, call.repository.id))
    return NO_CONTENT


def list_of_organization(call: OrganizationCall) -> Reply:
    """Return an organization's webhooks."""
    return _list(call, call.organization.id, ("orgs", call.organization.login))


def create_in_organization(call: OrganizationCall) -> Reply:
    """Make a webhook in an organization."""
    return _create(call, call.organization.id, ("orgs", call.organization.login), "Organization")


def show_in_organization(call: OrganizationCall) -> Reply:
    """Return a webhook of an organization."""
    return Reply(200, _body(call, _own(call, call.organization.id), ("orgs", call.organization.login)))


def change_in_organization(call: OrganizationCall) -> Reply:
    """Change a webhook of an organization."""
    return _change(call, call.organization.id, ("orgs", call.organization.login))


def delete_in_organization(call: OrganizationCall) -> Reply:
    """Delete a webhook of an organization."""
    call.store.delete(_own(call, call.organization.id))
    return NO_CONTENT


def _place(call: RepositoryCall) -> tuple[str, str, str]:
    return ("repos", call.repository.owner.login, call.repository.name)


def _list(call: Call, parent: int, place: tuple[str, ...]) -> Reply:
    return call.page(call.store.children(HOOK, parent), lambda record: _body(call, record, place))


def _create(call: Call, parent: int, place: tuple[str, ...], kind: str) -> Reply:
    body = call.body()
    document: JsonObject = {
        "type": kind,
        "name": "web",
        "active": body.flag("active", default=True),
        "events": body.texts("events", ["push"]),
        **read_config(body.object("config")),
    }
    try:
        record = call.store.insert(HOOK, body.object("config").text("url"), document, parent=parent)
    except DuplicateError as error:
        raise validation_failed("Hook", "config", "custom", "Hook already exists on this repository") from error
    return Reply(201, _body(call, record, place))


def _change(call: Call, parent: int, place: tuple[str, ...]) -> Reply:
    record, body = _own(call, parent), call.body()
    document: dict[str, JsonValue] = dict(record.data)
    if body.given("config"):
        document |= read_config(body.object("config"), record.data)
    if body.given("active"):
        document["active"] = body.flag("active")
    events = body.texts("events", record.fields.texts("events"))
    events = [*events, *(event for event in body.texts("add_events", []) if event not in events)]
    gone = body.texts("remove_events", [])
    document["events"] = [event for event in events if event not in gone]
    return Reply(200, _body(call, call.store.update(record, document), place))


def _own(call: Call, parent: int) -> Record:
    record = call.store.get(HOOK, call.parameter_number("hook_id"))
    if record is None or record.parent != parent:
        raise not_found()
    return record


def _body(call: Call, record: Record, place: tuple[str, ...]) -> JsonObject:
    url = call.urls.api(*place, "hooks", record.id)
    return {
        "id": record.id,
        **shown(record),
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": _last_response(call, record),
    }


def _last_response(call: Call, record: Record) -> JsonObject:
    newest = next(call.store.newest(DELIVERY, record.id), None)
    if newest is None or newest.data["status"] == "queued":
        return {"code": None, "status": "unused", "message": None}
    failed = newest.data["status"] != "OK"
    return {
        "code": newest.data["status_code"],
        "status": "invalid" if failed else "active",
        "message": newest.data["status"],
    }


ROUTES: Final = (
    *REPOSITORY.get("/hooks", READ_HOOKS, list_of_repository),
    *REPOSITORY.post("/hooks", WRITE_HOOKS, create_in_repository),
    *REPOSITORY.get("/hooks/{hook_id}", READ_HOOKS, show_in_repository),
    *REPOSITORY.patch("/hooks/{hook_id}", WRITE_HOOKS, change_in_repository),
    *REPOSITORY.delete("/hooks/{hook_id}", WRITE_HOOKS, delete_in_repository),
    *ORGANIZATION.get("/hooks", READ_ORGANIZATION_HOOKS, list_of_organization),
    *ORGANIZATION.post("/hooks", WRITE_ORGANIZATION_HOOKS, create_in_organization),
    *ORGANIZATION.get("/hooks/{hook_id}", READ_ORGANIZATION_HOOKS, show_in_organization),
    *ORGANIZATION.patch("/hooks/{hook_id}", WRITE_ORGANIZATION_HOOKS, change_in_organization),
    *ORGANIZATION.delete("/hooks/{hook_id}", WRITE_ORGANIZATION_HOOKS, delete_in_organization),
)
