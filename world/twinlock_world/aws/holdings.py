"""Who is in an account and what they hold, read from moto's memory.

Read anew for every request, so that a changed policy acts at once; only the parsing of one and the same text is
remembered. Called by the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from moto.iam.models import iam_backends

from twinlock_world.aws.policy.decision import Control, Layer
from twinlock_world.aws.policy.document import Policy, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from moto.iam.models import IAMBackend, ManagedPolicy, OpenIDConnectProvider, Role, User
    from moto.organizations.models import FakeAccount, FakeOrganizationalUnit

PARTITION: Final = "aws"
HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Holder:
    """A role or a user, with the policies attached to it.

    Attributes:
        arn: Its ARN.
        id: Its unique id.
        identity: What it may do.
        boundary: The most it may do.
        tags: Its tags.
        trust: Who may assume it; nothing for a user.
        longest_session: In seconds.
    """

    arn: str
    id: str
    identity: tuple[Policy, ...]
    boundary: Policy | None
    tags: Mapping[str, str]
    trust: Policy | None = None
    longest_session: int = HOUR


def iam(account: str) -> IAMBackend:
    """Return an account's IAM."""
    return iam_backends[account][PARTITION]


def find_role(account: str, arn: str) -> Holder | None:
    """Return the role of this ARN."""
    backend = iam(account)
    role = backend.roles.get(arn) or next((role for role in backend.roles.values() if role.arn == arn), None)
    return None if role is None else _role(backend, role)


def find_user(account: str, name: str) -> Holder | None:
    """Return the user of this name, with what its groups give it."""
    backend = iam(account)
    user = backend.users.get(name)
    return None if user is None else _user(backend, user)


def find_provider(account: str, issuer: str) -> OpenIDConnectProvider | None:
    """Return the account's OIDC provider for an issuer."""
    host = issuer.removeprefix("https://")
    return next((found for found in iam(account).open_id_providers.values() if found.url == host), None)


def managed(account: str, arn: str) -> Policy | None:
    """Return a managed policy as its default version has it."""
    found = iam(account).managed_policies.get(arn)
    return None if found is None else _managed(found)


def controls(account: str) -> tuple[Control, ...]:
    """Return what the organization lets an account do, from the root down; its management account is free.

    Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html.
    """
    from moto.organizations.models import organizations_backends  # noqa: PLC0415 - few worlds have an organization

    found = organizations_backends.master_accounts.get(account)
    if found is None or found[0] == account:
        return ()
    backend = organizations_backends[found[0]][found[1]]
    units = {unit.id: unit for unit in backend.ou}
    member = next((member for member in backend.accounts if member.id == account), None)
    levels: list[FakeAccount | FakeOrganizationalUnit] = [] if member is None else [member]
    while levels and (above := units.get(levels[-1].parent_id or "")) is not None:
        levels.append(above)
    kinds = {Layer.SERVICE_CONTROL: "SERVICE_CONTROL_POLICY", Layer.RESOURCE_CONTROL: "RESOURCE_CONTROL_POLICY"}
    return tuple(
        Control(layer, policies)
        for layer, kind in kinds.items()
        for level in reversed(levels)
        if (policies := tuple(_read(held.name, held.content) for held in level.attached_policies if held.type == kind))
    )


def _role(backend: IAMBackend, role: Role) -> Holder:
    boundary = role.permissions_boundary_arn
    return Holder(
        arn=role.arn,
        id=role.id,
        identity=(*_inline(role.policies), *map(_managed, role.managed_policies.values())),
        boundary=_boundary(backend, boundary) if boundary else None,
        tags=_tags(role.tags.values() if isinstance(role.tags, dict) else role.tags),
        trust=_read(role.arn, role.assume_role_policy_document),
        longest_session=int(role.max_session_duration or HOUR),
    )


def _user(backend: IAMBackend, user: User) -> Holder:
    groups = backend.get_groups_for_user(user.name)
    return Holder(
        arn=user.arn,
        id=user.id,
        identity=(
            *_inline(user.policies),
            *map(_managed, user.managed_policies.values()),
            *(policy for group in groups for policy in _inline(group.policies)),
            *(_managed(policy) for group in groups for policy in group.managed_policies.values()),
        ),
        boundary=None,
        tags=_tags(user.tags or ()),
    )


def _inline(policies: Mapping[str, str]) -> Iterator[Policy]:
    return (_read(name, text) for name, text in policies.items())


def _managed(policy: ManagedPolicy) -> Policy:
    return _read(policy.arn, next(version.document for version in policy.versions if version.is_default))


def _boundary(backend: IAMBackend, arn: str) -> Policy:
    found = backend.managed_policies.get(arn)
    return Policy(arn, ()) if found is None else _managed(found)  # a boundary that is gone lets nothing pass


def _tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


@lru_cache(maxsize=1024)
def _read(name: str, text: str) -> Policy:
    return read(name, text)
