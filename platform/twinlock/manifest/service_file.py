"""The shape of `services/NAME.yaml`.

The descriptions are what `twinlock schema` and editors show.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from twinlock.manifest import fields  # noqa: TC001 - pydantic reads annotations at run time
from twinlock.manifest.fields import Mapping, refusal


class ServiceTeamsFile(Mapping):
    """Who does what for the service."""

    authors: fields.Team = Field(description="Team that writes the service.", examples=["payments-developers"])
    reviewers: fields.Team = Field(description="Team that approves changes.", examples=["payments-reviewers"])
    testers: fields.Team = Field(description="Team that owns the integration tests.", examples=["payments-testers"])
    releasers: fields.Team = Field(description="Team that releases to production.", examples=["payments-releasers"])


class ReviewFile(Mapping):
    """What a change needs before it merges."""

    approvals: fields.Approvals = Field(default=2, description="Approvals that a change needs, from 2 to 10.")


class IntegrationPointFile(Mapping):
    """Something outside the service that it talks to."""

    name: fields.Point = Field(description="Its name within the service.", examples=["orders-queue"])
    kind: Literal["aws-sqs", "https"] = Field(description="What it is.", examples=["aws-sqs"])
    endpoint: fields.Endpoint | None = Field(
        default=None, description="Its https:// address; only and always with kind https."
    )
    critical: bool = Field(default=False, description="The integration suite must exercise it.")

    @model_validator(mode="after")
    def _endpoint_belongs_to_https(self) -> IntegrationPointFile:
        if self.kind == "https" and self.endpoint is None:
            raise refusal("has kind https and no endpoint", "Add `endpoint: https://cards.example`.")
        if self.kind != "https" and self.endpoint is not None:
            raise refusal(f"has kind {self.kind} and an endpoint", "Delete the endpoint, or write `kind: https`.")
        return self


class IntegrationFile(Mapping):
    """The service's integration environments."""

    ttl: fields.Duration = Field(default="2h", description="How long an environment may live, from 15m to 24h.")


class DeployFile(Mapping):
    """How the service is deployed."""

    kind: Literal["ecs"] = Field(default="ecs", description="Where it runs: ecs is Amazon ECS on Fargate.")


class ServiceFile(Mapping):
    """One service: its teams, its review and what it talks to."""

    service: fields.ServiceName = Field(description="The service's name, as in the file's.", examples=["payments"])
    description: fields.Line = Field(description="One line for people.", examples=["Takes card payments."])
    starter: Literal["python-http"] = Field(
        default="python-http",
        description="What the application repository begins from: python-http is a small HTTP service.",
    )
    visibility: Literal["private", "internal", "public"] | None = Field(
        default=None, description="Who sees its repositories, where that differs from the platform's."
    )
    teams: ServiceTeamsFile = Field(
        description="Who does what for the service.", examples=[{"authors": "payments-developers"}]
    )
    review: ReviewFile = Field(default_factory=ReviewFile, description="What a change needs before it merges.")
    integration_points: list[IntegrationPointFile] = Field(default=[], description="What the service talks to.")
    integration: IntegrationFile = Field(
        default_factory=IntegrationFile, description="The service's integration environments."
    )
    deploy: DeployFile = Field(default_factory=DeployFile, description="How the service is deployed.")
