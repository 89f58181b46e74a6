"""Who may do what: the one place where the world decides.

A route states its need; this module compares it with the caller. People act by their role, apps by their
permissions. What a caller may not even see answers 404, what they may see but not do 403, as GitHub does.
Called by the routes' mounts, and by the git server through `may_read` and `may_push`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import App, Identity, Organization, User, organization_role
from twinlock_world.github.errors import GitHubError, forbidden, not_found
from twinlock_world.github.team import grants, lineage, team_membership, teams_of

if TYPE_CHECKING:
    from twinlock_world.github.repository import Repository
    from twinlock_world.github.team import Team
    from twinlock_world.store import Store

COLLABORATOR: Final = "collaborator"
NOT_FOR_APPS: Final = "Resource not accessible by integration"


class Level(IntEnum):
    """How far an app's permission reaches."""

    READ = 1
    WRITE = 2


class Role(IntEnum):
    """A person's role on a repository, in order."""

    NONE = 0
    PULL = 1
    TRIAGE = 2
    PUSH = 3
    MAINTAIN = 4
    ADMIN = 5

    @property
    def permission(self) -> str:
        """The role's name among permissions: pull, push..."""
        return self.name.lower()

    @property
    def role_name(self) -> str:
        """The role's name among roles, where pull is called read and push is called write."""
        return {Role.PULL: "read", Role.PUSH: "write"}.get(self, self.name.lower())


ROLES: Final = {name: role for role in Role for name in (role.permission, role.role_name) if role}


class Rank(IntEnum):
    """A person's standing in an organization, in order."""

    ANYONE = 0
    MEMBER = 1
    OWNER = 2


@dataclass(frozen=True, slots=True)
class RepositoryNeed:
    """What a route of a repository asks: of an app a permission, of a person a role."""

    permission: str
    level: Level
    role: Role


@dataclass(frozen=True, slots=True)
class OrganizationNeed:
    """What a route of an organization asks: of an app a permission, of a person a rank."""

    permission: str
    level: Level
    rank: Rank


METADATA: Final = RepositoryNeed("metadata", Level.READ, Role.PULL)
READ_CONTENTS: Final = RepositoryNeed("contents", Level.READ, Role.PULL)
WRITE_CONTENTS: Final = RepositoryNeed("contents", Level.WRITE, Role.PUSH)
READ_ADMINISTRATION: Final = RepositoryNeed("administration", Level.READ, Role.ADMIN)
WRITE_ADMINISTRATION: Final = RepositoryNeed("administration", Level.WRITE, Role.ADMIN)
READ_ACCESS: Final = RepositoryNeed("metadata", Level.READ, Role.PUSH)
READ_ACTIONS: Final = RepositoryNeed("actions", Level.READ, Role.PULL)
ADMINISTER_ACTIONS: Final = RepositoryNeed("actions", Level.WRITE, Role.ADMIN)
READ_HOOKS: Final = RepositoryNeed("repository_hooks", Level.READ, Role.ADMIN)
WRITE_HOOKS: Final = RepositoryNeed("repository_hooks", Level.WRITE, Role.ADMIN)

WRITE_PROPERTY_VALUES: Final = RepositoryNeed("repository_custom_properties", Level.WRITE, Role.ADMIN)

ORGANIZATION_PROFILE: Final = OrganizationNeed("metadata", Level.READ, Rank.ANYONE)
READ_MEMBERS: Final = OrganizationNeed("members", Level.READ, Rank.MEMBER)
WRITE_MEMBERS: Final = OrganizationNeed("members", Level.WRITE, Rank.OWNER)
READ_ORGANIZATION: Final = OrganizationNeed("organization_administration", Level.READ, Rank.OWNER)
WRITE_ORGANIZATION: Final = OrganizationNeed("organization_administration", Level.WRITE, Rank.OWNER)
READ_ORGANIZATION_HOOKS: Final = OrganizationNeed("organization_hooks", Level.READ, Rank.OWNER)
WRITE_ORGANIZATION_HOOKS: Final = OrganizationNeed("organization_hooks", Level.WRITE, Rank.OWNER)
WRITE_PROPERTIES: Final = OrganizationNeed("organization_custom_properties", Level.WRITE, Rank.OWNER)


def require_repository(store: Store, identity: Identity | None, repository: Repository, need: RepositoryNeed) -> None:
    """Let the caller do this to the repository.

    Raises:
        GitHubError: 404 where they may not see it, 403 where they may not do it.
    """
    if isinstance(identity, App):
        open_to_all = repository.visibility == "public" and need.level is Level.READ and need.role is Role.PULL
        if open_to_all:
            return
        if not _reaches(identity, repository):
            raise forbidden(NOT_FOR_APPS) if repository.visibility == "public" else not_found()
        _require_permission(identity, need.permission, need.level)
        return
    role = role_on(store, repository, identity)
    if role < Role.PULL:
        raise not_found()
    if role < need.role:
        raise _role_missing(need.role)


