"""Teams and the organization's people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub


def test_a_team_is_the_same_by_slug_and_by_number(hub: Hub) -> None:
    """The slug follows the name, the number stays."""
    made = hub.make("POST", "/orgs/acme/teams", {"name": "Sec Team", "privacy": "closed", "description": "d"})
    assert (made["slug"], made["members_count"], made["parent"]) == ("sec-team", 1, None)
    number = f"/organizations/{hub.organization.id}/team/{made['id']}"
    assert hub.make("GET", number) == hub.make("GET", "/orgs/ACME/teams/SEC-team") == made
    renamed = hub.make("PATCH", number, {"name": "Other Name"})
    assert (renamed["slug"], renamed["id"]) == ("other-name", made["id"])
    assert hub.call("GET", "/orgs/acme/teams/sec-team").status == 404
    hub.make("DELETE", number)
    assert hub.call("GET", number).status == 404


def test_two_teams_of_one_slug_are_refused(hub: Hub) -> None:
    """Another spelling of the same slug is the same name."""
    hub.team("a b")
    answer = hub.call("POST", "/orgs/acme/teams", {"name": "A-B"})
    detail = {
        "resource": "Team",
        "code": "already_exists",
        "field": "name",
        "message": "Name must be unique for this org",
    }
    assert (answer.status, answer.json["errors"]) == (422, [detail])


def test_a_team_cannot_stand_under_itself(hub: Hub) -> None:
    """Neither directly nor through another."""
    one, two = hub.team("one"), hub.team("two")
    hub.make("PATCH", "/orgs/acme/teams/two", {"parent_team_id": one["id"]})
    assert hub.call("PATCH", "/orgs/acme/teams/one", {"parent_team_id": two["id"]}).status == 422
    assert hub.call("PATCH", "/orgs/acme/teams/one", {"parent_team_id": one["id"]}).status == 422
    assert [team["slug"] for team in hub.make("GET", "/orgs/acme/teams/one/teams")] == ["two"]
    hub.make("PATCH", "/orgs/acme/teams/two", {"parent_team_id": None})
    assert hub.make("GET", "/orgs/acme/teams/two")["parent"] is None


def test_members_of_a_child_are_members_of_the_parent(hub: Hub) -> None:
    """The parent's list shows them, its own memberships do not."""
    parent = hub.team("parent", "alice")
    hub.make("POST", "/orgs/acme/teams", {"name": "child", "parent_team_id": parent["id"]})
    hub.make("PUT", "/orgs/acme/teams/child/memberships/bob", {"role": "maintainer"})
    logins = [user["login"] for user in hub.make("GET", "/orgs/acme/teams/parent/members")]
    assert logins == ["olga", "alice", "bob"]
    assert hub.call("GET", "/orgs/acme/teams/parent/memberships/bob").status == 404
    maintainers = hub.make("GET", "/orgs/acme/teams/child/members?role=maintainer")
    assert {user["login"] for user in maintainers} == {"olga", "bob"}


def test_who_is_outside_the_organization_is_invited(hub: Hub) -> None:
    """Pending until accepted: no member, no access; accepting makes both memberships real."""
    hub.team("team")
    added = hub.make("PUT", "/orgs/acme/teams/team/memberships/mallory", {"role": "member"})
    assert (added["state"], hub.make("GET", "/orgs/acme/teams/team/members")) == ("pending", [])
    assert [found["login"] for found in hub.make("GET", "/orgs/acme/teams/team/invitations")] == ["mallory"]
    assert [found["login"] for found in hub.make("GET", "/orgs/acme/invitations")] == ["mallory"]
    assert hub.make("GET", "/orgs/acme/memberships/mallory")["state"] == "pending"
    assert hub.call("GET", "/orgs/acme/teams", by="mallory").status == 404
    assert hub.call("PATCH", "/user/memberships/orgs/acme", {"state": "gone"}, by="mallory").status == 422
    hub.make("PATCH", "/user/memberships/orgs/acme", {"state": "active"}, by="mallory")
    assert [user["login"] for user in hub.make("GET", "/orgs/acme/teams/team/members")] == ["mallory"]
    assert [found["login"] for found in hub.make("GET", "/user/orgs", by="mallory")] == ["acme"]


def test_an_owner_shows_as_maintainer_of_every_team(hub: Hub) -> None:
    """Whatever role was asked for."""
    hub.team("team")
    assert hub.make("PUT", "/orgs/acme/teams/team/memberships/olga", {"role": "member"})["role"] == "maintainer"
    assert hub.make("PUT", "/orgs/acme/teams/team/memberships/alice", {"role": "member"})["role"] == "member"


