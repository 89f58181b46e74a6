"""What webhooks were sent, and sending it again.

Deliveries are shown for three days, as documented ("Viewing webhook deliveries").
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from twinlock_world.events import Event
from twinlock_world.github.access import READ_HOOKS, READ_ORGANIZATION_HOOKS, WRITE_HOOKS, WRITE_ORGANIZATION_HOOKS
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.errors import not_found
from twinlock_world.github.hook import HOOK, shown
from twinlock_world.github.mounts import ORGANIZATION, REPOSITORY, OrganizationCall, RepositoryCall
from twinlock_world.webhooks import DELIVERY, PING, REQUESTED

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Record

_SHOWN_FOR: Final = timedelta(days=3)
_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
_SUMMARY: Final = (
    "guid",
    "delivered_at",
    "redelivery",
    "duration",
    "status",
    "status_code",
    "event",
    "action",
    "installation_id",
    "repository_id",
)


def list_deliveries(call: Call, hook: Record) -> Reply:
    """Return a hook's deliveries, newest first; `cursor` leads on."""
    since = (call.store.clock.now() - _SHOWN_FOR).strftime(_FORMAT)
    found = [record for record in reversed(call.store.children(DELIVERY, hook.id)) if record.created_at >= since]
    cursor = call.query.get("cursor", "")
    if cursor.isascii() and cursor.isdigit():
        found = [record for record in found if record.id < int(cursor)]
    asked = call.query.get("per_page", "")
    size = min(max(int(asked), 1), 100) if asked.isascii() and asked.isdigit() else 30
    page = found[:size]
    headers = {}
    if len(found) > size:
        query = urlencode({**call.query, "cursor": str(page[-1].id)})
        headers["link"] = f'<{call.urls.origin}{call.urls.mount}{call.request.path}?{query}>; rel="next"'
    return Reply(200, [_summary(record) for record in page], headers)


def show_delivery(call: Call, hook: Record) -> Reply:
    """Return a delivery with what was sent and what was answered."""
    record = _own(call, hook)
    payload = record.fields.object("payload").raw
    request: JsonObject = {"headers": record.data["request"], "payload": payload}
    url = hook.fields.object("config").text("url")
    return Reply(200, {**_summary(record), "url": url, "request": request, "response": record.data["response"]})


def redeliver(call: Call, hook: Record, organization_id: int) -> Reply:
    """Send a delivery again, with the same id."""
    record = _own(call, hook)
    call.store.events.publish(Event(REQUESTED, None, organization_id, None, call.identity, {"id": record.id}))
    return Reply(202, {})


def ping(call: Call, hook: Record, organization_id: int, repository_id: int | None) -> Reply:
    """Let a hook hear of itself."""
    payload: JsonObject = {"zen": "What happened is told once.", "hook_id": hook.id, "hook": shown(hook)}
    call.store.events.publish(Event(PING, None, organization_id, repository_id, call.identity, payload))
    return NO_CONTENT


def _own(call: Call, hook: Record) -> Record:
    record = call.store.get(DELIVERY, call.parameter_number("delivery_id"))
    if record is None or record.parent != hook.id:
        raise not_found()
    return record


def _summary(record: Record) -> JsonObject:
    return {"id": record.id, **record.fields.only(_SUMMARY), "throttled_at": None}


def _hook(call: Call, parent: int) -> Record:
    record = call.store.get(HOOK, call.parameter_number("hook_id"))
    if record is None or record.parent != parent:
        raise not_found()
    return record


def _list_of_repository(call: RepositoryCall) -> Reply:
    return list_deliveries(call, _hook(call, call.repository.id))


def _show_of_repository(call: RepositoryCall) -> Reply:
    return show_delivery(call, _hook(call, call.repository.id))


def _again_of_repository(call: RepositoryCall) -> Reply:
    return redeliver(call, _hook(call, call.repository.id), call.repository.owner.id)


def _ping_of_repository(call: RepositoryCall) -> Reply:
    return ping(call, _hook(call, call.repository.id), call.repository.owner.id, call.repository.id)


def _list_of_organization(call: OrganizationCall) -> Reply:
    return list_deliveries(call, _hook(call, call.organization.id))


def _show_of_organization(call: OrganizationCall) -> Reply:
    return show_delivery(call, _hook(call, call.organization.id))


def _again_of_organization(call: OrganizationCall) -> Reply:
    return redeliver(call, _hook(call, call.organization.id), call.organization.id)


def _ping_of_organization(call: OrganizationCall) -> Reply:
    return ping(call, _hook(call, call.organization.id), call.organization.id, None)


_ONE: Final = "/hooks/{hook_id}/deliveries/{delivery_id}"
ROUTES: Final = (
    *REPOSITORY.get("/hooks/{hook_id}/deliveries", READ_HOOKS, _list_of_repository),
    *REPOSITORY.get(_ONE, READ_HOOKS, _show_of_repository),
    *REPOSITORY.post(f"{_ONE}/attempts", WRITE_HOOKS, _again_of_repository),
    *REPOSITORY.post("/hooks/{hook_id}/pings", WRITE_HOOKS, _ping_of_repository),
    *ORGANIZATION.get("/hooks/{hook_id}/deliveries", READ_ORGANIZATION_HOOKS, _list_of_organization),
    *ORGANIZATION.get(_ONE, READ_ORGANIZATION_HOOKS, _show_of_organization),
    *ORGANIZATION.post(f"{_ONE}/attempts", WRITE_ORGANIZATION_HOOKS, _again_of_organization),
    *ORGANIZATION.post("/hooks/{hook_id}/pings", WRITE_ORGANIZATION_HOOKS, _ping_of_organization),
)
