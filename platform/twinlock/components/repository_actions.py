"""What Actions may do in one repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_github as github

if TYPE_CHECKING:
    from twinlock.model.actions import ActionsPolicy

SELECTED = "selected"
"""GitHub's word for a list of allowed actions."""


class RepositoryActions(pulumi.ComponentResource):
    """A repository's Actions policy; declaring it enabled turns Actions on."""

    def __init__(
        self,
        name: str,
        policy: ActionsPolicy,
        *,
        repository: pulumi.Input[str],
        public: bool,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Declare the policy.

        What the token may do, and who may call the workflows, is set before Actions are turned on.

        Args:
            name: The component's name.
            policy: The policy.
            repository: The repository's name.
            public: Everybody sees it, so GitHub has no setting for who may call its workflows.
            opts: Pulumi's options, with the GitHub provider.
        """
        super().__init__("twinlock:github:RepositoryActions", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        first: list[pulumi.Resource] = [
            github.WorkflowRepositoryPermissions(
                name,
                repository=repository,
                default_workflow_permissions=policy.token.name.lower(),
                can_approve_pull_request_reviews=policy.approve_pull_requests,
                opts=child,
            )
        ]
        if not public:
            first.append(
                github.ActionsRepositoryAccessLevel(
                    name, repository=repository, access_level=policy.access_level.name.lower(), opts=child
                )
            )
        github.ActionsRepositoryPermissions(
            name,
            repository=repository,
            enabled=policy.enabled,
            allowed_actions=policy.allowed_actions if policy.enabled else None,
            allowed_actions_config=github.ActionsRepositoryPermissionsAllowedActionsConfigArgs(
                github_owned_allowed=policy.github_owned,
                verified_allowed=policy.verified,
                patterns_alloweds=sorted(policy.patterns),
            )
            if policy.enabled and policy.allowed_actions == SELECTED
            else None,
            sha_pinning_required=policy.sha_pinning,
            opts=pulumi.ResourceOptions(parent=self, depends_on=first),
        )
        self.register_outputs({})
