"""Teams of an organization: themselves, their members, their repositories."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import (
    READ_MEMBERS,
    ROLES,
    Level,
    OrganizationNeed,
    Rank,
    RepositoryNeed,
    Role,
    rank_in,
    require_repository,
    role_on,
)
from twinlock_world.github.accounts import User, find_user, get_user, is_member, membership, set_membership
from twinlock_world.github.bodies.account import organization_invitation, simple_account
from twinlock_world.github.bodies.repository import minimal_repository, permissions
from twinlock_world.github.bodies.team import full_team, listed_team
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.errors import forbidden, not_found, validation_failed
from twinlock_world.github.mounts import ORGANIZATION, TEAM, OrganizationCall, TeamCall
from twinlock_world.github.repository import Repository, find_repository, get_repository
from twinlock_world.github.team import (
    TEAM as KIND,
)
from twinlock_world.github.team import (
    TEAM_MEMBER,
    TEAM_REPOSITORY,
    Team,
    children,
    find_team,
    get_team,
    lineage,
    team_members,
    team_membership,
    teams,
)
from twinlock_world.store import DuplicateError, Record

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Organization
    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue

_CREATE: Final = OrganizationNeed("members", Level.WRITE, Rank.MEMBER)
_GRANT: Final = RepositoryNeed("administration", Level.WRITE, Role.ADMIN)
_SEE: Final = RepositoryNeed("metadata", Level.READ, Role.PULL)


def list_teams(call: OrganizationCall) -> Reply:
    """Return the teams that the caller may see."""
    shown = [team for team in teams(call.store, call.organization) if _sees(call, team)]
    return call.page(shown, lambda team: listed_team(call.urls, team, _parent(call, team)))


def create_team(call: OrganizationCall) -> Reply:
    """Make a team; a person who makes one without being an owner maintains it."""
    caller, organization, body = call.caller(), call.organization, call.body()
    plain = isinstance(caller, User) and rank_in(call.store, organization, caller) < Rank.OWNER
    if plain and not organization.setting("members_can_create_teams"):
        raise forbidden("Only organization owners can create teams.")
    parent = _asked_parent(call, organization, body, None)
    document: dict[str, JsonValue] = {
        "name": body.text("name"),
        "description": body.optional_text("description"),
        "privacy": body.choice("privacy", ("secret", "closed"), "secret" if parent is None else "closed"),
        "notification_setting": body.choice("notification_setting", _NOTIFICATIONS, _NOTIFICATIONS[0]),
        "permission": body.choice("permission", ("pull", "push", "admin"), "pull"),
        "parent_id": None if parent is None else parent.id,
    }
    _check(document, parent)
    try:
        record = call.store.insert(KIND, _slug(body.text("name")), document, parent=organization.id)
    except DuplicateError as error:
        raise validation_failed("Team", "name", "already_exists", "Name must be unique for this org") from error
    team = Team(record, organization)
    if isinstance(caller, User):
        _join(call, team, caller, "maintainer")
    for login in body.texts("maintainers", []):
        user = find_user(call.store, login)
        if user is None or not is_member(call.store, organization, user):
            raise validation_failed("Team", "maintainers", "invalid")
        _join(call, team, user, "maintainer")
    for name in body.texts("repo_names", []):
        repository = find_repository(call.store, *name.partition("/")[::2])
        if repository is None:
            raise not_found()
        require_repository(call.store, caller, repository, _GRANT)
        _give(call, team, repository, body.text("permission", "pull"))
    return Reply(201, _full(call, team))


def show_team(call: TeamCall) -> Reply:
    """Return a team."""
    return Reply(200, _full(call, call.team))


def change_team(call: TeamCall) -> Reply:
    """Change a team's settings; its slug follows its name."""
    team, body = call.team, call.body()
    document: dict[str, JsonValue] = dict(team.record.data)
    if body.given("name"):
        document["name"] = body.text("name")
    if "description" in body:
        document["description"] = body.optional_text("description")
    if body.given("privacy"):
        document["privacy"] = body.choice("privacy", ("secret", "closed"))
    if body.given("notification_setting"):
        document["notification_setting"] = body.choice("notification_setting", _NOTIFICATIONS)
    if body.given("permission"):
        document["permission"] = body.choice("permission", ("pull", "push", "admin"))
    parent = get_team(call.store, team.parent_id) if team.parent_id is not None else None
    if "parent_team_id" in body or body.given("parent_team_slug"):
        parent = _asked_parent(call, team.organization, body, team)
        document["parent_id"] = None if parent is None else parent.id
    _check(document, parent)
    try:
        record = call.store.update(team.record, document, key=_slug(str(document["name"])))
    except DuplicateError as error:
        raise validation_failed("Team", "name", "already_exists", "Name must be unique for this org") from error
    return Reply(200, _full(call, Team(record, team.organization)))


