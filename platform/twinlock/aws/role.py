"""Roles: IAM's answers about one role, and the model's noun.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.aws import policy, trust
from twinlock.model.observed import Observed, Seen, Unread
from twinlock.model.policy import InlinePolicy, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinlock.model.live import RepositoryIdentity

IGNORED: Mapping[str, str] = {
    "Path": "part of the ARN",
    "RoleName": "part of the ARN",
    "RoleId": "an identifier; roles are matched by ARN",
    "CreateDate": "a time",
    "Description": "one line for people",
    "Tags": "no policy of twinlock decides by a role's own tags",
    "RoleLastUsed": "use is not a setting",
}
_READ = frozenset({"Arn", "AssumeRolePolicyDocument", "MaxSessionDuration", "PermissionsBoundary"})
_DEFAULT_SESSION_SECONDS = 3600


def decode(
    raw: Mapping[str, object],
    inline: Mapping[str, object],
    attached: Iterable[str],
    repositories: Mapping[str, RepositoryIdentity],
) -> Observed[Role]:
    """Return the role that IAM describes, or why it could not be understood.

    Args:
        raw: The answer of `GetRole` about it.
        inline: Its inline policies: name to document.
        attached: ARNs of its managed policies.
        repositories: `owner/name` to what GitHub reports of that repository.
    """
    arn = raw.get("Arn")
    if not isinstance(arn, str):
        return Unread("IAM's answer was not understood: a role has no ARN")
    seconds = raw.get("MaxSessionDuration", _DEFAULT_SESSION_SECONDS)
    boundary = raw.get("PermissionsBoundary")
    try:
        role = Role(
            arn=arn,
            trust=trust.decode(raw.get("AssumeRolePolicyDocument"), repositories),
            inline=frozenset(InlinePolicy(name, policy.decode(document)) for name, document in inline.items()),
            attached=frozenset(attached),
            boundary=str(boundary["PermissionsBoundaryArn"]) if isinstance(boundary, dict) else None,
            max_session_seconds=seconds if isinstance(seconds, int) else _DEFAULT_SESSION_SECONDS,
        )
    except policy.Malformed as error:
        return Unread(f"IAM's answer was not understood: {error.reason}", arn)
    except KeyError:
        return Unread("IAM's answer was not understood: a permissions boundary has no ARN", arn)
    return Seen(role, tuple(sorted(set(raw) - _READ - set(IGNORED))))
