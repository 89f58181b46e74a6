"""Webhooks: who hears of what, how it is signed, and what is kept of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import pytest

from twinlock_world.events import Event
from twinlock_world.github.hook import MASK
from twinlock_world.github.snapshot import snapshot
from twinlock_world.github.urls import Urls
from twinlock_world.loopback_post import post
from twinlock_world.webhooks import Response, Webhooks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.world.github.conftest import Hub

URL: Final = "http://127.0.0.1:9/hook"
SECRET: Final = "of this test"  # noqa: S105 - signs nothing but what this test sends itself


@dataclass
class Receiver:
    """A receiver that keeps what it is sent, and answers as it is told."""

    code: int = 200
    got: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Take a delivery."""
        self.got.append((url, headers, body))
        return Response(self.code, "No", {"x-answer": "yes"}, "thanks", 0.25)

    @property
    def events(self) -> list[tuple[str, str | None]]:
        """What was heard, in order."""
        return [(h["X-GitHub-Event"], json.loads(b).get("action")) for _, h, b in self.got]


@pytest.fixture
def receiver() -> Receiver:
    """Somebody who listens."""
    return Receiver()


@pytest.fixture
def webhooks(hub: Hub, receiver: Receiver) -> Webhooks:
    """The deliveries of the hub, sent when a test says so."""
    return Webhooks(hub.store, Urls("http://127.0.0.1:4000", ""), receiver)


def _hook(hub: Hub, place: str = "/repos/acme/app", **more: Any) -> Any:  # noqa: ANN401 - JSON
    config = {"url": URL, "content_type": "json", **more.pop("config", {})}
    return hub.make("POST", f"{place}/hooks", {"config": config, **more})


def test_a_new_hook_hears_of_itself(hub: Hub, webhooks: Webhooks, receiver: Receiver) -> None:
    """GitHub pings what was just made, whatever it subscribed to."""
    hub.repository()
    made = _hook(hub)
    webhooks.send_due()
    _, headers, body = receiver.got[0]
    assert (headers["X-GitHub-Event"], json.loads(body)["hook_id"]) == ("ping", made["id"])


def test_a_delivery_says_what_happened_where_and_by_whom(hub: Hub, webhooks: Webhooks, receiver: Receiver) -> None:
    """Payload and headers are GitHub's; the signature is over the body as sent."""
    hub.repository()
    made = _hook(hub, events=["repository_ruleset"], config={"secret": SECRET})
    ruleset = {"name": "r", "target": "branch", "enforcement": "active", "rules": [{"type": "deletion"}]}
    hub.make("POST", "/repos/acme/app/rulesets", ruleset, by="writer")
    webhooks.send_due()
    url, headers, body = receiver.got[-1]
    payload = json.loads(body)
    assert url == URL
    assert (payload["action"], payload["repository_ruleset"]["name"]) == ("created", "r")
    assert (payload["repository"]["full_name"], payload["organization"]["login"]) == ("acme/app", "acme")
    assert payload["sender"]["login"] == "writer[bot]"
    assert headers["X-GitHub-Hook-ID"] == str(made["id"])
    assert headers["X-GitHub-Hook-Installation-Target-Type"] == "repository"
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] == f"sha256={expected}"


def test_a_hook_hears_what_it_asked_for(hub: Hub, webhooks: Webhooks, receiver: Receiver) -> None:
    """Other events, an inactive hook and another repository's hook stay silent; the organization's hears of all."""
    hub.repository()
    hub.repository("other")
    _hook(hub, events=["deploy_key"])
    _hook(hub, "/repos/acme/other", events=["*"])
    _hook(hub, "/orgs/acme", events=["member"], active=False)
    _hook(hub, "/orgs/acme", events=["member", "team"], config={"url": f"{URL}/2"})
    webhooks.send_due()
    receiver.got.clear()
    hub.make("PUT", "/repos/acme/app/collaborators/alice", {"permission": "push"})
    hub.make("POST", "/orgs/acme/teams", {"name": "crew"})
    webhooks.send_due()
    assert receiver.events == [("member", "added"), ("team", "created")]


