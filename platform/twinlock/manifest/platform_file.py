"""The shape of `platform.yaml`.

The descriptions are what `twinlock schema` and editors show.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twinlock.manifest import fields  # noqa: TC001 - pydantic reads annotations at run time
from twinlock.manifest.fields import Mapping


class AccountsFile(Mapping):
    """AWS account ids, one account for each purpose."""

    build: fields.AccountId = Field(description="Account that artifacts are published to.", examples=["444444444444"])
    integration: fields.AccountId = Field(
        description="Account where integration environments live.", examples=["111111111111"]
    )
    production: fields.AccountId = Field(description="Account that is released to.", examples=["222222222222"])
    evidence: fields.AccountId = Field(description="Account that keeps evidence and logs.", examples=["333333333333"])
    management: fields.AccountId | None = Field(
        default=None, description="Management account of the AWS organization, for service control policies; optional."
    )


Quorum = Annotated[int, Field(ge=2, le=100)]


class QuorumFile(Mapping):
    """The fewest people that hold each duty; below two, nobody could approve what the one changed."""

    platform: Quorum = Field(default=2, description="Fewest people of the platform.")
    auditor: Quorum = Field(default=2, description="Fewest auditors.")
    tester: Quorum = Field(default=2, description="Fewest people in each team of testers.")
    releaser: Quorum = Field(default=2, description="Fewest people in each team of releasers.")


class PipelinesFile(Mapping):
    """The commits of the pipelines repository that services may call and AWS trusts."""

    commit: fields.Commit = Field(
        description="The only commit that services call and AWS trusts.", examples=["<40 hexadecimal digits>"]
    )
    previous: fields.Commit | None = Field(
        default=None, description="The commit before, accepted while services move on."
    )


class AppFile(Mapping):
    """One of the tool's identities as a GitHub App; `twinlock bootstrap` fills it."""

    id: Annotated[int, Field(ge=1)] | None = Field(default=None, description="Id of the app.")
    installation: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Id of the app's installation on the organization."
    )
    key: fields.KeyReference | None = Field(
        default=None,
        description="Reference to the app's private key, such as awskms:///alias/controller; never the key.",
    )


class AppsFile(Mapping):
    """The tool's own identities."""

    controller: AppFile = Field(default_factory=AppFile, description="The only one that writes protections.")
    auditor: AppFile = Field(default_factory=AppFile, description="Reads everything, writes nothing.")
    gate: AppFile = Field(default_factory=AppFile, description="Posts the required check and starts integration.")
    release: AppFile = Field(default_factory=AppFile, description="Creates release tags.")


class MachineFile(Mapping):
    """A bot, and the people who answer for it."""

    app: fields.AppSlug = Field(description="Slug of the bot's GitHub App, or its login.", examples=["renovate"])
    operators: fields.Keys = Field(
        description="People who operate it; what it does counts as theirs.", examples=[["paula"]], min_length=1
    )


class StateFile(Mapping):
    """Where the engine keeps its state."""

    backend: fields.Backend = Field(
        default="file://./state", description="file://... or s3://... in the world; s3://... or another on the cloud."
    )
    secrets: fields.Secrets = Field(
        default="passphrase", description="passphrase in the world, awskms://... on the cloud."
    )


class EvidenceFile(Mapping):
    """How evidence is retained."""

    mode: Literal["governance", "compliance"] = Field(default="governance", description="Mode of S3 Object Lock.")
    days: Annotated[int, Field(ge=1, le=36500)] = Field(default=30, description="For how many days.")
    bucket: fields.Bucket | None = Field(
        default=None,
        description="Bucket of the evidence account that keeps a copy of each checkpoint of Pulumi's state.",
        examples=["acme-twinlock-evidence"],
    )


class TeamFile(Mapping):
    """A team and its one duty."""

    duty: Literal["author", "reviewer", "tester", "releaser", "platform", "auditor"] = Field(
        description="What the team is for; a team has one duty.", examples=["tester"]
    )
    source: Literal["manifest", "idp"] = Field(
        default="manifest", description="Who fills the team: this manifest, or the identity provider."
    )


class PlatformFile(Mapping):
    """The platform: its organization, accounts, teams and how far duties are held apart."""

    organization: fields.Organization = Field(description="Login of the GitHub organization.", examples=["acme"])
    target: Literal["world", "cloud"] = Field(
        description="Where the platform is provisioned: the local world, or GitHub and AWS.", examples=["world"]
    )
    plan: Literal["free", "team", "enterprise"] = Field(
        description="The GitHub plan; it decides what GitHub can hold.", examples=["enterprise"]
    )
    visibility: Literal["private", "internal", "public"] = Field(
        default="private", description="Who sees a repository, unless its service says otherwise."
    )
    profile: Literal["standard", "strict"] = Field(
        default="standard",
        description="standard: reviewers may author, never approve their own change; strict: no two duties.",
    )
    accepted_gaps: fields.Controls = Field(
        default=[], description="Slugs of controls that the plan cannot hold, and that you accept as missing."
    )
    owners: fields.Keys = Field(
        description="People who own the organization: at least two, and they hold no other duty.",
        examples=[["olga", "otto"]],
    )
    accounts: AccountsFile = Field(
        description="AWS account ids, one account for each purpose.",
        examples=[{"build": "444444444444", "integration": "111111111111"}],
    )
    region: fields.Region = Field(description="AWS region of everything regional.", examples=["eu-west-1"])
    quorum: QuorumFile = Field(default_factory=QuorumFile, description="The fewest people that hold each duty.")
    pipelines: PipelinesFile = Field(
        description="Which commit of the pipelines repository is trusted.",
        examples=[{"commit": "<40 hexadecimal digits>"}],
    )
    apps: AppsFile = Field(
        default_factory=AppsFile, description="The tool's own GitHub Apps; `twinlock bootstrap` fills them."
    )
    machines: dict[fields.Key, MachineFile] = Field(
        default={}, description="Bots by name, each with the people who answer for it."
    )
    state: StateFile = Field(default_factory=StateFile, description="Where the engine keeps its state.")
    evidence: EvidenceFile = Field(default_factory=EvidenceFile, description="How long evidence is retained.")
    undeclared_roles: Literal["report", "quarantine"] = Field(
        default="quarantine",
        description="What an undeclared AWS role that trusts GitHub meets: a report, or a deny of everything.",
    )
    teams: dict[fields.Team, TeamFile] = Field(
        description="Teams by slug, each with its one duty.", examples=[{"audit": {"duty": "auditor"}}]
    )
