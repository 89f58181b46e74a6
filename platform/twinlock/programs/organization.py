"""The program of the stack `organization`: teams and their people, what Actions may do, the accounts' foundations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.components.account import Account
from twinlock.components.organization_actions import OrganizationActions
from twinlock.components.team import Team
from twinlock.names import service_roles
from twinlock.programs.providers import aws_providers, github_providers, inherited

if TYPE_CHECKING:
    import pulumi

    from twinlock.model.estate import Estate
    from twinlock.provider.connection import Connection

FROM_MANIFEST = "manifest"
"""A team of this source has its people from the roster."""


def declare(estate: Estate, connection: Connection) -> None:
    """Declare the organization and every account that GitHub Actions reaches."""
    platform = estate.declaration.platform
    options = inherited(github_providers(connection, platform.target))
    _declare_teams(estate, options)
    OrganizationActions(
        estate.organization.login,
        estate.organization.actions,
        organization=estate.organization.login,
        opts=options,
    )
    of_services = {name for service in estate.services for name in service_roles(service)}
    for purpose, account in sorted(estate.accounts.items(), key=lambda entry: entry[0].value):
        Account(
            purpose.value,
            account,
            shared=[role for role in account.roles if role.name not in of_services],
            undeclared_roles=platform.undeclared_roles,
            opts=inherited(aws_providers(connection, purpose, platform.target)),
        )


def _declare_teams(estate: Estate, options: pulumi.ResourceOptions) -> None:
    """Declare the teams, a parent before its children."""
    teams = {team.slug: team for team in estate.organization.teams}
    declared: dict[str, Team] = {}

    def declare_team(slug: str) -> Team:
        if slug not in declared:
            parent = teams[slug].parent
            declared[slug] = Team(
                slug,
                teams[slug],
                parent_id=None if parent is None else declare_team(parent).id,
                members_declared=estate.declaration.platform.teams[slug].source == FROM_MANIFEST,
                children=[team.slug for team in teams.values() if team.parent == slug],
                opts=options,
            )
        return declared[slug]

    for slug in sorted(teams):
        declare_team(slug)
