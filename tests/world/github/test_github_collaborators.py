"""Access by name: members at once, others by invitation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

PATH = "/repos/acme/app/collaborators"


def _listed(hub: Hub, affiliation: str) -> dict[str, str]:
    return {one["login"]: one["role_name"] for one in hub.make("GET", f"{PATH}?affiliation={affiliation}")}


def test_a_member_is_given_access_at_once(hub: Hub) -> None:
    """204, listed as direct and not as outside."""
    hub.repository()
    assert hub.call("PUT", f"{PATH}/alice", {"permission": "maintain"}).status == 204
    assert _listed(hub, "direct") == {"alice": "maintain"}
    assert _listed(hub, "outside") == {}
    assert _listed(hub, "all") == {"olga": "admin", "alice": "maintain", "bob": "read"}
    assert hub.call("DELETE", f"{PATH}/alice").status == 204
    assert _listed(hub, "direct") == {}


def test_an_outsider_has_nothing_until_the_invitation_is_accepted(hub: Hub) -> None:
    """201 with the invitation; then a collaborator, outside and direct, and found in the organization."""
    hub.repository()
    made = hub.call("PUT", f"{PATH}/mallory", {"permission": "admin"})
    invitation = made.json
    assert (made.status, invitation["permissions"], invitation["invitee"]["login"]) == (201, "admin", "mallory")
    assert hub.make("GET", "/repos/acme/app/invitations") == [invitation]
    assert hub.call("GET", "/repos/acme/app", by="mallory").status == 404
    assert hub.make("GET", "/user/repository_invitations", by="mallory")[0]["id"] == invitation["id"]
    own = f"/user/repository_invitations/{invitation['id']}"
    assert hub.call("PATCH", own, by="bob").status == 404
    assert hub.call("PATCH", own, by="mallory").status == 204
    assert hub.make("GET", "/repos/acme/app/invitations") == []
    assert _listed(hub, "outside") == _listed(hub, "direct") == {"mallory": "admin"}
    assert [user["login"] for user in hub.make("GET", "/orgs/acme/outside_collaborators")] == ["mallory"]
    assert hub.make("GET", "/repos/acme/app", by="mallory")["permissions"]["admin"] is True
    hub.make("DELETE", "/orgs/acme/outside_collaborators/mallory")
    assert hub.call("GET", "/repos/acme/app", by="mallory").status == 404
    assert hub.call("DELETE", "/orgs/acme/outside_collaborators/alice").status == 422


def test_an_invitation_is_changed_withdrawn_or_declined(hub: Hub) -> None:
    """Nothing of it remains."""
    hub.repository()
    first = hub.make("PUT", f"{PATH}/mallory", {"permission": "pull"})
    path = f"/repos/acme/app/invitations/{first['id']}"
    assert hub.make("PATCH", path, {"permissions": "write"})["permissions"] == "write"
    hub.make("DELETE", path)
    assert hub.call("DELETE", path).status == 404
    second = hub.make("PUT", f"{PATH}/mallory")
    assert second["permissions"] == "write"
    hub.make("DELETE", f"/user/repository_invitations/{second['id']}", by="mallory")
    assert hub.make("GET", "/repos/acme/app/invitations") == []


def test_what_anybody_may_do_can_be_asked(hub: Hub) -> None:
    """Coarse permission and exact role, from whatever source."""
    hub.repository()
    hub.make("PUT", f"{PATH}/bob", {"permission": "triage"})
    shown = {
        login: (found["permission"], found["role_name"])
        for login in ("olga", "alice", "bob", "mallory")
        for found in [hub.make("GET", f"{PATH}/{login}/permission")]
    }
    assert shown == {
        "olga": ("admin", "admin"),
        "alice": ("read", "read"),
        "bob": ("read", "triage"),
        "mallory": ("none", "none"),
    }
    assert (hub.call("GET", f"{PATH}/bob").status, hub.call("GET", f"{PATH}/mallory").status) == (204, 404)
    assert hub.call("PUT", f"{PATH}/bob", {"permission": "superuser"}).status == 422
    assert hub.call("PUT", f"{PATH}/nobody").status == 404
