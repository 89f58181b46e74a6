"""The organization: owners, teams and what Actions may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.desired.actions import organization_policy
from twinlock.model.organization import Organization, Team
from twinlock.names import APPS

if TYPE_CHECKING:
    from twinlock.model.declaration import Declaration, DeclaredTeam
    from twinlock.model.organization import Duty


def organization(declaration: Declaration) -> Organization:
    """Return the organization that a declaration describes."""
    platform = declaration.platform
    return Organization(
        login=platform.organization,
        owners=frozenset(login for person in platform.owners for login in declaration.people[person].github),
        teams=tuple(_team(declaration, team) for _, team in sorted(platform.teams.items())),
        actions=organization_policy(platform.organization),
        apps=APPS,
    )


def teams_with(declaration: Declaration, duty: Duty) -> tuple[str, ...]:
    """Return the slugs of the teams that have a duty, sorted."""
    return tuple(sorted(slug for slug, team in declaration.platform.teams.items() if team.duty is duty))


def _team(declaration: Declaration, team: DeclaredTeam) -> Team:
    members = (login for person in declaration.people.values() if team.slug in person.teams for login in person.github)
    return Team(
        slug=team.slug,
        description=f"Duty: {team.duty.value}. Managed by twinlock.",
        privacy="closed",
        members=frozenset(members),
        invited=frozenset(),
        parent=None,
    )