@pytest.mark.parametrize(
    ("by", "status"), [("alice", 200), ("bob", 403), ("mallory", 404), ("writer", 200), ("reader", 403)]
)
def test_maintainers_and_owners_change_a_team(hub: Hub, by: str, status: int) -> None:
    """Members may look, outsiders may not even that."""
    hub.team("team", "bob")
    hub.make("PUT", "/orgs/acme/teams/team/memberships/alice", {"role": "maintainer"})
    assert hub.call("PUT", "/orgs/acme/teams/team/memberships/bob", {"role": "member"}, by=by).status == status


def test_a_secret_team_is_for_its_members(hub: Hub) -> None:
    """Others neither see it nor find it listed."""
    hub.make("POST", "/orgs/acme/teams", {"name": "quiet"})
    hub.make("PUT", "/orgs/acme/teams/quiet/memberships/alice")
    assert [team["slug"] for team in hub.make("GET", "/orgs/acme/teams", by="alice")] == ["quiet"]
    assert hub.make("GET", "/orgs/acme/teams", by="bob") == []
    assert hub.call("GET", "/orgs/acme/teams/quiet", by="bob").status == 404


def test_a_teams_repositories(hub: Hub) -> None:
    """Given with a permission, changed, shown from both sides, taken away."""
    hub.repository()
    team = hub.team("team")
    path = f"/organizations/{hub.organization.id}/team/{team['id']}/repos/acme/app"
    assert hub.call("GET", path).status == 404
    assert hub.call("PUT", path, {"permission": "push"}).status == 204
    assert hub.call("GET", path).status == 204
    accept = {"accept": "application/vnd.github.v3.repository+json"}
    shown = hub.call("GET", path, headers=accept)
    assert (shown.status, shown.json["name"], shown.json["role_name"]) == (200, "app", "write")
    assert [(found["slug"], found["permission"]) for found in hub.make("GET", "/repos/acme/app/teams")] == [
        ("team", "push")
    ]
    hub.make("PUT", "/orgs/acme/teams/team/repos/acme/app", {"permission": "read"})
    assert hub.make("GET", "/orgs/acme/teams/team/repos")[0]["permissions"]["push"] is False
    assert hub.call("PUT", path, {"permission": "owner"}).status == 422
    hub.make("DELETE", path)
    assert hub.make("GET", "/repos/acme/app/teams") == []


def test_the_last_owner_stays(hub: Hub) -> None:
    """Neither removal nor a lower role is allowed; with a second owner both are."""
    assert hub.call("DELETE", "/orgs/acme/memberships/olga").status == 403
    assert hub.call("PUT", "/orgs/acme/memberships/olga", {"role": "member"}).status == 403
    hub.make("PUT", "/orgs/acme/memberships/alice", {"role": "admin"})
    assert [user["login"] for user in hub.make("GET", "/orgs/acme/members?role=admin")] == ["olga", "alice"]
    hub.make("DELETE", "/orgs/acme/memberships/olga")
    assert hub.call("GET", "/orgs/acme/members", by="olga").status == 404


def test_an_organizations_settings_are_its_owners_to_see_and_set(hub: Hub) -> None:
    """Members see the profile; what the API cannot set stays as it is."""
    changed = hub.make(
        "PATCH",
        "/orgs/acme",
        {"default_repository_permission": "none", "members_can_create_repositories": False, "description": "d"},
    )
    assert (changed["default_repository_permission"], changed["members_can_create_repositories"]) == ("none", False)
    assert (
        hub.make("PATCH", "/orgs/acme", {"two_factor_requirement_enabled": True})["two_factor_requirement_enabled"]
        is False
    )
    seen = hub.make("GET", "/orgs/acme", by="alice")
    assert (seen["description"], "default_repository_permission" in seen, "plan" in seen) == ("d", False, True)
    assert "plan" not in hub.make("GET", "/orgs/acme", by="mallory")
    assert hub.call("PATCH", "/orgs/acme", {"default_repository_permission": "all"}).status == 422
    assert hub.call("POST", "/orgs/acme/repos", {"name": "x"}, by="alice").status == 403


def test_apps_and_installations_are_found(hub: Hub) -> None:
    """By slug for everybody; installations for owners, an app's own for itself."""
    app = hub.make("GET", "/apps/writer", by="mallory")
    assert (app["slug"], app["permissions"]["administration"]) == ("writer", "write")
    listed = hub.make("GET", "/orgs/acme/installations")
    assert [found["app_slug"] for found in listed["installations"]] == ["writer", "reader"]
    own = hub.make("GET", "/orgs/acme/installation", by="writer")
    assert (own["app_id"], own["repository_selection"]) == (app["id"], "all")
    hub.repository()
    reached = hub.make("GET", "/installation/repositories", by="reader")
    assert [found["name"] for found in reached["repositories"]] == ["app"]
    assert hub.call("GET", "/apps/none").status == 404
    assert hub.make("GET", "/users/writer%5Bbot%5D")["type"] == "Bot"
    assert hub.make("GET", f"/user/{app['id']}")["login"] == "writer[bot]"
