"""Rate limits: what is counted, what is refused and how, and when it begins anew."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from twinlock_world.rate_limit import Allowance

if TYPE_CHECKING:
    from tests.world.conftest import RunningWorld
    from tests.world.github.conftest import Hub


def _left(hub: Hub, login: str = "olga") -> int:
    found = hub.make("GET", "/rate_limit", by=login)
    left: int = found["resources"]["core"]["remaining"]
    return left


def test_each_answer_says_what_is_left(hub: Hub) -> None:
    """The headers count down, for each account by itself; asking for the limit costs nothing."""
    before = _left(hub)
    first, second = (hub.call("GET", "/user") for _ in range(2))
    assert (int(first.headers["x-ratelimit-remaining"]), int(second.headers["x-ratelimit-remaining"])) == (
        before - 1,
        before - 2,
    )
    assert second.headers["x-ratelimit-resource"] == "core"
    assert (_left(hub), _left(hub, "alice")) == (before - 2, Allowance().core)


def test_a_refusal_counts_and_what_is_unchanged_does_not(hub: Hub) -> None:
    """Documented: conditional requests that are answered with 304 are free."""
    tag = {"if-none-match": hub.call("GET", "/user").headers["etag"]}
    before = _left(hub)
    assert hub.call("GET", "/user", headers=tag).status == 304
    assert _left(hub) == before
    assert hub.call("GET", "/repos/acme/none").status == 404
    assert _left(hub) == before - 1


def test_who_has_asked_too_much_waits_for_the_hour(hub: Hub) -> None:
    """403 with nothing left, and the time at which it begins anew; others are not held up, nor is GraphQL."""
    hub.app.limits.allow(Allowance(core=2))
    for _ in range(2):
        assert hub.call("GET", "/user").status == 200
    refused = hub.call("GET", "/user")
    number = hub.make("GET", "/user", by="alice")["id"] and hub.store.find("user", "olga")
    assert number is not None
    assert (refused.status, refused.message) == (403, f"API rate limit exceeded for user ID {number.id}.")
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.json["documentation_url"] == "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"
    reset = int(refused.headers["x-ratelimit-reset"])
    assert 0 < reset - hub.store.clock.now().timestamp() <= 3600
    assert hub.call("POST", "/graphql", {"query": "{viewer{login}}"}).status == 200
    hub.store.clock.advance(timedelta(hours=1))
    assert hub.call("GET", "/user").status == 200


def test_what_is_refused_changes_nothing(hub: Hub) -> None:
    """A write beyond the limit is not made."""
    hub.app.limits.allow(Allowance(core=1))
    hub.call("GET", "/user")
    assert hub.call("POST", "/orgs/acme/teams", {"name": "late"}).status == 403
    hub.app.limits.allow(Allowance())
    assert hub.call("GET", "/orgs/acme/teams/late").status == 404


def test_too_much_at_once_is_told_when_to_come_back(hub: Hub) -> None:
    """The secondary limit counts a write as five reads, says `Retry-After`, and leaves the primary one alone."""
    hub.app.limits.allow(Allowance(secondary=6))
    hub.make("POST", "/orgs/acme/teams", {"name": "one"})
    assert hub.call("GET", "/user").status == 200
    refused = hub.call("GET", "/user")
    assert (refused.status, refused.message.startswith("You have exceeded a secondary rate limit.")) == (403, True)
    assert refused.json["documentation_url"].endswith("#about-secondary-rate-limits")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert int(refused.headers["x-ratelimit-remaining"]) > 0
    hub.store.clock.advance(timedelta(minutes=1))
    assert hub.call("GET", "/user").status == 200


def test_a_plain_denial_is_no_limit(hub: Hub) -> None:
    """Clients sleep on what looks like a limit; a refusal of rights must not look so."""
    hub.repository()
    refused = hub.call("DELETE", "/repos/acme/app", by="reader")
    assert refused.status == 403
    assert int(refused.headers["x-ratelimit-remaining"]) > 0
    assert "rate-limits" not in refused.json["documentation_url"]
    assert "retry-after" not in refused.headers


def test_tags_are_each_accounts_own(hub: Hub) -> None:
    """The tag of what one account was told tells another nothing, nor does one of another form."""
    hub.repository(private=False)
    first = hub.call("GET", "/repos/acme/app/topics")
    tag = {"if-none-match": first.headers["etag"]}
    assert hub.call("GET", "/repos/acme/app/topics", headers=tag).status == 304
    assert hub.call("GET", "/repos/acme/app/topics", headers=tag, by="alice").status == 200
    other = {**tag, "accept": "application/vnd.github.mercy-preview+json"}
    assert hub.call("GET", "/repos/acme/app/topics", headers=other).status == 200


def test_a_running_world_is_told_its_limits(world: RunningWorld) -> None:
    """What is not named is as at the start; what is no limit is refused."""
    answer = world.request("POST", "/_world/limits", document={"core": 14000})
    assert (answer.status_code, answer.json()) == (
        200,
        {"core": 14000, "graphql": Allowance().graphql, "secondary": None},
    )
    assert world.request("GET", "/user").headers["x-ratelimit-limit"] == "14000"
    assert world.request("POST", "/_world/limits", document={}).json()["core"] == Allowance().core


@pytest.mark.parametrize("document", [[], {"core": 0}, {"core": "1"}, {"cores": 1}, {"secondary": None}, {"core": 1.5}])
def test_a_limit_that_is_none_is_refused(world: RunningWorld, document: object) -> None:
    """The refusal says what the body must be."""
    answer = world.request("POST", "/_world/limits", document=document)
    assert (answer.status_code, answer.json()["message"].startswith("The body must be")) == (422, True)
