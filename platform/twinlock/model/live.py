"""The live estate: what GitHub and AWS report, each part three-valued. Filled by `live`, judged by `controls`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.access import Access
    from twinlock.model.account import Purpose
    from twinlock.model.actions import ActionsPolicy
    from twinlock.model.code_owners import CodeOwners
    from twinlock.model.environment import Environment
    from twinlock.model.observed import Observed
    from twinlock.model.organization import Team
    from twinlock.model.policy import ManagedPolicy, Role
    from twinlock.model.repository import Settings
    from twinlock.model.ruleset import Ruleset


@dataclass(frozen=True, slots=True)
class RepositoryIdentity:
    """Which repository this is.

    Attributes:
        id: GitHub's numeric id, never reused.
        owner_id: The organization's numeric id.
        name: Its name.
        subject_prefix: What the OIDC subject of its workflows begins with (`repo:acme@7/payments@1001`).
        customised: The subject is made of other claims than GitHub's own form.
    """

    id: int
    owner_id: int
    name: str
    subject_prefix: str
    customised: bool = False


@dataclass(frozen=True, slots=True)
class LiveRepository:
    """One repository as GitHub reports it."""

    identity: Observed[RepositoryIdentity]
    settings: Observed[Settings]
    rulesets: Observed[tuple[Observed[Ruleset], ...]]
    environments: Observed[tuple[Observed[Environment], ...]]
    access: Observed[Access]
    actions: Observed[ActionsPolicy]
    code_owners: Observed[CodeOwners]


@dataclass(frozen=True, slots=True)
class LiveOrganization:
    """The organization as GitHub reports it."""

    owners: Observed[frozenset[str]]
    teams: Observed[tuple[Observed[Team], ...]]
    actions: Observed[ActionsPolicy]


@dataclass(frozen=True, slots=True)
class LiveAccount:
    """One AWS account as IAM reports it.

    Attributes:
        oidc_clients: Audiences the GitHub identity provider accepts, per provider ARN.
        boundary: twinlock's permissions boundary.
        roles: Every role here that trusts a GitHub identity provider or carries a declared name.
    """

    oidc_clients: Observed[Mapping[str, frozenset[str]]]
    boundary: Observed[ManagedPolicy]
    roles: Observed[tuple[Observed[Role], ...]]


@dataclass(frozen=True, slots=True)
class LiveEstate:
    """Everything that was read.

    Attributes:
        organization: The organization.
        repositories: By name; every declared one has an entry.
        accounts: By purpose; every declared one has an entry.
    """

    organization: LiveOrganization
    repositories: Mapping[str, LiveRepository]
    accounts: Mapping[Purpose, LiveAccount]