def delete_team(call: TeamCall) -> Reply:
    """Delete a team and those under it."""
    _delete(call, call.team)
    return NO_CONTENT


def list_children(call: TeamCall) -> Reply:
    """Return the teams directly under a team."""
    found = children(call.store, call.team)
    return call.page(found, lambda team: listed_team(call.urls, team, call.team))


def list_members(call: TeamCall) -> Reply:
    """Return the members of a team and of those under it."""
    role = call.query.get("role", "all")
    found: dict[int, tuple[User, str]] = {}
    for team in reversed(_below(call, call.team)):
        found |= {user.id: (user, held) for user, held in team_members(call.store, team)}
    shown = [user for user, held in found.values() if role in {"all", held}]
    return call.page(sorted(shown, key=lambda user: user.id), lambda user: simple_account(call.urls, user))


def list_invitations(call: TeamCall) -> Reply:
    """Return those who were invited to a team and have not yet accepted."""
    pending = [
        record for record in call.store.children(TEAM_MEMBER, call.team.id) if record.fields.text("state") == "pending"
    ]
    return call.page(
        pending,
        lambda record: organization_invitation(
            call.urls, record, get_user(call.store, record.peer or 0), call.team.organization
        ),
    )


def show_membership(call: TeamCall) -> Reply:
    """Return somebody's membership of a team; an owner's shows as maintainer."""
    user = _user(call)
    record = team_membership(call.store, call.team, user)
    if record is None:
        raise not_found()
    return Reply(200, _membership_body(call, user, record))


def set_member(call: TeamCall) -> Reply:
    """Add somebody or change their role; who is outside the organization is invited to it first."""
    user, role = _user(call), call.body().choice("role", ("member", "maintainer"), "member")
    organization = call.team.organization
    if membership(call.store, organization, user) is None:
        if isinstance(call.identity, User) and rank_in(call.store, organization, call.identity) < Rank.OWNER:
            raise forbidden("You must be an organization owner to add somebody who is no member.")
        set_membership(call.store, organization, user, "member", "pending")
    return Reply(200, _membership_body(call, user, _join(call, call.team, user, role)))


def remove_member(call: TeamCall) -> Reply:
    """Take somebody out of a team."""
    record = team_membership(call.store, call.team, _user(call))
    if record is None:
        raise not_found()
    call.store.delete(record)
    return NO_CONTENT


def list_repositories(call: TeamCall) -> Reply:
    """Return the repositories that a team reaches, by its own grants or its parents'."""
    found: dict[int, Role] = {}
    for team in lineage(call.store, call.team):
        for record in call.store.linked(TEAM_REPOSITORY, team.id):
            role = ROLES[record.fields.text("permission")]
            found[record.parent or 0] = max(role, found.get(record.parent or 0, Role.NONE))
    pairs = [(get_repository(call.store, identifier), role) for identifier, role in sorted(found.items())]
    shown = [(repository, role) for repository, role in pairs if repository is not None]
    visible = [pair for pair in shown if role_on(call.store, pair[0], call.identity) >= Role.PULL]
    return call.page(visible, lambda pair: minimal_repository(call.urls, *pair))


def check_repository(call: TeamCall) -> Reply:
    """Tell what a team may do with a repository: its body where asked for, else only the status."""
    repository = _repository(call, _SEE)
    roles = [
        ROLES[record.fields.text("permission")]
        for team in lineage(call.store, call.team)
        for record in call.store.linked(TEAM_REPOSITORY, team.id)
        if record.parent == repository.id
    ]
    if not roles:
        raise not_found()
    if "repository" not in call.request.headers.get("accept", ""):
        return NO_CONTENT
    role = max(roles)
    body = minimal_repository(call.urls, repository, role)
    return Reply(200, {**body, "permissions": permissions(role), "role_name": role.role_name})


def give_repository(call: TeamCall) -> Reply:
    """Give a team a repository, or change what it may do with it."""
    repository = _repository(call, _GRANT)
    asked = call.body()
    permission = asked.text("permission") if asked.given("permission") else call.team.record.fields.text("permission")
    if permission not in ROLES:
        raise validation_failed("TeamMember", "permission", "invalid")
    _give(call, call.team, repository, permission)
    return NO_CONTENT


