"""What the user declares: the parsed manifest, before anything is derived from it.

`manifest` produces it from the YAML files, `desired` derives the Estate from it. Slugs and logins only; every value
has been validated, and every quorum and duty has been checked.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.account import Purpose
    from twinlock.model.organization import Duty
    from twinlock.model.repository import Visibility


class Where(enum.Enum):
    """Where the platform is provisioned (`target` in the manifest)."""

    WORLD = "world"
    CLOUD = "cloud"


class Plan(enum.Enum):
    """The GitHub plan, which decides what GitHub can hold."""

    FREE = "free"
    TEAM = "team"
    ENTERPRISE = "enterprise"


class Profile(enum.Enum):
    """How far duties are held apart."""

    STANDARD = "standard"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Person:
    """A person, who may have several accounts.

    Attributes:
        name: The key in the roster.
        identity: The identity provider's name for them.
        github: Their GitHub logins, in the case they were written.
        aws: ARNs or names of their AWS principals.
        keys: Public keys they sign with.
        teams: Slugs of the teams they are in.
    """

    name: str
    identity: str
    github: tuple[str, ...]
    aws: tuple[str, ...]
    keys: tuple[str, ...]
    teams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeclaredTeam:
    """A team and its one duty.

    Attributes:
        slug: Its slug.
        duty: What it is for.
        source: `manifest`, or `idp` where an identity provider fills it.
    """

    slug: str
    duty: Duty
    source: str


@dataclass(frozen=True, slots=True)
class App:
    """One of the tool's identities as a GitHub App; all None until `bootstrap` recorded it.

    Attributes:
        id: App id.
        installation: Installation id on the organization.
        key: Reference to its private key, never the key.
    """

    id: int | None
    installation: int | None
    key: str | None


@dataclass(frozen=True, slots=True)
class Machine:
    """A bot and the people who answer for it.

    Attributes:
        name: The key in the manifest.
        app: Slug of its GitHub App.
        operators: People who operate it; what it does counts as theirs.
    """

    name: str
    app: str
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pipelines:
    """The commits of the pipelines repository that may be called.

    Attributes:
        commit: The only one that services call and AWS trusts.
        previous: The one before, accepted during a roll.
    """

    commit: str
    previous: str | None


@dataclass(frozen=True, slots=True)
class State:
    """Where the engine keeps its state.

    Attributes:
        backend: `file://...`, `s3://...`, or what else Pulumi takes.
        secrets: `passphrase` or `awskms://...`.
    """

    backend: str
    secrets: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """How evidence is retained.

    Attributes:
        mode: `governance` or `compliance`.
        days: For how long.
        bucket: The bucket that keeps copies of Pulumi's checkpoints; none where nobody declared one.
    """

    mode: str
    days: int
    bucket: str | None = None


@dataclass(frozen=True, slots=True)
class Platform:
    """`platform.yaml`.

    Attributes:
        organization: GitHub organization login.
        target: Where it is provisioned.
        plan: The GitHub plan.
        visibility: Default for repositories.
        profile: How far duties are held apart.
        accepted_gaps: Slugs of controls that this plan cannot hold.
        owners: People who own the organization.
        accounts: AWS account id per purpose.
        region: AWS region.
        quorum: Fewest people per duty.
        pipelines: Which pipelines are trusted.
        apps: The tool's identities: controller, auditor, gate, release.
        machines: Bots.
        state: The engine's state.
        evidence: Retention of evidence.
        undeclared_roles: `report` or `quarantine`.
        teams: Teams by slug.
    """

    organization: str
    target: Where
    plan: Plan
    visibility: Visibility
    profile: Profile
    accepted_gaps: tuple[str, ...]
    owners: tuple[str, ...]
    accounts: Mapping[Purpose, str]
    region: str
    quorum: Mapping[Duty, int]
    pipelines: Pipelines
    apps: Mapping[str, App]
    machines: tuple[Machine, ...]
    state: State
    evidence: Evidence
    undeclared_roles: str
    teams: Mapping[str, DeclaredTeam]


@dataclass(frozen=True, slots=True)
class IntegrationPoint:
    """Something outside that a service talks to.

    Attributes:
        name: Its name within the service.
        kind: `aws-sqs`, `https`, ...
        endpoint: Its address, where the kind needs one.
        critical: The integration suite must exercise it.
    """

    name: str
    kind: str
    endpoint: str | None
    critical: bool


@dataclass(frozen=True, slots=True)
class Service:
    """`services/NAME.yaml`.

    Attributes:
        name: The service.
        description: One line.
        starter: Which starter its application tree begins from.
        authors: Team slug.
        reviewers: Team slug.
        testers: Team slug.
        releasers: Team slug.
        approvals: Approvals a change needs.
        integration_points: What it talks to.
        integration_ttl_seconds: Life of an integration environment.
        deploy: How it is deployed (`ecs`).
        visibility: Its own, or None for the platform's default.
    """

    name: str
    description: str
    starter: str
    authors: str
    reviewers: str
    testers: str
    releasers: str
    approvals: int
    integration_points: tuple[IntegrationPoint, ...]
    integration_ttl_seconds: int
    deploy: str
    visibility: Visibility | None


@dataclass(frozen=True, slots=True)
class Declaration:
    """Everything the user declared.

    Attributes:
        platform: `platform.yaml`.
        people: `roster.yaml`, by name.
        services: `services/*.yaml`, by name.
    """

    platform: Platform
    people: Mapping[str, Person]
    services: Mapping[str, Service]
