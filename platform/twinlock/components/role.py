"""An IAM role with exactly its policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from twinlock.aws import policy
from twinlock.model.policy import Effect
from twinlock.names import SERVICE_TAG

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock.model.policy import InlinePolicy
    from twinlock.model.policy import Role as DesiredRole


class Role(pulumi.ComponentResource):
    """A role of one account."""

    def __init__(  # noqa: PLR0913 - what a role is made of
        self,
        name: str,
        role: DesiredRole,
        *,
        trust: pulumi.Input[str],
        service: str,
        boundary: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Declare a role.

        Args:
            name: The component's name.
            role: The role.
            trust: Its trust policy as JSON, with the ids that GitHub reports.
            service: The service it belongs to; the platform's group where it belongs to none.
            boundary: ARN of its permissions boundary, where that is made by the same program.
            opts: Pulumi's options, with the account's AWS provider.
        """
        super().__init__("twinlock:aws:Role", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        resource = aws.iam.Role(
            name,
            name=role.name,
            path="/",
            assume_role_policy=trust,
            permissions_boundary=role.boundary if boundary is None else boundary,
            max_session_duration=role.max_session_seconds,
            # What a stranger attached must not keep the role alive when it is deleted.
            force_detach_policies=True,
            tags={SERVICE_TAG: service},
            opts=child,
        )
        # Denials stand first, so that there is no moment in which the role may do what it must not.
        denials = self._policies(name, resource, (p for p in role.inline if _denies(p)), ())
        allowances = self._policies(name, resource, (p for p in role.inline if not _denies(p)), denials)
        aws.iam.RolePoliciesExclusive(
            name,
            role_name=resource.name,
            policy_names=sorted(inline.name for inline in role.inline),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*denials, *allowances]),
        )
        aws.iam.RolePolicyAttachmentsExclusive(
            name, role_name=resource.name, policy_arns=sorted(role.attached), opts=child
        )
        self.register_outputs({})

    def _policies(
        self,
        name: str,
        role: aws.iam.Role,
        policies: Iterable[InlinePolicy],
        after: Iterable[pulumi.Resource],
    ) -> list[pulumi.Resource]:
        return [
            aws.iam.RolePolicy(
                f"{name}:{inline.name}",
                name=inline.name,
                role=role.name,
                policy=policy.encode(inline.document),
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
            )
            for inline in sorted(policies, key=str)
        ]


def _denies(inline: InlinePolicy) -> bool:
    return any(statement.effect is Effect.DENY for statement in inline.document)
