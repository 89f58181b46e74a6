"""Reads one AWS account exclusively: every role that GitHub may assume, and every role of a declared name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.aws import policy, role
from twinlock.aws.session import Missing, Refused
from twinlock.model.federation import trusts
from twinlock.model.live import LiveAccount
from twinlock.model.observed import Absent, Observed, Seen, Unread
from twinlock.model.policy import ManagedPolicy
from twinlock.names import OIDC_HOST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.aws.session import Iam
    from twinlock.model.account import Account
    from twinlock.model.live import RepositoryIdentity
    from twinlock.model.policy import Role


class AwsAccount:
    """Reads one account with the auditor's keys there."""

    def __init__(self, iam: Iam) -> None:
        self._iam = iam

    def account(self, desired: Account, repositories: Mapping[str, RepositoryIdentity]) -> LiveAccount:
        """Read identity providers, boundary and roles; see `AccountReader.account`.

        Raises:
            Incomplete: AWS cannot be reached, or refuses the keys.
        """
        clients = self._clients(desired)
        return LiveAccount(
            oidc_clients=clients,
            boundary=self._boundary(desired.boundary.arn),
            roles=self._roles(desired, clients, repositories),
        )

    def _clients(self, desired: Account) -> Observed[Mapping[str, frozenset[str]]]:
        try:
            listed = self._iam.pages("list_open_id_connect_providers", "OpenIDConnectProviderList")
            arns = [arn for provider in listed if (arn := _field(provider, "Arn")) is not None]
            found: dict[str, frozenset[str]] = {}
            for arn in arns:
                if arn == desired.oidc_provider or f":oidc-provider/{OIDC_HOST}" in arn:
                    answer = self._iam.call("get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
                    found[arn] = _texts(answer.get("ClientIDList"))
        except (Refused, Missing) as error:
            return _unread("identity providers", error)
        return Seen(found)

    def _boundary(self, arn: str) -> Observed[ManagedPolicy]:
        try:
            version = _field(self._iam.call("get_policy", PolicyArn=arn).get("Policy"), "DefaultVersionId")
            answer = self._iam.call("get_policy_version", PolicyArn=arn, VersionId=version or "")
            held = answer.get("PolicyVersion")
            return Seen(ManagedPolicy(arn, policy.decode(held.get("Document") if isinstance(held, dict) else None)))
        except Missing:
            return Absent()
        except (Refused, policy.Malformed) as error:
            return _unread("permissions boundary", error)

    def _roles(
        self,
        desired: Account,
        clients: Observed[Mapping[str, frozenset[str]]],
        repositories: Mapping[str, RepositoryIdentity],
    ) -> Observed[tuple[Observed[Role], ...]]:
        if not isinstance(clients, Seen):
            return Unread("roles: without the identity providers it is not known which roles trust GitHub")
        providers = {*clients.value, desired.oidc_provider}
        declared = {wanted.name for wanted in desired.roles}
        try:
            listed = self._iam.pages("list_roles", "Roles")
            names = {
                name: _field(entry, "Arn")
                for entry in listed
                if (name := _field(entry, "RoleName")) is not None
                and (name in declared or _may_trust(entry, providers))
            }
            read = [self._role(name, arn, repositories) for name, arn in sorted(names.items())]
            return Seen(tuple(found for found in read if not isinstance(found, Absent)))
        except Refused as error:
            return _unread("roles", error)

    def _role(self, name: str, arn: str | None, repositories: Mapping[str, RepositoryIdentity]) -> Observed[Role]:
        try:
            raw = self._iam.call("get_role", RoleName=name).get("Role")
            inline = {
                policy_name: self._iam.call("get_role_policy", RoleName=name, PolicyName=policy_name).get(
                    "PolicyDocument"
                )
                for policy_name in map(str, self._iam.pages("list_role_policies", "PolicyNames", RoleName=name))
            }
            attached = self._iam.pages("list_attached_role_policies", "AttachedPolicies", RoleName=name)
        except Missing:
            return Absent()
        except Refused as error:
            return Unread(f"role {name}: {error.reason}", arn)
        arns = (found for entry in attached if (found := _field(entry, "PolicyArn")) is not None)
        return role.decode(raw if isinstance(raw, dict) else {}, inline, arns, repositories)


def _may_trust(entry: object, providers: set[str]) -> bool:
    """Return whether a role may trust a GitHub provider; one whose trust policy is not understood may."""
    try:
        trust = policy.decode(entry.get("AssumeRolePolicyDocument") if isinstance(entry, dict) else None)
    except policy.Malformed:
        return True
    return trusts(trust, providers)


def _field(entry: object, name: str) -> str | None:
    value = entry.get(name) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else None


def _texts(value: object) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset()


def _unread(what: str, error: Exception) -> Unread:
    return Unread(f"{what}: {error}")
