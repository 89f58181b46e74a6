"""The local GitHub in this process: every request goes through its ASGI interface, none through a socket."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest

from twinlock_world import github
from twinlock_world.github import accounts
from twinlock_world.github.changes.watcher import named
from twinlock_world.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.conftest import OpenApi

    from twinlock_world.github.application import GitHub

ORIGIN: Final = "http://127.0.0.1:4000"
WRITER: Final = {
    "actions": "write",
    "administration": "write",
    "contents": "write",
    "environments": "write",
    "members": "write",
    "organization_administration": "write",
    "secrets": "write",
    "variables": "write",
}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - a test reads what it expects
        """The document."""
        return json.loads(self.content)

    @property
    def message(self) -> str:
        """What GitHub said of a refusal."""
        return str(self.json["message"])


@dataclass
class Hub:
    """A GitHub with an owner (olga), members (alice, bob), an outsider (mallory) and two apps."""

    store: Store
    directory: Path
    app: GitHub
    organization: accounts.Organization
    openapi: OpenApi
    tokens: dict[str, str] = field(default_factory=dict)
    unlike_github: list[str] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: str | None = "olga",
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Answer:
        """Send a request; `by` names whose token goes with it."""
        path, _, query = path.partition("?")
        sent = {"host": "127.0.0.1:4000", **(headers or {})}
        if token or by:
            sent["authorization"] = f"Bearer {token or self.tokens[str(by)]}"
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = asyncio.run(self._send(method, path, query, sent, content))
        self.compare(method, path, answer)
        return answer

    def compare(self, method: str, path: str, answer: Answer) -> None:
        """Hold an answer against GitHub's OpenAPI; a route that isn't there answers 501, and so has none.

        The document is of the first version: it requires what a later one removed.
        """
        found = self.app.route(method, path.removeprefix("/api/v3"))
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        is_first = answer.headers.get("x-github-api-version-selected") != "2026-03-10"
        compared = answer.status not in {304, 501} and is_first and (is_json or not answer.content)
        if found is not None and compared:
            body = answer.json if answer.content else None
            self.unlike_github += self.openapi.problems(method, named(found.template), answer.status, body)

    def make(self, method: str, path: str, body: object = None, by: str = "olga") -> Any:  # noqa: ANN401 - as above
        """Send a request that must succeed, and return its document."""
        answer = self.call(method, path, body, by=by)
        assert answer.status < 300, (method, path, answer.status, answer.content)
        return answer.json if answer.content else None

    def repository(self, name: str = "app", **settings: object) -> Any:  # noqa: ANN401 - as above
        """Make a private repository with a first commit."""
        return self.make("POST", "/orgs/acme/repos", {"name": name, "private": True, "auto_init": True, **settings})

    def team(self, name: str, *members: str) -> Any:  # noqa: ANN401 - as above
        """Make a closed team of exactly these people."""
        made = self.make("POST", "/orgs/acme/teams", {"name": name, "privacy": "closed"})
        self.make("DELETE", f"/orgs/acme/teams/{made['slug']}/memberships/olga")
        for login in members:
            self.make("PUT", f"/orgs/acme/teams/{made['slug']}/memberships/{login}", {"role": "member"})
        return made

    async def _send(self, method: str, path: str, query: str, headers: Mapping[str, str], content: bytes) -> Answer:
        scope = {
            "type": "http",
            "method": method,
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:  # noqa: ANN401 - ASGI's own
            sent.append(message)

        await self.app(scope, receive, send)
        raw: dict[str, str] = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(int(sent[0]["status"]), raw, bytes(sent[1]["body"]))


@pytest.fixture
def hub(tmp_path: Path, openapi: OpenApi) -> Iterator[Hub]:
    """A fresh GitHub with an organization, its people and two apps."""
    store = Store.open(tmp_path / "store.sqlite")
    organization = accounts.ensure_organization(store, "acme")
    hub = Hub(store, tmp_path, github.application(store, tmp_path / "git"), organization, openapi)
    for login, role in (("olga", "owner"), ("alice", "member"), ("bob", "member"), ("mallory", "outsider")):
        _, hub.tokens[login] = accounts.ensure_user(store, organization, login, role)
    for slug, permissions in (("writer", WRITER), ("reader", {"contents": "read", "metadata": "read"})):
        _, hub.tokens[slug] = accounts.ensure_app(store, organization, slug, permissions)
    yield hub
    store.close()
    assert sorted(set(hub.unlike_github)) == []
