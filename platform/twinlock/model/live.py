"""The live estate: what GitHub and AWS report, each part three-valued. Filled by `live`, judged by `controls`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twinlock.model.identities import Identities
from twinlock.model.observed import Unread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.access import Access
    from twinlock.model.account import Purpose
    from twinlock.model.actions import ActionsPolicy
    from twinlock.model.code_owners import CodeOwners
    from twinlock.model.constants import Constants
    from twinlock.model.environment import Environment
    from twinlock.model.managed import Blob
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


NOT_READ = Unread("it was not read")
"""What nobody looked at; never compliant."""


@dataclass(frozen=True, slots=True)
class LiveRepository:
    """One repository as GitHub reports it.

    Attributes:
        identity: Which one it is.
        settings: What bears on a guarantee.
        rulesets: Its own rulesets.
        environments: Its environments.
        access: Every way into it.
        actions: What Actions may do.
        code_owners: The CODEOWNERS that GitHub heeds.
        files: The files on the default branch, by path.
        constants: Its own variables and secrets.
        environment_constants: Those of its environments, by the environment's name.
    """

    identity: Observed[RepositoryIdentity]
    settings: Observed[Settings]
    rulesets: Observed[tuple[Observed[Ruleset], ...]]
    environments: Observed[tuple[Observed[Environment], ...]]
    access: Observed[Access]
    actions: Observed[ActionsPolicy]
    code_owners: Observed[CodeOwners]
    files: Observed[Mapping[str, Blob]] = NOT_READ
    constants: Observed[Constants] = NOT_READ
    environment_constants: Observed[Mapping[str, Observed[Constants]]] = NOT_READ


@dataclass(frozen=True, slots=True)
class Listed:
    """A repository as the organization lists it.

    Attributes:
        name: Its name.
        id: Its id.
        archived: Nobody can change it.
    """

    name: str
    id: int
    archived: bool


@dataclass(frozen=True, slots=True)
class LiveOrganization:
    """The organization as GitHub reports it.

    Attributes:
        owners: Logins of its owners.
        teams: All its teams.
        actions: What Actions may do anywhere in it.
        identities: Ids behind all names.
        repositories: All its repositories.
        webhooks: Addresses of its webhooks.
        rulesets: Names of its own rulesets.
        subject_claims: What the subject is made of for repositories that customise theirs.
        constants: Its variables and secrets that declared repositories see.
    """

    owners: Observed[frozenset[str]]
    teams: Observed[tuple[Observed[Team], ...]]
    actions: Observed[ActionsPolicy]
    identities: Observed[Identities] = NOT_READ
    repositories: Observed[tuple[Listed, ...]] = NOT_READ
    webhooks: Observed[frozenset[str]] = NOT_READ
    rulesets: Observed[frozenset[str]] = NOT_READ
    subject_claims: Observed[tuple[str, ...]] = NOT_READ
    constants: Observed[Constants] = NOT_READ


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
        first_seen: Ids behind names as they were first seen, whenever that was.
    """

    organization: LiveOrganization
    repositories: Mapping[str, LiveRepository]
    accounts: Mapping[Purpose, LiveAccount]
    first_seen: Identities = field(default_factory=Identities)
