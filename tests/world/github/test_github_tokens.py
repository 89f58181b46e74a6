"""Tokens of apps that may do less than their app: those of jobs, and of installations."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from twinlock_world.github.accounts import ACTIONS_APP, actions_app, issue_token, revoke_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tests.world.github.conftest import Hub


@pytest.fixture
def narrow(hub: Hub) -> Callable[[Mapping[str, str], Iterable[int] | None], str]:
    """Return a function that issues a token of Actions' own app for an hour."""

    def issue(permissions: Mapping[str, str], repositories: Iterable[int] | None = None) -> str:
        ends = hub.store.clock.now() + timedelta(hours=1)
        return issue_token(hub.store, actions_app(hub.store), permissions, repositories=repositories, expires_at=ends)

    return issue


def test_the_app_of_actions_has_githubs_number(hub: Hub) -> None:
    """Everybody knows it: rulesets name it as the integration of a check."""
    assert actions_app(hub.store).id == ACTIONS_APP == 15368
    assert actions_app(hub.store).login == "github-actions[bot]"
    assert hub.repository()["id"] > 100_000


def test_a_narrow_token_does_what_it_says_and_no_more(hub: Hub, narrow: Callable[..., str]) -> None:
    """It reads contents; it can't write them."""
    own = hub.repository("app")
    token = narrow({"contents": "read"}, [own["id"]])
    assert hub.call("GET", "/repos/acme/app/branches", token=token).status == 200
    refused = hub.call("PUT", "/repos/acme/app/contents/x", {"message": "x", "content": ""}, token=token)
    assert (refused.status, refused.message) == (403, "Resource not accessible by integration")


def test_a_narrow_token_reaches_only_its_repositories(hub: Hub, narrow: Callable[..., str]) -> None:
    """Another private repository isn't there for it; another public one it may read."""
    own, other, public = hub.repository("app"), hub.repository("other"), hub.repository("open", private=False)
    token = narrow({"contents": "write", "metadata": "read"}, [own["id"]])
    assert hub.call("GET", "/repos/acme/other/branches", token=token).status == 404
    assert hub.call("GET", "/repos/acme/open/branches", token=token).status == 200
    body = {"message": "x", "content": ""}
    assert hub.call("PUT", "/repos/acme/app/contents/x", body, token=token).status == 201
    assert hub.call("PUT", "/repos/acme/other/contents/x", body, token=token).status == 404
    assert hub.call("PUT", "/repos/acme/open/contents/x", body, token=token).status == 403
    wide = narrow({"contents": "read"}, None)
    assert hub.call("GET", f"/repositories/{other['id']}/branches", token=wide).status == 200
    assert public["visibility"] == "public"


def test_a_narrow_token_ends(hub: Hub, narrow: Callable[..., str]) -> None:
    """By its time, or when it is revoked."""
    own = hub.repository("app")
    revoked, timed = narrow({"contents": "read"}, [own["id"]]), narrow({"contents": "read"}, [own["id"]])
    revoke_token(hub.store, revoked)
    assert hub.call("GET", "/repos/acme/app/branches", token=revoked).message == "Bad credentials"
    assert hub.call("GET", "/repos/acme/app/branches", token=timed).status == 200
    hub.store.clock.advance(timedelta(hours=1))
    assert hub.call("GET", "/repos/acme/app/branches", token=timed).message == "Bad credentials"