def test_changes_of_labels_are_told(hub: Hub, webhooks: Webhooks, receiver: Receiver) -> None:
    """With what was there before, as far as it was otherwise."""
    hub.repository()
    _hook(hub, events=["label"])
    webhooks.send_due()
    receiver.got.clear()
    hub.make("POST", "/repos/acme/app/labels", {"name": "bug", "color": "ff0000"})
    hub.make("PATCH", "/repos/acme/app/labels/bug", {"new_name": "defect", "description": "broken"})
    hub.make("DELETE", "/repos/acme/app/labels/defect")
    assert hub.call("DELETE", "/repos/acme/app/labels/none").status == 404
    webhooks.send_due()
    assert receiver.events == [("label", "created"), ("label", "edited"), ("label", "deleted")]
    told = [json.loads(body) for _, _, body in receiver.got]
    assert [one["label"]["name"] for one in told] == ["bug", "defect", "defect"]
    assert told[1]["changes"] == {"name": {"from": "bug"}, "description": {"from": None}}


def test_a_repository_that_everybody_may_read_is_told(hub: Hub, webhooks: Webhooks, receiver: Receiver) -> None:
    """By an event of its own beside that of the repository; one that is hidden again has none."""
    hub.repository()
    _hook(hub, events=["public", "repository"])
    webhooks.send_due()
    receiver.got.clear()
    hub.make("PATCH", "/repos/acme/app", {"visibility": "public"})
    hub.make("PATCH", "/repos/acme/app", {"visibility": "private"})
    webhooks.send_due()
    assert receiver.events == [("repository", "publicized"), ("public", None), ("repository", "privatized")]


def test_a_refused_change_is_not_told(hub: Hub, webhooks: Webhooks, receiver: Receiver) -> None:
    """What was undone was never queued."""
    hub.repository()
    _hook(hub, events=["*"])
    webhooks.send_due()
    receiver.got.clear()
    assert hub.call("POST", "/orgs/acme/teams", {"name": "half", "maintainers": ["nobody"]}).status == 422
    assert webhooks.send_due() == 0


def test_a_form_holds_the_payload(hub: Hub, webhooks: Webhooks, receiver: Receiver) -> None:
    """Hooks made without a content type get a form, as on GitHub."""
    hub.repository()
    hub.make("POST", "/repos/acme/app/hooks", {"config": {"url": URL}})
    webhooks.send_due()
    _, headers, body = receiver.got[0]
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert json.loads(parse_qs(body.decode())["payload"][0])["zen"]


def test_deliveries_are_kept_and_sent_again(hub: Hub, webhooks: Webhooks, receiver: Receiver) -> None:
    """What was sent and answered can be read; a redelivery has the same id, and counts as one."""
    hub.repository()
    made = _hook(hub)
    receiver.code = 500
    webhooks.send_due()
    base = f"/repos/acme/app/hooks/{made['id']}"
    first = hub.make("GET", f"{base}/deliveries")[0]
    assert (first["event"], first["status"], first["status_code"], first["redelivery"], first["duration"]) == (
        "ping",
        "Invalid HTTP Response: 500",
        500,
        False,
        0.25,
    )
    whole = hub.make("GET", f"{base}/deliveries/{first['id']}")
    assert whole["request"]["payload"]["hook_id"] == made["id"]
    assert whole["response"] == {"headers": {"x-answer": "yes"}, "payload": "thanks"}
    assert hub.make("GET", base)["last_response"]["code"] == 500
    receiver.code = 200
    assert hub.call("POST", f"{base}/deliveries/{first['id']}/attempts").status == 202
    webhooks.send_due()
    again = hub.make("GET", f"{base}/deliveries")[0]
    assert (again["guid"], again["status"], again["redelivery"]) == (first["guid"], "OK", True)
    assert hub.make("GET", base)["last_response"] == {"code": 200, "status": "active", "message": "OK"}


