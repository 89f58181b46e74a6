"""Access to a repository: collaborators, invitations, teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import (
    METADATA,
    READ_ACCESS,
    READ_ADMINISTRATION,
    ROLES,
    WRITE_ADMINISTRATION,
    Rank,
    Role,
    direct_role,
    rank_in,
    role_on,
)
from twinlock_world.github.accounts import User, find_user, get_app, get_user
from twinlock_world.github.bodies.account import simple_account
from twinlock_world.github.bodies.repository import minimal_repository, permissions
from twinlock_world.github.bodies.team import listed_team
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.collaborators import INVITATION, collaborators, give, invite, remove
from twinlock_world.github.errors import forbidden, not_found, validation_failed
from twinlock_world.github.mounts import REPOSITORY, SIGNED_IN, RepositoryCall
from twinlock_world.github.repository import Repository, get_repository
from twinlock_world.github.team import get_team, grants
from twinlock_world.github.urls import node_id

if TYPE_CHECKING:
    from twinlock_world.github.collaborators import Collaborator
    from twinlock_world.github.team import Team
    from twinlock_world.jsonvalue import Fields, JsonObject
    from twinlock_world.store import Record


def list_collaborators(call: RepositoryCall) -> Reply:
    """Return who has access to a repository."""
    found = collaborators(call.store, call.repository, call.query.get("affiliation", "all"))
    asked = call.query.get("permission")
    least = ROLES.get(asked or "", Role.PULL)
    return call.page([one for one in found if one.role >= least], lambda one: _collaborator_body(call, one))


def check_collaborator(call: RepositoryCall) -> Reply:
    """Tell by the status whether somebody has access beyond what everybody has."""
    user = find_user(call.store, call.params["username"])
    if user is None or user.id not in {one.user.id for one in collaborators(call.store, call.repository, "all")}:
        raise not_found(f"{call.params['username']} is not a user")
    return NO_CONTENT


def set_collaborator(call: RepositoryCall) -> Reply:
    """Give somebody access: a member at once, anybody else once they accept."""
    user, repository = _user(call), call.repository
    permission = _permission(call.body(), "permission")
    rank = rank_in(call.store, repository.owner, user)
    if rank is Rank.OWNER or rank is Rank.MEMBER or direct_role(call.store, repository, user):
        give(call.store, repository, user, permission)
        return NO_CONTENT
    invitation = invite(call.store, repository, user, permission, call.caller())
    return Reply(201, _invitation_body(call, repository, invitation))


def remove_collaborator(call: RepositoryCall) -> Reply:
    """Take access from somebody."""
    remove(call.store, call.repository, _user(call))
    return NO_CONTENT


def show_permission(call: RepositoryCall) -> Reply:
    """Return what somebody may do with a repository."""
    user = _user(call)
    role = role_on(call.store, call.repository, user)
    coarse = "none"
    if role >= Role.PULL:
        coarse = "admin" if role is Role.ADMIN else "write" if role >= Role.PUSH else "read"
    body = simple_account(call.urls, user)
    shown = {**body, "permissions": permissions(role), "role_name": role.role_name}
    return Reply(200, {"permission": coarse, "role_name": role.role_name, "user": shown})


def list_invitations(call: RepositoryCall) -> Reply:
    """Return who was asked to take access and has not yet."""
    found = call.store.children(INVITATION, call.repository.id)
    return call.page(found, lambda record: _invitation_body(call, call.repository, record))


def change_invitation(call: RepositoryCall) -> Reply:
    """Change what an invitation offers."""
    record = _invitation(call)
    permission = _permission(call.body(), "permissions")
    changed = call.store.update(record, {**record.data, "permission": permission})
    return Reply(200, _invitation_body(call, call.repository, changed))


def delete_invitation(call: RepositoryCall) -> Reply:
    """Withdraw an invitation."""
    call.store.delete(_invitation(call))
    return NO_CONTENT


def list_own_invitations(call: Call) -> Reply:
    """Return the repositories that the caller was asked to take access to."""
    user = _self(call)
    pairs = [
        (get_repository(call.store, record.parent or 0), record) for record in call.store.linked(INVITATION, user.id)
    ]
    shown = [(repository, record) for repository, record in pairs if repository is not None]
    return call.page(shown, lambda pair: _invitation_body(call, *pair))


def accept_invitation(call: Call) -> Reply:
    """Take the access that was offered."""
    user, record = _self(call), _own_invitation(call)
    repository = get_repository(call.store, record.parent or 0)
    if repository is None:
        raise not_found()
    give(call.store, repository, user, record.fields.text("permission"))
    call.store.delete(record)
    return NO_CONTENT


def decline_invitation(call: Call) -> Reply:
    """Refuse the access that was offered."""
    call.store.delete(_own_invitation(call))
    return NO_CONTENT


def list_teams(call: RepositoryCall) -> Reply:
    """Return the teams that were given a repository."""
    pairs = [(get_team(call.store, team), ROLES[role]) for team, role in grants(call.store, call.repository).items()]
    shown = [(team, role) for team, role in pairs if team is not None]

    def encode(pair: tuple[Team, Role]) -> JsonObject:
        team, role = pair
        parent = None if team.parent_id is None else get_team(call.store, team.parent_id)
        return listed_team(call.urls, team, parent, role)

    return call.page(shown, encode)


def _user(call: RepositoryCall) -> User:
    user = find_user(call.store, call.params["username"])
    if user is None:
        raise not_found()
    return user


def _self(call: Call) -> User:
    user = call.caller()
    if not isinstance(user, User):
        raise forbidden("Resource not accessible by integration")
    return user


def _permission(body: Fields, name: str) -> str:
    asked = body.text(name) if body.given(name) else "push"
    if asked not in ROLES:
        raise validation_failed("Repository", name, "invalid")
    return ROLES[asked].permission


def _invitation(call: RepositoryCall) -> Record:
    record = call.store.get(INVITATION, call.parameter_number("invitation_id"))
    if record is None or record.parent != call.repository.id:
        raise not_found()
    return record


def _own_invitation(call: Call) -> Record:
    record = call.store.get(INVITATION, call.parameter_number("invitation_id"))
    if record is None or record.peer != _self(call).id:
        raise not_found()
    return record


def _collaborator_body(call: RepositoryCall, one: Collaborator) -> JsonObject:
    body = simple_account(call.urls, one.user)
    return {**body, "permissions": permissions(one.role), "role_name": one.role.role_name}


def _invitation_body(call: Call, repository: Repository, record: Record) -> JsonObject:
    invitee = get_user(call.store, record.peer or 0)
    by = record.fields.number("inviter")
    inviter = get_user(call.store, by) or get_app(call.store, by)
    role = ROLES[record.fields.text("permission")]
    return {
        "id": record.id,
        "node_id": node_id("RI", record.id),
        "repository": minimal_repository(call.urls, repository, role),
        "invitee": None if invitee is None else simple_account(call.urls, invitee),
        "inviter": None if inviter is None else simple_account(call.urls, inviter),
        "permissions": role.role_name,
        "created_at": record.created_at,
        "expired": False,
        "url": call.urls.api("user", "repository_invitations", record.id),
        "html_url": call.urls.html(repository.full_name, "invitations"),
    }


ROUTES: Final = (
    *REPOSITORY.get("/collaborators", READ_ACCESS, list_collaborators),
    *REPOSITORY.get("/collaborators/{username}", READ_ACCESS, check_collaborator),
    *REPOSITORY.put("/collaborators/{username}", WRITE_ADMINISTRATION, set_collaborator),
    *REPOSITORY.delete("/collaborators/{username}", WRITE_ADMINISTRATION, remove_collaborator),
    *REPOSITORY.get("/collaborators/{username}/permission", METADATA, show_permission),
    *REPOSITORY.get("/invitations", READ_ADMINISTRATION, list_invitations),
    *REPOSITORY.patch("/invitations/{invitation_id}", WRITE_ADMINISTRATION, change_invitation),
    *REPOSITORY.delete("/invitations/{invitation_id}", WRITE_ADMINISTRATION, delete_invitation),
    *REPOSITORY.get("/teams", READ_ADMINISTRATION, list_teams),
    *SIGNED_IN.get("/user/repository_invitations", None, list_own_invitations),
    *SIGNED_IN.patch("/user/repository_invitations/{invitation_id}", None, accept_invitation),
    *SIGNED_IN.delete("/user/repository_invitations/{invitation_id}", None, decline_invitation),
)
