"""Who may do what, and what each refusal says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock_world.github import accounts
from twinlock_world.github.access import may_push, may_read
from twinlock_world.github.auth import resolve_token
from twinlock_world.github.repository import find_repository

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub


@pytest.mark.parametrize(
    ("by", "asked", "status", "message"),
    [
        (None, "GET /user", 401, "Requires authentication"),
        (None, "GET /repos/acme/app", 404, "Not Found"),
        (None, "GET /orgs/acme/teams", 401, "Requires authentication"),
        ("mallory", "GET /repos/acme/app", 404, "Not Found"),
        ("mallory", "DELETE /repos/acme/app", 404, "Not Found"),
        ("mallory", "GET /orgs/acme/teams", 404, "Not Found"),
        ("mallory", "GET /orgs/acme/actions/permissions", 404, "Not Found"),
        ("alice", "GET /repos/acme/app/actions/permissions", 403, "Must have admin rights to Repository."),
        ("alice", "PUT /repos/acme/app/environments/e", 403, "Must have admin rights to Repository."),
        ("alice", "GET /repos/acme/app/collaborators", 403, "Must have push access to Repository."),
        ("alice", "GET /orgs/acme/actions/permissions", 403, "Must have admin rights to Repository."),
        ("alice", "PUT /orgs/acme/memberships/mallory", 403, "Must have admin rights to Repository."),
        ("reader", "PUT /repos/acme/app/environments/e", 403, "Resource not accessible by integration"),
        ("reader", "GET /orgs/acme/members", 403, "Resource not accessible by integration"),
        ("reader", "GET /repos/acme/app/environments", 403, "Resource not accessible by integration"),
        ("reader", "GET /user", 403, "Resource not accessible by integration"),
        ("olga", "GET /repos/acme/none", 404, "Not Found"),
        ("olga", "GET /orgs/none", 404, "Not Found"),
        ("olga", "GET /repositories/12x", 404, "Not Found"),
    ],
)
def test_refusals(hub: Hub, by: str | None, asked: str, status: int, message: str) -> None:
    """401 for nobody, 404 for what one may not know of, 403 for what one may not do."""
    hub.repository()
    method, path = asked.split(" ")
    answer = hub.call(method, path, {}, by=by)
    assert (answer.status, answer.message) == (status, message)


@pytest.mark.parametrize(
    "authorization", ["Bearer nonsense", "token x", "Basic bm9ib2R5OnBhc3M=", "Basic %%%", "Bearer"]
)
def test_a_wrong_token_is_told_so_everywhere(hub: Hub, authorization: str) -> None:
    """Even where no token would have been needed."""
    answer = hub.call("GET", "/meta", by=None, headers={"authorization": authorization})
    assert (answer.status, answer.message) == (401, "Bad credentials")


def test_an_expired_token_is_a_wrong_one_until_the_seed_gives_another(hub: Hub) -> None:
    """Expiry ends one token; seeding again makes a new one and leaves the account as it is."""
    user, old = accounts.ensure_user(hub.store, hub.organization, "alice", "member")
    assert accounts.expire_token(hub.store, "alice")
    assert not accounts.expire_token(hub.store, "nobody")
    assert hub.call("GET", "/user", token=old).message == "Bad credentials"
    again, new = accounts.ensure_user(hub.store, hub.organization, "alice", "outsider")
    assert again == user
    assert new != old
    assert hub.call("GET", "/orgs/acme/members/alice", token=new).status == 204


def test_seeding_an_app_again_adds_permissions_and_takes_none(hub: Hub) -> None:
    """What an app holds stays; what it lacked it gains."""
    app, token = accounts.ensure_app(hub.store, hub.organization, "reader", {"contents": "write", "checks": "write"})
    assert dict(app.permissions) == {"checks": "write", "contents": "read", "metadata": "read"}
    assert token == hub.tokens["reader"]


@pytest.mark.parametrize(
    ("by", "readable", "pushable"),
    [
        ("olga", True, True),
        ("alice", True, False),
        ("mallory", False, False),
        ("writer", True, True),
        ("reader", True, False),
    ],
)
def test_cloning_and_pushing_follow_the_same_decisions(hub: Hub, by: str, readable: bool, pushable: bool) -> None:  # noqa: FBT001 - a table's row
    """The git server asks what the routes ask."""
    hub.repository()
    identity = resolve_token(hub.store, hub.tokens[by])
    repository = find_repository(hub.store, "ACME", "APP")
    assert repository is not None
    assert (may_read(hub.store, identity, repository), may_push(hub.store, identity, repository)) == (
        readable,
        pushable,
    )
    hub.make("PATCH", "/repos/acme/app", {"archived": True})
    archived = find_repository(hub.store, "acme", "app")
    assert archived is not None
    assert not may_push(hub.store, identity, archived)


def test_everybody_reads_what_is_public(hub: Hub) -> None:
    """A public repository needs no token to read, and gives nobody more than that."""
    hub.repository("open", private=False)
    assert hub.call("GET", "/repos/acme/open", by=None).status == 200
    assert hub.call("GET", "/repos/acme/open/contents/README.md", by="mallory").status == 200
    assert hub.call("PUT", "/repos/acme/open/topics", {"names": []}, by="mallory").status == 403


def test_a_team_gives_its_members_a_role_and_a_child_inherits_it(hub: Hub) -> None:
    """Access comes from teams and from those above them, and ends with the membership."""
    hub.make("PATCH", "/orgs/acme", {"default_repository_permission": "none"})
    hub.repository()
    parent = hub.team("parent")
    child = hub.make("POST", "/orgs/acme/teams", {"name": "child", "parent_team_id": parent["id"]})
    assert hub.call("GET", "/repos/acme/app", by="alice").status == 404
    hub.make("PUT", "/orgs/acme/teams/child/memberships/alice")
    hub.make("PUT", "/orgs/acme/teams/parent/repos/acme/app", {"permission": "push"})
    shown = hub.make("GET", "/repos/acme/app/collaborators/alice/permission")
    assert (shown["permission"], shown["role_name"], child["parent"]["slug"]) == ("write", "write", "parent")
    hub.make("DELETE", "/orgs/acme/members/alice")
    assert hub.call("GET", "/repos/acme/app", by="alice").status == 404


def test_an_archived_repository_is_read_only_until_it_is_unarchived(hub: Hub) -> None:
    """Nothing but unarchiving and deletion is allowed."""
    hub.repository()
    hub.make("PATCH", "/repos/acme/app", {"archived": True})
    for method, path in (("PUT", "/topics"), ("POST", "/rulesets"), ("PATCH", "")):
        answer = hub.call(method, f"/repos/acme/app{path}", {"names": []})
        assert (answer.status, answer.message) == (403, "Repository was archived so is read-only.")
    hub.make("PATCH", "/repos/acme/app", {"archived": False})
    hub.make("PUT", "/repos/acme/app/topics", {"names": ["a"]})