def take_repository(call: TeamCall) -> Reply:
    """Take a repository from a team."""
    repository = _repository(call, _GRANT)
    record = call.store.find(TEAM_REPOSITORY, str(call.team.id), parent=repository.id)
    if record is not None:
        call.store.delete(record)
    return NO_CONTENT


_NOTIFICATIONS: Final = ("notifications_enabled", "notifications_disabled")


def _check(document: JsonObject, parent: Team | None) -> None:
    if not _slug(str(document["name"])):
        raise validation_failed("Team", "name", "invalid")
    if parent is not None and document["privacy"] == "secret":
        raise validation_failed("Team", "privacy", "invalid", "Secret teams cannot be nested")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")


def _asked_parent(call: Call, organization: Organization, body: Fields, team: Team | None) -> Team | None:
    if body.given("parent_team_id"):
        parent = get_team(call.store, body.number("parent_team_id"))
    elif body.given("parent_team_slug"):
        parent = find_team(call.store, organization, body.text("parent_team_slug"))
    else:
        return None
    looped = parent is not None and team is not None and team.id in {above.id for above in lineage(call.store, parent)}
    if parent is None or parent.organization.id != organization.id or looped:
        raise validation_failed("Team", "parent_team_id", "invalid")
    return parent


def _parent(call: Call, team: Team) -> Team | None:
    return None if team.parent_id is None else get_team(call.store, team.parent_id)


def _below(call: Call, team: Team) -> list[Team]:
    return [team, *(deeper for child in children(call.store, team) for deeper in _below(call, child))]


def _sees(call: OrganizationCall, team: Team) -> bool:
    if team.privacy == "closed" or not isinstance(call.identity, User):
        return True
    owner = rank_in(call.store, team.organization, call.identity) is Rank.OWNER
    return owner or team_membership(call.store, team, call.identity) is not None


def _join(call: Call, team: Team, user: User, role: str) -> Record:
    active = is_member(call.store, team.organization, user)
    document: dict[str, JsonValue] = {"role": role, "state": "active" if active else "pending"}
    return call.store.put(TEAM_MEMBER, str(user.id), document, parent=team.id, peer=user.id)


def _give(call: Call, team: Team, repository: Repository, permission: str) -> None:
    document: JsonObject = {"permission": ROLES[permission].permission}
    call.store.put(TEAM_REPOSITORY, str(team.id), document, parent=repository.id, peer=team.id)


def _delete(call: Call, team: Team) -> None:
    for child in children(call.store, team):
        _delete(call, child)
    call.store.delete(team.record)


def _user(call: TeamCall) -> User:
    user = find_user(call.store, call.params["username"])
    if user is None:
        raise not_found()
    return user


def _repository(call: TeamCall, need: RepositoryNeed) -> Repository:
    repository = find_repository(call.store, call.params["owner"], call.params["repo"])
    if repository is None or repository.owner.id != call.team.organization.id:
        raise not_found()
    require_repository(call.store, call.identity, repository, need)
    return repository


def _full(call: Call, team: Team) -> JsonObject:
    own = call.store.linked(TEAM_REPOSITORY, team.id)
    count = len(team_members(call.store, team))
    return full_team(call.urls, team, _parent(call, team), count, len(own))


def _membership_body(call: TeamCall, user: User, record: Record) -> JsonObject:
    url = call.urls.api("organizations", call.team.organization.id, "team", call.team.id, "memberships", user.login)
    owner = rank_in(call.store, call.team.organization, user) is Rank.OWNER
    role = "maintainer" if owner else record.fields.text("role")
    return {"url": url, "role": role, "state": record.fields.text("state")}


ROUTES: Final = (
    *ORGANIZATION.get("/teams", READ_MEMBERS, list_teams),
    *ORGANIZATION.post("/teams", _CREATE, create_team),
    *TEAM.get("", Level.READ, show_team),
    *TEAM.patch("", Level.WRITE, change_team),
    *TEAM.delete("", Level.WRITE, delete_team),
    *TEAM.get("/teams", Level.READ, list_children),
    *TEAM.get("/members", Level.READ, list_members),
    *TEAM.get("/invitations", Level.READ, list_invitations),
    *TEAM.get("/memberships/{username}", Level.READ, show_membership),
    *TEAM.put("/memberships/{username}", Level.WRITE, set_member),
    *TEAM.delete("/memberships/{username}", Level.WRITE, remove_member),
    *TEAM.get("/repos", Level.READ, list_repositories),
    *TEAM.get("/repos/{owner}/{repo}", Level.READ, check_repository),
    *TEAM.put("/repos/{owner}/{repo}", Level.READ, give_repository),
    *TEAM.delete("/repos/{owner}/{repo}", Level.READ, take_repository),
)
