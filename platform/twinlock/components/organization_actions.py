"""What Actions may do anywhere in the organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_github as github

from twinlock.components.repository_actions import SELECTED
from twinlock.names import OIDC_SUBJECT_CLAIMS
from twinlock.provider.resources import OrganizationOidc

if TYPE_CHECKING:
    from twinlock.model.actions import ActionsPolicy


class OrganizationActions(pulumi.ComponentResource):
    """The organization's Actions policy: what may run, pinned, what its token may do, and what OIDC tells of it."""

    def __init__(
        self, name: str, policy: ActionsPolicy, *, organization: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> None:
        """Declare the policy of the organization with login `organization`."""
        super().__init__("twinlock:github:OrganizationActions", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        selected = policy.enabled and policy.allowed_actions == SELECTED
        github.ActionsOrganizationPermissions(
            name,
            enabled_repositories="all" if policy.enabled else "none",
            allowed_actions=policy.allowed_actions if policy.enabled else None,
            allowed_actions_config=github.ActionsOrganizationPermissionsAllowedActionsConfigArgs(
                github_owned_allowed=policy.github_owned,
                verified_allowed=policy.verified,
                patterns_alloweds=sorted(policy.patterns),
            )
            if selected
            else None,
            sha_pinning_required=policy.sha_pinning,
            opts=child,
        )
        github.ActionsOrganizationWorkflowPermissions(
            name,
            organization_slug=organization,
            default_workflow_permissions=policy.token.name.lower(),
            can_approve_pull_request_reviews=policy.approve_pull_requests,
            opts=child,
        )
        OrganizationOidc(
            name, organization=organization, claim_keys=list(OIDC_SUBJECT_CLAIMS), properties=[], opts=child
        )
        self.register_outputs({})