def test_the_secret_is_never_shown(hub: Hub, webhooks: Webhooks, receiver: Receiver) -> None:
    """Neither in a hook, a delivery nor a dump; sent back masked, it stays; without it, it goes."""
    hub.repository()
    made = _hook(hub, events=["*"], config={"secret": SECRET})
    path = f"/repos/acme/app/hooks/{made['id']}"
    assert made["config"]["secret"] == MASK
    hub.make("PATCH", path, {"config": {"url": URL, "secret": MASK}})
    hub.make("POST", f"{path}/pings")
    webhooks.send_due()
    assert "X-Hub-Signature-256" in receiver.got[-1][1]
    deliveries = [hub.call("GET", f"{path}/deliveries/{one['id']}") for one in hub.make("GET", f"{path}/deliveries")]
    texts = [hub.call("GET", path).content, *(one.content for one in deliveries)]
    texts.append(json.dumps(snapshot(hub.store, hub.directory / "git")).encode())
    texts.append(hub.call("GET", "/orgs/acme/audit-log").content)
    assert [text for text in texts if SECRET.encode() in text] == []
    hub.make("PATCH", path, {"config": {"url": URL}})
    hub.make("POST", f"{path}/pings")
    webhooks.send_due()
    assert "X-Hub-Signature-256" not in receiver.got[-1][1]


def test_what_is_meant_for_one_app_reaches_it_alone(hub: Hub, webhooks: Webhooks, receiver: Receiver) -> None:
    """A deployment's protection rule asks its app, and no webhook beside it."""
    repository = hub.repository()
    _hook(hub, events=["*"])
    webhooks.send_due()
    receiver.got.clear()
    number = hub.make("GET", "/apps/writer")["id"]
    event = Event("deployment_protection_rule", "requested", hub.organization.id, repository["id"], None, {}, number)
    hub.store.events.publish(event)
    assert webhooks.send_due() == 0


def test_an_event_without_hooks_costs_nothing(hub: Hub, webhooks: Webhooks) -> None:
    """Where nobody listens, nothing is written."""
    hub.repository()
    assert webhooks.send_due() == 0
    assert "hook_delivery" not in hub.store.counts()


class _Answering(BaseHTTPRequestHandler):
    """A receiver on a socket: keeps the request, and leads elsewhere where it is asked to."""

    got: Final[list[tuple[str, str, bytes]]] = []

    def do_POST(self) -> None:
        """Take a delivery."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, self.headers["X-GitHub-Event"], body))
        self.send_response(302 if self.path == "/away" else 201)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(b"done")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def listening() -> Iterator[str]:
    """The address of a receiver on loopback."""
    server = HTTPServer(("127.0.0.1", 0), _Answering)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_delivery_goes_over_the_wire(listening: str) -> None:
    """Path, query, headers and body arrive; a redirect is an answer, not a way."""
    found = post(f"{listening}/in?a=b", {"X-GitHub-Event": "push"}, b"{}")
    assert (found.code, found.body) == (201, "done")
    assert _Answering.got[-1] == ("/in?a=b", "push", b"{}")
    assert post(f"{listening}/away", {"X-GitHub-Event": "push"}, b"{}").code == 302


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.invalid/", "this world delivers to http on loopback only"),
        ("http://10.0.0.1/", "this world delivers to http on loopback only"),
        ("https://127.0.0.1/", "this world delivers to http on loopback only"),
        ("file:///etc/passwd", "this world delivers to http on loopback only"),
        ("http://[::1", "invalid address"),
        ("http://127.0.0.1:99999/", "invalid address"),
        ("http://127.0.0.1:1/", "failed to connect to host"),
        ("http://127.0.0.1:1/a b\r\nX: y", "failed to connect to host"),
    ],
)
def test_nothing_leaves_this_machine(url: str, why: str) -> None:
    """Other hosts, and what is no address, are failures that say why."""
    found = post(url, {}, b"")
    assert (found.code, found.status) == (0, why)
