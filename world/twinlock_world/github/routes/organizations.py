"""An organization: its profile, its members and their memberships, those outside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import (
    COLLABORATOR,
    ORGANIZATION_PROFILE,
    READ_MEMBERS,
    WRITE_MEMBERS,
    WRITE_ORGANIZATION,
    Rank,
    may_administer_organization,
    rank_in,
)
from twinlock_world.github.accounts import (
    MEMBERSHIP,
    Organization,
    User,
    find_user,
    get_user,
    is_member,
    leave,
    members,
    membership,
    set_membership,
)
from twinlock_world.github.bodies.account import organization_invitation, simple_account, simple_organization
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.errors import forbidden, not_found, validation_failed
from twinlock_world.github.mounts import ORGANIZATION, SIGNED_IN, OrganizationCall
from twinlock_world.github.organization_settings import NEW_ORGANIZATION, PROFILE_TEXTS, read_settings
from twinlock_world.github.repository import repositories
from twinlock_world.github.routing import Mount
from twinlock_world.github.team import accept_team_memberships

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record

_ROLES: Final = ("admin", "member")


def show_organization(call: OrganizationCall) -> Reply:
    """Return an organization; how it is set up is told only to its owners."""
    return Reply(200, _body(call, call.organization))


def change_organization(call: OrganizationCall) -> Reply:
    """Change an organization's settings."""
    record = call.organization.record
    changed = call.store.update(record, read_settings(record.data, call.body()))
    return Reply(200, _body(call, Organization(changed)))


def list_members(call: OrganizationCall) -> Reply:
    """Return the members of an organization."""
    role = call.query.get("role", "all")
    found = [user for user, held in members(call.store, call.organization) if role in {"all", held}]
    return call.page(found, lambda user: simple_account(call.urls, user))


def check_member(call: OrganizationCall) -> Reply:
    """Tell by the status whether somebody is a member."""
    if not is_member(call.store, call.organization, find_user(call.store, call.params["username"])):
        raise not_found()
    return NO_CONTENT


def remove_member(call: OrganizationCall) -> Reply:
    """Take somebody out of the organization and of its teams."""
    user = _user(call)
    if membership(call.store, call.organization, user) is None:
        raise not_found()
    _keep_an_owner(call, user)
    leave(call.store, call.organization, user)
    return NO_CONTENT


def show_membership(call: OrganizationCall) -> Reply:
    """Return somebody's membership."""
    user = _user(call)
    record = membership(call.store, call.organization, user)
    if record is None:
        raise not_found()
    return Reply(200, _membership_body(call, call.organization, user, record))


def set_role(call: OrganizationCall) -> Reply:
    """Give somebody a role; who was no member is invited, and is one once they accept."""
    user, role = _user(call), call.body().choice("role", _ROLES, "member")
    held = membership(call.store, call.organization, user)
    if role == "member":
        _keep_an_owner(call, user)
    state = "pending" if held is None else held.fields.text("state")
    record = set_membership(call.store, call.organization, user, role, state)
    return Reply(200, _membership_body(call, call.organization, user, record))


def list_invitations(call: OrganizationCall) -> Reply:
    """Return those who were invited and have not accepted."""
    pending = [
        record
        for record in call.store.children(MEMBERSHIP, call.organization.id)
        if record.fields.text("state") == "pending"
    ]
    return call.page(
        pending,
        lambda record: organization_invitation(
            call.urls, record, get_user(call.store, record.peer or 0), call.organization
        ),
    )


def list_outside_collaborators(call: OrganizationCall) -> Reply:
    """Return those who have access to a repository without being members."""
    return call.page(_outsiders(call), lambda user: simple_account(call.urls, user))


def remove_outside_collaborator(call: OrganizationCall) -> Reply:
    """Take all access from somebody who is no member."""
    user = _user(call)
    if is_member(call.store, call.organization, user):
        raise validation_failed(
            "Organization",
            "username",
            "invalid",
            "You cannot specify an organization member to remove as an outside collaborator.",
        )
    for repository in repositories(call.store, call.organization):
        record = call.store.find(COLLABORATOR, str(user.id), parent=repository.id)
        if record is not None:
            call.store.delete(record)
    return NO_CONTENT


def accept_membership(call: OrganizationCall) -> Reply:
    """Accept the caller's own invitation."""
    user = _self(call)
    record = membership(call.store, call.organization, user)
    if record is None:
        raise not_found()
    if call.body().text("state") != "active":
        raise validation_failed("Membership", "state", "invalid")
    record = set_membership(call.store, call.organization, user, record.fields.text("role"))
    accept_team_memberships(call.store, call.organization, user)
    return Reply(200, _membership_body(call, call.organization, user, record))


def show_own_membership(call: OrganizationCall) -> Reply:
    """Return the caller's own membership."""
    user = _self(call)
    record = membership(call.store, call.organization, user)
    if record is None:
        raise not_found()
    return Reply(200, _membership_body(call, call.organization, user, record))


