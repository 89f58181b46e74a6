"""A team: its record, who is in it, and which repositories it was given.

A team inherits what its parents were given, as on GitHub. Called by access decisions and by the team routes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import Organization, User, get_organization, get_user
from twinlock_world.store import Record, Store, fold

if TYPE_CHECKING:
    from twinlock_world.github.repository import Repository

TEAM: Final = "team"
TEAM_MEMBER: Final = "team_member"
TEAM_REPOSITORY: Final = "team_repository"


@dataclass(frozen=True, slots=True)
class Team:
    """One team of an organization."""

    record: Record
    organization: Organization

    @property
    def id(self) -> int:
        """Its number."""
        return self.record.id

    @property
    def slug(self) -> str:
        """Its name as it stands in addresses."""
        return self.record.key

    @property
    def name(self) -> str:
        """Its name as it was given."""
        return self.record.fields.text("name")

    @property
    def privacy(self) -> str:
        """Closed (every member of the organization sees it) or secret."""
        return self.record.fields.text("privacy")

    @property
    def parent_id(self) -> int | None:
        """The team that it stands under."""
        return self.record.fields.number("parent_id") if self.record.fields.given("parent_id") else None


def find_team(store: Store, organization: Organization, slug: str) -> Team | None:
    """Return the team of this slug."""
    record = store.find(TEAM, fold(slug), parent=organization.id)
    return None if record is None else Team(record, organization)


def get_team(store: Store, identifier: int) -> Team | None:
    """Return the team of this id."""
    record = store.get(TEAM, identifier)
    organization = None if record is None else get_organization(store, record.parent or 0)
    return None if record is None or organization is None else Team(record, organization)


def teams(store: Store, organization: Organization) -> list[Team]:
    """Return all teams of an organization, oldest first."""
    return [Team(record, organization) for record in store.children(TEAM, organization.id)]


def children(store: Store, team: Team) -> list[Team]:
    """Return the teams directly under a team."""
    return [found for found in teams(store, team.organization) if found.parent_id == team.id]


def lineage(store: Store, team: Team) -> list[Team]:
    """Return a team and those above it, nearest first."""
    line = [team]
    while line[-1].parent_id is not None:
        above = get_team(store, line[-1].parent_id)
        if above is None:
            break
        line.append(above)
    return line


def team_members(store: Store, team: Team) -> list[tuple[User, str]]:
    """Return the accepted members of a team itself, with their roles (member or maintainer)."""
    found = []
    for record in store.children(TEAM_MEMBER, team.id):
        user = get_user(store, record.peer or 0)
        if user is not None and record.fields.text("state") == "active":
            found.append((user, record.fields.text("role")))
    return found


def team_membership(store: Store, team: Team, user: User) -> Record | None:
    """Return the record of a person's membership of a team."""
    return store.find(TEAM_MEMBER, str(user.id), parent=team.id)


def accept_team_memberships(store: Store, organization: Organization, user: User) -> None:
    """Turn the team memberships that a person was offered into real ones."""
    for record in store.linked(TEAM_MEMBER, user.id):
        team = get_team(store, record.parent or 0)
        if team is not None and team.organization.id == organization.id:
            store.update(record, {**record.data, "state": "active"})


def teams_of(store: Store, user: User) -> list[Team]:
    """Return the teams that a person is an accepted member of."""
    records = store.linked(TEAM_MEMBER, user.id)
    found = (get_team(store, record.parent or 0) for record in records if record.fields.text("state") == "active")
    return [team for team in found if team is not None]


def grants(store: Store, repository: Repository) -> dict[int, str]:
    """Return which teams were given what on a repository, by team id."""
    return {
        record.peer or 0: record.fields.text("permission") for record in store.children(TEAM_REPOSITORY, repository.id)
    }
