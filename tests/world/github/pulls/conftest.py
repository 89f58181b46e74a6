"""A repository in which a change can be proposed: authors and reviewers with write, apps that check."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import pytest

from twinlock_world.github import accounts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.github.conftest import Answer, Hub

CHECKER: Final = {"checks": "write", "statuses": "write", "contents": "write", "pull_requests": "write"}


@dataclass
class Workshop:
    """A repository of acme: alice, bob and carol may write, rita may read, olga owns, two apps check."""

    hub: Hub
    name: str = "app"
    made: int = field(default=0)

    def call(self, method: str, path: str, body: object = None, by: str = "alice") -> Answer:
        """Send a request below the repository."""
        return self.hub.call(method, f"/repos/acme/{self.name}{path}", body, by=by)

    def make(self, method: str, path: str, body: object = None, by: str = "alice") -> Any:  # noqa: ANN401 - a test reads what it expects
        """Send a request below the repository that must succeed, and return its document."""
        return self.hub.make(method, f"/repos/acme/{self.name}{path}", body, by=by)

    def sha(self, branch: str) -> str:
        """Return where a branch is."""
        return str(self.make("GET", f"/git/ref/heads/{branch}")["object"]["sha"])

    def branch(self, name: str, start: str = "main") -> str:
        """Make a branch, and return where it is."""
        return str(
            self.make("POST", "/git/refs", {"ref": f"refs/heads/{name}", "sha": self.sha(start)})["object"]["sha"]
        )

    def commit(self, branch: str, path: str = "file.txt", text: str | None = None, by: str = "alice") -> str:
        """Write a file on a branch, and return the commit."""
        self.made += 1
        content = base64.b64encode((text or f"text {self.made}\n").encode()).decode()
        held = self.call("GET", f"/contents/{path}?ref={branch}", by=by)
        known = {"sha": held.json["sha"]} if held.status == 200 else {}
        body = {"message": f"Change {self.made}", "content": content, "branch": branch, **known}
        return str(self.make("PUT", f"/contents/{path}", body, by)["commit"]["sha"])

    def propose(self, branch: str = "topic", by: str = "alice", **fields: object) -> Any:  # noqa: ANN401 - as above
        """Open a pull request with one commit on a branch of its own, and return it."""
        self.branch(branch)
        self.commit(branch, by=by)
        return self.make("POST", "/pulls", {"title": f"Add {branch}", "head": branch, "base": "main", **fields}, by)

    def protect(self, *rules: dict[str, object], **ruleset: object) -> Any:  # noqa: ANN401 - as above
        """Put rules on the default branch."""
        body = {
            "name": "main",
            "target": "branch",
            "enforcement": "active",
            "bypass_actors": [],
            "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
            "rules": list(rules),
            **ruleset,
        }
        return self.make("POST", "/rulesets", body, "olga")

    @staticmethod
    def review_rule(**changes: object) -> dict[str, object]:
        """Return a rule that asks for one approval, changed so."""
        parameters: dict[str, object] = {
            "required_approving_review_count": 1,
            "dismiss_stale_reviews_on_push": False,
            "require_code_owner_review": False,
            "require_last_push_approval": False,
            "required_review_thread_resolution": False,
            **changes,
        }
        return {"type": "pull_request", "parameters": parameters}


@pytest.fixture
def new_workshop(hub: Hub) -> Callable[[], Workshop]:
    """Return a function that makes one more private repository with one commit on main."""
    for login in ("carol", "rita"):
        _, hub.tokens[login] = accounts.ensure_user(hub.store, hub.organization, login, "member")
    for slug in ("checker", "other"):
        _, hub.tokens[slug] = accounts.ensure_app(hub.store, hub.organization, slug, CHECKER)
    names = (f"app{number or ''}" for number in count())

    def make() -> Workshop:
        name = next(names)
        hub.repository(name, private=True)
        for login, permission in (("alice", "push"), ("bob", "push"), ("carol", "push"), ("rita", "pull")):
            hub.make("PUT", f"/repos/acme/{name}/collaborators/{login}", {"permission": permission})
        return Workshop(hub, name)

    return make


@pytest.fixture
def workshop(new_workshop: Callable[[], Workshop]) -> Workshop:
    """A private repository with one commit on main."""
    return new_workshop()
