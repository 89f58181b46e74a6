"""Webhooks: which hooks hear of an event, what they are sent, and what came of it.

A delivery is written with the change that it tells of, so that none is lost; it is sent once the change is durable.
GitHub does not try again by itself what failed (documented: "Handling failed webhook deliveries"); whoever wants it
sent again asks for a redelivery. Signatures, headers and the ten seconds that a receiver has are GitHub's, documented
in "Webhook events and payloads". A world sends to loopback alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import threading
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlencode

from twinlock_world.github.access import Role
from twinlock_world.github.accounts import get_organization, is_installed
from twinlock_world.github.bodies.account import simple_account, simple_organization
from twinlock_world.github.bodies.repository import minimal_repository
from twinlock_world.github.hook import HOOK, signing_key
from twinlock_world.github.repository import get_repository
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock_world.events import Event
    from twinlock_world.github.urls import Urls
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record, Store

DELIVERY: Final = "hook_delivery"
REQUESTED: Final = "hook_delivery"
"""The world's own event: a delivery was asked for again. No webhook hears of it."""
PING: Final = "ping"

_QUEUED: Final = "queued"
_ALL: Final = "*"
_SUCCESS: Final = range(200, 300)
_TARGETS: Final = {"Repository": "repository", "Organization": "organization", "App": "integration"}


@dataclass(frozen=True, slots=True)
class Response:
    """What a receiver answered; a `code` of 0 and why in `status` where it did not."""

    code: int
    status: str
    headers: Mapping[str, str]
    body: str
    seconds: float


class Post(Protocol):
    """How a delivery is sent."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Send a request and return what came of it; it never raises for what a receiver does."""


class Webhooks:
    """The deliveries of one world; the recorder and the subscriber of its bus, and the thread that sends."""

    def __init__(self, store: Store, urls: Urls, post: Post) -> None:
        self._store = store
        self._urls = urls
        self._post = post
        self._due: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        store.events.record(self.record)
        store.events.subscribe(self._requested)

    def start(self) -> None:
        """Send from now on, beginning with what an earlier process left unsent."""
        for record in self._store.all(DELIVERY):
            if record.data["status"] == _QUEUED:
                self._due.put(record.id)
        self._thread.start()

    def stop(self) -> None:
        """Stop once what is being sent has been."""
        if self._thread.is_alive():
            self._due.put(None)
            self._thread.join(1)

    def record(self, event: Event) -> None:
        """Write a delivery for each hook that hears of an event."""
        hooks = [hook for hook in self._hooks(event) if _hears(hook, event)]
        if not hooks:
            return
        payload = self._payload(event)
        for hook in hooks:
            document: JsonObject = {
                "guid": str(uuid.uuid4()),
                "redelivery": False,
                "event": event.name,
                "action": event.action,
                "installation_id": None,
                "repository_id": event.repository_id,
                "payload": payload,
                "duration": 0,
                "status": _QUEUED,
                "status_code": 0,
                "delivered_at": self._store.timestamp(),
                "request": {},
                "response": {"headers": {}, "payload": ""},
            }
            self._queue(hook, document)

    def send_due(self) -> int:
        """Send what is due in this thread, and return how many there were."""
        sent = 0
        while not self._due.empty():
            due = self._due.get()
            if due is not None:
                self._send(due)
                sent += 1
        return sent

    def _queue(self, hook: Record, document: JsonObject) -> None:
        key = f"{document['guid']}/{uuid.uuid4()}"
        record = self._store.insert(DELIVERY, key, document, parent=hook.id)
        self._store.after_commit(lambda: self._due.put(record.id))

    def _requested(self, event: Event) -> None:
        if event.name != REQUESTED:
            return
        found = self._store.get(DELIVERY, Fields(event.payload).number("id"))
        hook = None if found is None else self._store.get(HOOK, found.parent or 0)
        if found is not None and hook is not None:
            fresh = (("redelivery", True), ("status", _QUEUED), ("status_code", 0))
            with self._store.transaction():
                self._queue(hook, {**found.data, **dict(fresh), "delivered_at": self._store.timestamp()})

    def _hooks(self, event: Event) -> Iterator[Record]:
        """Return the hooks that stand where an event happened, or belong to an app that is installed there."""
        if event.name == REQUESTED:
            return
        organization = get_organization(self._store, event.organization_id)
        for hook in self._store.all(HOOK):
            if hook.data["type"] == "App":
                meant = event.app_id in {None, hook.parent}
                if meant and organization is not None and is_installed(self._store, organization, hook.parent or 0):
                    yield hook
            elif event.app_id is None and hook.parent in {event.repository_id, event.organization_id}:
                yield hook

    def _payload(self, event: Event) -> JsonObject:
        found: dict[str, JsonValue] = {} if event.action is None else {"action": event.action}
        found |= event.payload
        repository = None if event.repository_id is None else get_repository(self._store, event.repository_id)
        organization = get_organization(self._store, event.organization_id)
        if repository is not None:
            found.setdefault("repository", minimal_repository(self._urls, repository, Role.PULL))
        if organization is not None:
            found.setdefault("organization", simple_organization(self._urls, organization))
        if event.actor is not None:
            found["sender"] = simple_account(self._urls, event.actor)
        return found

    def _run(self) -> None:
        while (due := self._due.get()) is not None:
            self._send(due)

    def _send(self, identifier: int) -> None:
        record = self._store.get(DELIVERY, identifier)
        hook = None if record is None else self._store.get(HOOK, record.parent or 0)
        if record is None or hook is None:  # deleted meanwhile
            return
        config = hook.fields.object("config")
        body = _body(config, record.fields.object("payload").raw)
        headers = _headers(hook, record, config, body)
        response = self._post(config.text("url"), headers, body)
        with self._store.transaction():
            current = self._store.get(DELIVERY, identifier)
            if current is not None:
                self._store.update(current, _done(current, headers, response, self._store.timestamp()))


