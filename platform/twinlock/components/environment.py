"""A deployment environment with its protection and its constants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_github as github

from twinlock.provider.resources import EnvironmentProtection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.environment import Environment as DesiredEnvironment


class Environment(pulumi.ComponentResource):
    """An environment of a repository."""

    def __init__(
        self,
        name: str,
        environment: DesiredEnvironment,
        *,
        repository: pulumi.Input[str],
        variables: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Declare an environment of the repository with name `repository`, and its variables.

        Variables stand in the environment because only administrators set them there: a repository's own are set by
        whoever may push.
        """
        super().__init__("twinlock:github:Environment", name, None, opts)
        protection = EnvironmentProtection(
            name,
            repository=repository,
            environment=environment.name,
            reviewers=[{"type": reviewer.kind, "slug": reviewer.slug} for reviewer in sorted(environment.reviewers)],
            prevent_self_review=environment.prevent_self_review,
            wait_timer=environment.wait_minutes,
            can_admins_bypass=environment.admins_bypass,
            protected_branches=environment.protected_branches_only,
            branch_policies=None
            if environment.branches is None
            else [{"type": policy.kind, "name": policy.pattern} for policy in sorted(environment.branches)],
            gates=sorted(environment.gates),
            opts=pulumi.ResourceOptions(parent=self),
        )
        for variable, value in sorted(variables.items()):
            github.ActionsEnvironmentVariable(
                f"{name}:{variable}",
                repository=repository,
                environment=environment.name,
                variable_name=variable,
                value=value,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[protection]),
            )
        self.register_outputs({})
