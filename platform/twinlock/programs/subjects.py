"""Which subject a resource of a program stands for, in the spelling of the audit.

A program names a resource after what it is: a repository, `REPOSITORY:RULESET`, a team, a role, an account's purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.controls import _subjects as subjects
from twinlock.model.account import Purpose
from twinlock.provider import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinlock.model.estate import Estate


def subject_of(estate: Estate, type_: str, name: str) -> str:
    """Return the subject of a resource; `TYPE NAME` where it stands for none that the audit has.

    Args:
        estate: What is declared.
        type_: The resource's type token.
        name: Its logical name.
    """
    kind = type_.rpartition(":")[2]
    place = _PLACES.get(type_)
    found = None if place is None else place(estate, name)
    if found is not None:
        return found
    if type_.startswith(("github:", f"{tokens.PACKAGE}:github:")) and name.partition(":")[0] in estate.repositories:
        return subjects.repository(estate, name.partition(":")[0])
    return f"{kind} {name}"


def _organization(estate: Estate, name: str) -> str:
    del name
    return estate.organization.login


def _ruleset(estate: Estate, name: str) -> str:
    repository, _, ruleset = name.partition(":")
    return subjects.ruleset(estate, repository, ruleset)


def _environment(estate: Estate, name: str) -> str:
    repository, environment, *_ = name.split(":")
    return subjects.environment(estate, repository, environment)


def _role(estate: Estate, name: str) -> str | None:
    role = name.partition(":")[0]
    arns = (each.arn for account in estate.accounts.values() for each in account.roles if each.name == role)
    return next(arns, None)


def _account(estate: Estate, name: str) -> str | None:
    found = {purpose.value: account for purpose, account in estate.accounts.items()}.get(name)
    return None if found is None else subjects.account(found.id)


def _boundary(estate: Estate, name: str) -> str | None:
    known = name in {purpose.value for purpose in estate.accounts}
    return estate.accounts[Purpose(name)].boundary.arn if known else None


_PLACES: Mapping[str, Callable[[Estate, str], str | None]] = {
    "github:index/team:Team": subjects.team,
    tokens.TEAM_MEMBERS: subjects.team,
    "github:index/repositoryRuleset:RepositoryRuleset": _ruleset,
    tokens.ENVIRONMENT_PROTECTION: _environment,
    "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable": _environment,
    "github:index/actionsOrganizationPermissions:ActionsOrganizationPermissions": _organization,
    "github:index/actionsOrganizationWorkflowPermissions:ActionsOrganizationWorkflowPermissions": _organization,
    tokens.ORGANIZATION_OIDC: _organization,
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role,
    "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive": _role,
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": _role,
    "aws:iam/policy:Policy": _boundary,
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _account,
    tokens.ROLE_INVENTORY: _account,
}
