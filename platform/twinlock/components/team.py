"""A team with exactly its people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_github as github

from twinlock.provider.resources import TeamMembers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock.model.organization import Team as DesiredTeam


class Team(pulumi.ComponentResource):
    """A team of the organization.

    Attributes:
        id: The team's id, for a child team.
    """

    def __init__(  # noqa: PLR0913 - one argument for each thing a team has beside itself
        self,
        name: str,
        team: DesiredTeam,
        *,
        parent_id: pulumi.Input[str] | None,
        members_declared: bool,
        children: Iterable[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Declare a team.

        Args:
            name: The component's name.
            team: The team.
            parent_id: The parent team's id, if it has one.
            members_declared: Its people are declared here; otherwise an identity provider fills it.
            children: Slugs of its child teams; where its people are declared, it has no other.
            opts: Pulumi's options, with the GitHub and twinlock providers.
        """
        super().__init__("twinlock:github:Team", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        resource = github.Team(
            name,
            name=team.slug,
            description=team.description,
            privacy=team.privacy,
            parent_team_id=parent_id,
            # GitHub makes the creator a maintainer, who could let others in.
            create_default_maintainer=False,
            opts=child,
        )
        if members_declared:
            TeamMembers(
                name,
                # What GitHub makes of the name is known beforehand, and not only once a team was renamed.
                team=team.slug,
                members=sorted(team.members),
                maintainers=sorted(team.maintainers),
                children=sorted(children),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[resource]),
            )
        self.id: pulumi.Output[str] = resource.id
        self.register_outputs({"id": self.id})
