"""What took the name of something that is gone is bound in the state, and nothing else is touched."""

from __future__ import annotations

import http.server
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from twinlock.engine.port import Provider, Stack
from twinlock.engine.pulumi.rebinding import Bound, bound, rebound
from twinlock.provider.rebinding import rulesets

if TYPE_CHECKING:
    from collections.abc import Iterator

RULESET = "github:index/repositoryRuleset:RepositoryRuleset"


def resource(urn: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a resource of a checkpoint."""
    return {"urn": urn, "type": RULESET, "custom": True, "id": "1", "inputs": {"name": urn}, **more}


def test_what_providers_manage_is_bound() -> None:
    """Components, what is read from elsewhere, and what waits for its deletion are not."""
    resources = [
        resource("a"),
        resource("component", custom=False),
        resource("external", external=True),
        resource("old", delete=True),
        resource("begun", id=""),
    ]
    content = json.dumps({"version": 3, "checkpoint": {"latest": {"resources": resources}}}).encode()
    assert bound(content) == (Bound("a", RULESET, "1", {"name": "a"}),)


def test_only_the_ids_that_moved_are_changed() -> None:
    """The id, and the one among the outputs by which Pulumi's bridge reads; all else stays, secrets encrypted too."""
    kept = {"token": {"ciphertext": "v1:abc"}}
    before = [
        resource("a", outputs={"id": "1", "name": "a", **kept}),
        resource("b", outputs={"id": "1"}),
        resource("a", delete=True),
    ]
    exported = json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": before}})
    after = json.loads(rebound(exported, {"a": "7"}))
    assert after == {
        "version": 3,
        "deployment": {
            "manifest": {},
            "resources": [
                resource("a", id="7", outputs={"id": "7", "name": "a", **kept}),
                before[1],
                before[2],
            ],
        },
    }


class GitHub(http.server.BaseHTTPRequestHandler):
    """Answers one list of rulesets, and remembers what was asked."""

    rulesets: list[dict[str, Any]]
    asked: list[str]

    def do_GET(self) -> None:
        """Answer."""
        self.asked.append(self.path.partition("?")[0])
        body = json.dumps(self.rulesets).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the base class's
        """Say nothing."""


@pytest.fixture
def github() -> Iterator[tuple[Stack, type[GitHub]]]:
    """Return a stack whose provider reaches a GitHub on loopback."""
    handler: Any = type("Handler", (GitHub,), {"rulesets": [], "asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        inputs = {"githubUrl": address, "githubToken": "t", "organization": "acme"}
        provider = Provider("twinlock", "twinlock", inputs, frozenset({"githubToken"}))
        yield Stack("protections", "payments", lambda: None, providers=lambda: (provider,)), handler
        server.shutdown()
        thread.join()


def declared(name: str, id_: str) -> Bound:
    """Return a declared ruleset of the repository `payments`."""
    return Bound(f"urn:{name}", RULESET, id_, {"repository": "payments", "name": name})


def test_a_ruleset_whose_name_is_taken_moves_to_the_one_that_took_it(github: tuple[Stack, type[GitHub]]) -> None:
    """One that is there stays, one that is gone without another stays gone; one list answers for all of them."""
    stack, server = github
    server.rulesets = [{"id": 1, "name": "default-branch"}, {"id": 9, "name": "tags"}]
    known = [declared("default-branch", "1"), declared("tags", "2"), declared("gone", "3")]
    assert rulesets(stack, known) == {"urn:tags": "9"}
    assert server.asked == ["/repos/acme/payments/rulesets"]


def test_a_stack_without_rulesets_asks_nobody(github: tuple[Stack, type[GitHub]]) -> None:
    """Most stacks have none, and pay nothing."""
    stack, server = github
    assert rulesets(stack, [Bound("urn:team", "github:index/team:Team", "1", {})]) == {}
    assert server.asked == []
