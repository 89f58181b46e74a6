"""Where Pulumi's state is, in AWS: a bucket, a key, and the one role that uses both.

Whoever writes state decides what the engine takes for real (facts/delivery-and-aws.md, "State-bucket write"), so nobody
else is allowed to. The role is entered by the role that programs provision with, and by nobody from GitHub.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock import names
from twinlock.desired.statements import allow, policy, trust
from twinlock.errors import BadInput
from twinlock.model.account import STATE
from twinlock.model.policy import Role

if TYPE_CHECKING:
    from twinlock.model.declaration import Declaration

_BUCKET: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:[/?].*)?")
_ALIAS: Final = re.compile(r"awskms:///?(alias/[A-Za-z0-9/_-]{1,250})(?:\?.*)?")
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class StatePlace:
    """Where state is.

    Attributes:
        bucket: The bucket's name.
        alias: The key's, with its `alias/`.
        role: Who uses both.
    """

    bucket: str
    alias: str
    role: Role


def state_place(declaration: Declaration) -> StatePlace:
    """Return where the manifest has Pulumi's state.

    Raises:
        BadInput: Not in a bucket of S3, or its secrets under no alias of KMS.
    """
    backend, secrets = declaration.platform.state.backend, declaration.platform.state.secrets
    bucket, alias = _BUCKET.fullmatch(backend), _ALIAS.fullmatch(secrets)
    if bucket is None:
        raise _not_in_aws(
            "backend", backend, "a bucket of S3", f"s3://{declaration.platform.organization}-twinlock-state"
        )
    if alias is None:
        raise _not_in_aws("secrets", secrets, "an alias of a key of KMS", "awskms://alias/twinlock-state")
    return StatePlace(bucket[1], alias[1], _role(declaration, bucket[1], alias[1]))


def _role(declaration: Declaration, bucket: str, alias: str) -> Role:
    account, region = declaration.platform.accounts[STATE], declaration.platform.region
    return Role(
        arn=names.role_arn(account, names.STATE_ROLE),
        trust=frozenset(
            {
                # By condition, for IAM refuses to name a role that does not exist yet.
                trust(
                    f"AWS arn:aws:iam::{account}:root",
                    "sts:AssumeRole",
                    {("ArnEquals", "aws:PrincipalArn"): [names.role_arn(account, names.APPLY_ROLE)]},
                )
            }
        ),
        inline=frozenset(
            {
                policy(
                    "state",
                    allow(["s3:ListBucket"], [f"arn:aws:s3:::{bucket}"]),
                    # Pulumi removes the lock files that it makes; what a checkpoint was before, versions keep.
                    allow(["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], [f"arn:aws:s3:::{bucket}/*"]),
                    allow(
                        ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
                        [f"arn:aws:kms:{region}:{account}:key/*"],
                        {("ForAnyValue:StringEquals", "kms:ResourceAliases"): [alias]},
                    ),
                )
            }
        ),
        attached=frozenset(),
        # The boundary is a later stack's: state comes first.
        boundary=None,
        max_session_seconds=_HOUR,
    )


def _not_in_aws(key: str, value: str, what: str, example: str) -> BadInput:
    return BadInput(
        "There is nothing to make for Pulumi's state.",
        f"`state.{key}` is `{value}`, which is not {what}.",
        f"Write it as in `{example}`.",
    )
