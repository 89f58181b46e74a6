"""The permissions boundary: what no role of the pipelines can do, whatever its own policies say.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.desired.statements import allow, deny
from twinlock.model.account import Purpose
from twinlock.model.policy import ManagedPolicy
from twinlock.names import BOUNDARY_POLICY, policy_arn

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVICES: Mapping[Purpose, tuple[str, ...]] = {
    Purpose.BUILD: ("ecr:*",),
    Purpose.INTEGRATION: ("ec2:*", "ecr:*", "ecs:*", "kms:*", "logs:*", "s3:*", "sqs:*", "iam:PassRole"),
    Purpose.PRODUCTION: ("ecs:*", "iam:PassRole"),
}
"""What the pipelines' roles can at most do, by purpose."""

_NEVER = (
    "iam:Add*",
    "iam:Attach*",
    "iam:Create*",
    "iam:Delete*",
    "iam:Detach*",
    "iam:Put*",
    "iam:Remove*",
    "iam:Set*",
    "iam:Tag*",
    "iam:Untag*",
    "iam:Update*",
    "organizations:*",
    "account:*",
    "cloudtrail:Delete*",
    "cloudtrail:Stop*",
    "cloudtrail:Update*",
    "kms:ScheduleKeyDeletion",
    "kms:PutKeyPolicy",
    "sts:AssumeRole",
)
"""Identities, organization, trail and keys belong to the platform, not to a pipeline."""


def boundary(purpose: Purpose, account: str) -> ManagedPolicy:
    """Return the boundary of an account's roles."""
    return ManagedPolicy(
        arn=policy_arn(account, BOUNDARY_POLICY),
        document=frozenset({allow(_SERVICES[purpose], ("*",)), deny(_NEVER, ("*",))}),
    )
