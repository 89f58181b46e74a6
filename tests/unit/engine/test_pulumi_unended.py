"""Creations that did not end: what is kept of them, and how what they made gets into the state."""

from __future__ import annotations

import http.server
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.automation import EngineEvent

from twinlock.engine.port import Provider, Stack, ignore
from twinlock.engine.pulumi import unended
from twinlock.engine.pulumi.progress import Problem, Progress
from twinlock.engine.pulumi.rebinding import Bound
from twinlock_rehearsal.finding import existing

if TYPE_CHECKING:
    from collections.abc import Iterator

TEAM = "github:index/team:Team"
PROVIDER = "urn:pulumi:platform::twinlock-organization::pulumi:providers:github::acme"
SINCE = "2026-01-01T12:00:00+00:00"


def urn(name: str, type_: str = TEAM) -> str:
    """Return Pulumi's name for a resource."""
    return f"urn:pulumi:platform::twinlock-organization::{type_}::{name}"


def resource(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a resource as a checkpoint holds it."""
    declared = {"urn": urn(name), "custom": True, "type": TEAM, "inputs": {"name": name, "__defaults": []}}
    return {**declared, "provider": f"{PROVIDER}::some-id", **more}


def checkpoint(*resources: dict[str, Any], pending: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """Return a deployment with resources and operations."""
    return {"resources": [*resources], "pending_operations": [*pending]}


def failed(name: str, said: str, *, op: str = "create", kept: str = "") -> str:
    """Return what is kept after the creation of a team failed with these words."""
    progress = Progress("organization/platform", ignore)
    state = resource(name, id="", parent="")
    step = {"op": op, "urn": urn(name), "type": TEAM, "provider": PROVIDER, "new": state}
    body = {"metadata": step, "status": 0, "steps": 0}
    progress.hear(EngineEvent.from_json({"sequence": 1, "timestamp": 1, "resOpFailedEvent": body}))
    return unended.noted(kept, progress.failed, [Problem(urn(name), said)], SINCE)


@pytest.mark.parametrize(
    "said",
    [
        "1 error occurred:\n\t* unexpected EOF",
        "POST http://127.0.0.1/orgs/acme/teams giving up after 4 attempt(s)",
        "POST http://127.0.0.1/orgs/acme/teams: 502 Server Error []",
        "POST http://127.0.0.1/orgs/acme/teams: 422 Validation Failed [{Message:Name must be unique for this org}]",
        "POST http://127.0.0.1/orgs/acme/repos: 422 [{Message:name already exists on this account}]",
    ],
)
def test_what_may_have_been_done_is_kept(said: str) -> None:
    """An answer that was lost, an error of the server, a name that the first of several attempts may have taken."""
    (kept,) = json.loads(failed("audit", said))
    assert kept == {
        "urn": urn("audit"),
        "custom": True,
        "type": TEAM,
        "inputs": {"name": "audit", "__defaults": []},
        "provider": f"{PROVIDER}::some-id",
        "created": SINCE,
    }


@pytest.mark.parametrize(
    ("said", "op"),
    [
        ("POST http://127.0.0.1/orgs/acme/teams: 403 Resource not accessible by integration []", "create"),
        ("POST http://127.0.0.1/orgs/acme/teams: 422 Validation Failed [{Message:name is too long}]", "create"),
        ("It exists already, and this stack did not create it. It was found as r. Mend: Rename it.", "create"),
        ("unexpected EOF", "update"),
        ("unexpected EOF", "delete"),
    ],
)
def test_what_was_refused_is_not_kept(said: str, op: str) -> None:
    """Where nothing can have been created, nothing is taken over by the next run."""
    assert failed("audit", said, op=op) == ""


def test_what_earlier_runs_have_left_stays() -> None:
    """A run that fails before it looks for it forgets nothing."""
    first = failed("audit", "unexpected EOF")
    assert [each["urn"] for each in json.loads(failed("guild", "EOF", kept=first))] == [urn("audit"), urn("guild")]
    assert json.loads(failed("guild", "x: 403 No []", kept=first)) == json.loads(first)


def test_begun_is_what_the_state_does_not_hold() -> None:
    """Creations of a killed run and of a failed one; what has been created since is none any more."""
    pending = tuple(
        {"resource": resource(name), "type": kind}
        for name, kind in (("killed", "creating"), ("known", "creating"), ("changed", "updating"))
    )
    content = json.dumps({"deployment": checkpoint(resource("known", id="1"), pending=pending)}).encode()
    inputs: dict[str, object] = {"name": "killed", "__defaults": []}
    assert unended.begun(content) == (Bound(urn("killed"), TEAM, "", inputs, PROVIDER),)
    kept = failed("lost", "unexpected EOF")
    assert [(each.urn, each.since) for each in unended.begun(content, kept)] == [
        (urn("lost"), SINCE),
        (urn("killed"), None),
    ]


@pytest.mark.parametrize("kept", ["", "{", "[1]", '{"urn": 1}', "null"])
def test_a_file_that_is_none_of_ours_tells_nothing(kept: str) -> None:
    """Nothing is taken over by it, and nothing breaks."""
    assert unended.begun(json.dumps({"deployment": checkpoint()}).encode(), kept) == ()


def test_what_was_created_is_a_resource_and_nothing_is_pending() -> None:
    """With its id, its inputs as outputs, and the version of its kind's schema; what was not found is left out."""
    known = resource("known", id="1", outputs={"id": "1", "__meta": '{"schema_version":"1"}'})
    pending = ({"resource": resource("killed"), "type": "creating"}, {"resource": resource("gone"), "type": "creating"})
    exported = json.dumps({"version": 3, "deployment": checkpoint(known, pending=pending)})
    after = json.loads(unended.settled(exported, {urn("killed"): "7"}))
    outputs = {"name": "killed", "id": "7", "__meta": '{"schema_version":"1"}'}
    assert after == {
        "version": 3,
        "deployment": {"resources": [known, resource("killed", id="7", outputs=outputs)]},
    }


class GitHub(http.server.BaseHTTPRequestHandler):
    """Answers from a table, and 404 for the rest."""

    answers: dict[str, dict[str, Any]]

    def do_GET(self) -> None:
        """Answer."""
        found = self.answers.get(self.path.removeprefix("/api/v3"))
        body = json.dumps(found or {"message": "Not Found"}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the base class's
        """Say nothing."""


@pytest.fixture
def github() -> Iterator[tuple[Stack, dict[str, dict[str, Any]]]]:
    """Return a stack whose provider reaches a GitHub on loopback, and what that answers."""
    handler: Any = type("Handler", (GitHub,), {"answers": {}})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        inputs = {"baseUrl": f"http://127.0.0.1:{server.server_port}/", "owner": "acme", "token": "t"}
        provider = Provider("github", "acme", inputs, frozenset({"token"}))
        yield Stack("organization", "platform", lambda: None, providers=lambda: (provider,)), handler.answers
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("created", "since", "taken_over"),
    [
        ("2026-01-01T12:00:07Z", SINCE, True),
        ("2026-01-01T11:59:30Z", SINCE, True),  # clocks differ
        ("2025-12-31T12:00:00Z", SINCE, False),  # somebody else's
        (None, SINCE, False),
        ("2025-12-31T12:00:00Z", None, True),  # a killed run did not get as far as an answer
    ],
)
def test_what_is_older_than_the_run_is_somebody_elses(
    github: tuple[Stack, dict[str, dict[str, Any]]],
    created: str | None,
    since: str | None,
    taken_over: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Only what the run itself can have made is taken over; a name proves nothing."""
    stack, answers = github
    answers["/orgs/acme/teams/audit"] = {"id": 7, "slug": "audit", "name": "audit", "created_at": created}
    begun = Bound(urn("audit"), TEAM, "", {"name": "audit"}, PROVIDER, since)
    assert existing(stack, (begun,)) == ({begun.urn: "7"} if taken_over else {})


def test_what_is_not_there_was_not_created(github: tuple[Stack, dict[str, dict[str, Any]]]) -> None:
    """Nor is anything told of a type or a provider that nobody knows."""
    stack, _ = github
    begun = [
        Bound(urn("audit"), TEAM, "", {"name": "audit"}, PROVIDER, SINCE),
        Bound(urn("audit", "github:index/other:Other"), "github:index/other:Other", "", {}, PROVIDER, SINCE),
        Bound(urn("guild"), TEAM, "", {"name": "guild"}, PROVIDER.replace("acme", "other"), SINCE),
    ]
    assert existing(stack, begun) == {}