def list_own_organizations(call: Call) -> Reply:
    """Return the organizations that the caller belongs to."""
    user = call.caller()
    if not isinstance(user, User):
        raise forbidden("Resource not accessible by integration")
    records = call.store.linked(MEMBERSHIP, user.id)
    found = [record for record in records if record.fields.text("state") == "active"]
    organizations = [call.store.get("organization", record.parent or 0) for record in found]
    shown = [Organization(record) for record in organizations if record is not None]
    return call.page(shown, lambda organization: simple_organization(call.urls, organization))


def _user(call: OrganizationCall) -> User:
    user = find_user(call.store, call.params["username"])
    if user is None:
        raise not_found()
    return user


def _self(call: OrganizationCall) -> User:
    user = call.caller()
    if not isinstance(user, User):
        raise forbidden("Resource not accessible by integration")
    return user


def _keep_an_owner(call: OrganizationCall, user: User) -> None:
    owners = [owner for owner, role in members(call.store, call.organization) if role == "admin"]
    if [owner.id for owner in owners] == [user.id]:
        raise forbidden("Cannot remove the last owner of the organization.")


def _outsiders(call: OrganizationCall) -> list[User]:
    store, found = call.store, dict[int, User]()
    for repository in repositories(store, call.organization):
        for record in store.children(COLLABORATOR, repository.id):
            user = get_user(store, record.peer or 0)
            if user is not None and not is_member(store, call.organization, user):
                found[user.id] = user
    return [found[identifier] for identifier in sorted(found)]


def _body(call: Call, organization: Organization) -> JsonObject:
    held = repositories(call.store, organization)
    public = sum(repository.visibility == "public" for repository in held)
    fields = organization.record.fields
    body: dict[str, JsonValue] = {
        **simple_organization(call.urls, organization),
        **{name: fields.text(name) for name in PROFILE_TEXTS if fields.given(name)},
        "blog": fields.text("blog", ""),
        "is_verified": False,
        "has_organization_projects": fields.object("settings").flag("has_organization_projects"),
        "has_repository_projects": fields.object("settings").flag("has_repository_projects"),
        "public_repos": public,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": call.urls.html(organization.login),
        "type": "Organization",
        "created_at": organization.record.created_at,
        "updated_at": organization.record.updated_at,
        "archived_at": None,
    }
    owner = may_administer_organization(call.store, call.identity, organization)
    if not owner and rank_in(call.store, organization, call.identity) < Rank.MEMBER:
        return body
    private = len(held) - public
    seats = len(members(call.store, organization))
    body |= {
        "total_private_repos": private,
        "owned_private_repos": private,
        "plan": {
            "name": organization.plan,
            "space": 976562499,
            "private_repos": 9999,
            "filled_seats": seats,
            "seats": max(seats, 1),
        },
    }
    if not owner:
        return body
    return {
        **body,
        "private_gists": 0,
        "disk_usage": 0,
        "collaborators": 0,
        "billing_email": fields.raw.get("billing_email"),
        **{name: fields.object("settings").raw[name] for name in NEW_ORGANIZATION},
        "secret_scanning_push_protection_custom_link": fields.raw.get("secret_scanning_push_protection_custom_link"),
    }


def _membership_body(call: Call, organization: Organization, user: User, record: Record) -> JsonObject:
    url = call.urls.api("orgs", organization.login)
    return {
        "url": f"{url}/memberships/{user.login}",
        **record.fields.only(("state", "role")),
        "direct_membership": True,
        "organization_url": url,
        "organization": simple_organization(call.urls, organization),
        "user": simple_account(call.urls, user),
        "permissions": {"can_create_repository": organization.setting("members_can_create_repositories")},
    }


_OWN: Final = Mount(("/user/memberships/orgs/{org}",), ORGANIZATION.enter)

ROUTES: Final = (
    *ORGANIZATION.get("", ORGANIZATION_PROFILE, show_organization),
    *ORGANIZATION.patch("", WRITE_ORGANIZATION, change_organization),
    *ORGANIZATION.get("/members", READ_MEMBERS, list_members),
    *ORGANIZATION.get("/members/{username}", READ_MEMBERS, check_member),
    *ORGANIZATION.delete("/members/{username}", WRITE_MEMBERS, remove_member),
    *ORGANIZATION.get("/memberships/{username}", READ_MEMBERS, show_membership),
    *ORGANIZATION.put("/memberships/{username}", WRITE_MEMBERS, set_role),
    *ORGANIZATION.delete("/memberships/{username}", WRITE_MEMBERS, remove_member),
    *ORGANIZATION.get("/invitations", READ_MEMBERS, list_invitations),
    *ORGANIZATION.get("/outside_collaborators", READ_MEMBERS, list_outside_collaborators),
    *ORGANIZATION.delete("/outside_collaborators/{username}", WRITE_MEMBERS, remove_outside_collaborator),
    *SIGNED_IN.get("/user/orgs", None, list_own_organizations),
    *_OWN.get("", ORGANIZATION_PROFILE, show_own_membership),
    *_OWN.patch("", ORGANIZATION_PROFILE, accept_membership),
)
