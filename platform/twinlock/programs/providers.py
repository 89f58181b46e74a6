"""Explicit Pulumi providers for every GitHub and AWS that a program touches; the default ones are never used.

A default provider would read its address and its token from the environment, and reach the cloud from a rehearsal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
import pulumi_github as github

from twinlock.model.declaration import Where
from twinlock.provider.resources import Provider

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock.model.account import Purpose
    from twinlock.provider.connection import Connection

_WORLD_SERVICES = ("iam", "sts", "ec2", "ecs", "logs", "s3", "sqs", "kms")
"""AWS services that programs use; each needs an endpoint of its own, or it would be the cloud's."""


def github_providers(connection: Connection, target: Where) -> tuple[github.Provider, Provider]:
    """Declare the official GitHub provider and twinlock's."""
    world = target is Where.WORLD
    official = github.Provider(
        "github",
        owner=connection.github.organization,
        token=pulumi.Output.secret(connection.github.token),
        base_url=f"{connection.github.url.rstrip('/')}/",
        # The other client believes ETags, and hides drift behind a 304.
        legacy_client=False,
        # The pause is for GitHub's limits on content, which the world does not have.
        write_delay_ms=0 if world else 1000,
    )
    return official, Provider("twinlock", github=connection.github)


def aws_providers(connection: Connection, purpose: Purpose, target: Where) -> tuple[aws.Provider, Provider]:
    """Declare the official AWS provider of one account and twinlock's."""
    return aws_provider(connection, purpose, target), Provider(f"twinlock-{purpose.value}", aws=connection.aws[purpose])


def aws_provider(connection: Connection, purpose: Purpose, target: Where) -> aws.Provider:
    """Declare the official AWS provider of one account."""
    account = connection.aws[purpose]
    world = target is Where.WORLD
    return aws.Provider(
        f"aws-{purpose.value}",
        region=account.region,
        # Credentials of another account must not build here; the account is therefore asked for in the world too.
        allowed_account_ids=[account.account_id],
        skip_requesting_account_id=False,
        access_key=account.access_key,
        secret_key=None if account.secret_key is None else pulumi.Output.secret(account.secret_key),
        assume_roles=[aws.ProviderAssumeRoleArgs(role_arn=account.role_arn)] if account.role_arn else None,
        endpoints=[aws.ProviderEndpointArgs(**dict.fromkeys(_WORLD_SERVICES, account.endpoint))] if world else None,
        skip_credentials_validation=world,
        skip_metadata_api_check=world,
        s3_use_path_style=world,
    )


def inherited(providers: Iterable[pulumi.ProviderResource], *, protect: bool = False) -> pulumi.ResourceOptions:
    """Return the options of a component whose children use these providers."""
    return pulumi.ResourceOptions(providers=list(providers), protect=protect or None)