def require_organization(
    store: Store, identity: Identity | None, organization: Organization, need: OrganizationNeed
) -> None:
    """Let the caller do this to the organization.

    Raises:
        GitHubError: 401 without a token, 404 where they may not see it, 403 where they may not do it.
    """
    if need.rank is Rank.ANYONE:
        return
    if identity is None:
        raise GitHubError(401, "Requires authentication")
    if isinstance(identity, App):
        _require_permission(identity, need.permission, need.level)
        return
    rank = rank_in(store, organization, identity)
    if rank < Rank.MEMBER:
        raise not_found()
    if rank < need.rank:
        raise forbidden("Must have admin rights to Repository.")  # GitHub says so of organizations, too


def require_team(store: Store, identity: Identity | None, team: Team, level: Level) -> None:
    """Let the caller read or change a team; its maintainers may change it, a secret one is for its members.

    Raises:
        GitHubError: As for organizations.
    """
    require_organization(store, identity, team.organization, OrganizationNeed("members", level, Rank.MEMBER))
    if not isinstance(identity, User) or rank_in(store, team.organization, identity) is Rank.OWNER:
        return
    record = team_membership(store, team, identity)
    if team.privacy == "secret" and record is None:
        raise not_found()
    if level is Level.WRITE and (record is None or record.fields.text("role") != "maintainer"):
        raise forbidden("Must have admin rights to Team.")


def rank_in(store: Store, organization: Organization, identity: Identity | None) -> Rank:
    """Return a person's standing in an organization."""
    role = organization_role(store, organization, identity)
    return {"admin": Rank.OWNER, "member": Rank.MEMBER}.get(role or "", Rank.ANYONE)


def role_on(store: Store, repository: Repository, identity: Identity | None) -> Role:
    """Return the highest role that a person has on a repository, from whatever source.

    An app has what its permissions amount to.
    """
    if isinstance(identity, App) and _reaches(identity, repository):
        return _role_of_app(identity)
    public = Role.PULL if repository.visibility == "public" else Role.NONE
    if not isinstance(identity, User):
        return public
    rank = rank_in(store, repository.owner, identity)
    if rank is Rank.OWNER:
        return Role.ADMIN
    return max(public, direct_role(store, repository, identity), *_member_roles(store, repository, identity, rank))


def direct_role(store: Store, repository: Repository, user: User) -> Role:
    """Return the role that a person was given on the repository itself."""
    record = store.find(COLLABORATOR, str(user.id), parent=repository.id)
    return Role.NONE if record is None else ROLES[record.fields.text("permission")]


def has_permission(app: App, permission: str, level: Level) -> bool:
    """Tell whether an app holds a permission; every app may read metadata."""
    if permission == "metadata" and level is Level.READ:
        return True
    held = {"read": Level.READ, "write": Level.WRITE, "admin": Level.WRITE}.get(app.permissions.get(permission, ""), 0)
    return held >= level


def may_administer(store: Store, identity: Identity | None, repository: Repository) -> bool:
    """Tell whether the caller may change the repository's settings, and so may see who bypasses its rulesets."""
    if isinstance(identity, App):
        return _reaches(identity, repository) and has_permission(identity, "administration", Level.WRITE)
    return role_on(store, repository, identity) >= Role.ADMIN


def may_administer_organization(store: Store, identity: Identity | None, organization: Organization) -> bool:
    """Tell whether the caller may change the organization's settings."""
    if isinstance(identity, App):
        return has_permission(identity, "organization_administration", Level.WRITE)
    return rank_in(store, organization, identity) is Rank.OWNER


def may_read(store: Store, identity: Identity | None, repository: Repository) -> bool:
    """Tell whether the caller may clone."""
    return _allows(store, identity, repository, READ_CONTENTS)


def may_push(store: Store, identity: Identity | None, repository: Repository) -> bool:
    """Tell whether the caller may push at all; what the rules say of a ref is another question."""
    return identity is not None and not repository.archived and _allows(store, identity, repository, WRITE_CONTENTS)


def _allows(store: Store, identity: Identity | None, repository: Repository, need: RepositoryNeed) -> bool:
    try:
        require_repository(store, identity, repository, need)
    except GitHubError:
        return False
    return True


def _member_roles(store: Store, repository: Repository, user: User, rank: Rank) -> list[Role]:
    if rank < Rank.MEMBER:
        return [Role.NONE]
    base = ROLES.get(repository.owner.record.fields.object("settings").text("default_repository_permission"), Role.NONE)
    roles = [base, Role.PULL if repository.visibility == "internal" else Role.NONE]
    given = grants(store, repository)
    if given:
        above = (team for own in teams_of(store, user) for team in lineage(store, own))
        roles += [ROLES[given[team.id]] for team in above if team.id in given]
    return roles


def _reaches(app: App, repository: Repository) -> bool:
    return app.repositories is None or repository.id in app.repositories


def _role_of_app(app: App) -> Role:
    if has_permission(app, "administration", Level.WRITE):
        return Role.ADMIN
    return Role.PUSH if has_permission(app, "contents", Level.WRITE) else Role.PULL


def _require_permission(app: App, permission: str, level: Level) -> None:
    if not has_permission(app, permission, level):
        raise forbidden(NOT_FOR_APPS)


def _role_missing(role: Role) -> GitHubError:
    wanted = {Role.ADMIN: "admin rights", Role.MAINTAIN: "maintain access"}.get(role, "push access")
    return forbidden(f"Must have {wanted} to Repository.")