def outcome(response: Response) -> str:
    """Return what came of a delivery as GitHub words it."""
    if response.code in _SUCCESS:
        return "OK"
    return f"Invalid HTTP Response: {response.code}" if response.code else response.status


def signatures(key: str | None, body: bytes) -> Mapping[str, str]:
    """Return the headers by which a receiver can tell that a delivery is genuine; none for a hook without a secret."""
    if key is None:
        return {}
    secret = key.encode()
    return {
        "X-Hub-Signature": f"sha1={hmac.new(secret, body, hashlib.sha1).hexdigest()}",
        "X-Hub-Signature-256": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}",
    }


def _hears(hook: Record, event: Event) -> bool:
    if event.name == PING:
        return event.payload.get("hook_id") == hook.id
    events = hook.fields.texts("events")
    addressed = event.app_id is not None  # what is meant for one app reaches it whether or not it subscribed
    return hook.fields.flag("active") and (addressed or event.name in events or _ALL in events)


def _body(config: Fields, payload: JsonObject) -> bytes:
    text = json.dumps(payload, separators=(",", ":"))
    return urlencode({"payload": text}).encode() if config.text("content_type") == "form" else text.encode()


def _headers(hook: Record, record: Record, config: Fields, body: bytes) -> dict[str, str]:
    form = config.text("content_type") == "form"
    return {
        "Accept": "*/*",
        "Content-Type": "application/x-www-form-urlencoded" if form else "application/json",
        "User-Agent": f"GitHub-Hookshot/{hashlib.sha256(str(hook.id).encode()).hexdigest()[:7]}",
        "X-GitHub-Delivery": record.fields.text("guid"),
        "X-GitHub-Event": record.fields.text("event"),
        "X-GitHub-Hook-ID": str(hook.id),
        "X-GitHub-Hook-Installation-Target-ID": str(hook.parent),
        "X-GitHub-Hook-Installation-Target-Type": _TARGETS[hook.fields.text("type")],
        **signatures(signing_key(hook), body),
    }


def _done(record: Record, headers: Mapping[str, str], response: Response, at: str) -> JsonObject:
    return {
        **record.data,
        "delivered_at": at,
        "duration": round(response.seconds, 2),
        "status": outcome(response),
        "status_code": response.code,
        "request": dict(headers),
        "response": {"headers": dict(response.headers), "payload": response.body},
    }
