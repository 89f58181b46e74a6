"""The providers that programs declare: their names and inputs, stated once and without importing Pulumi.

`providers` declares them to Pulumi; an engine that need not run a program connects with the same inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.engine.port import Provider
from twinlock.model.declaration import Where
from twinlock.provider.connection import aws_inputs, github_inputs
from twinlock.provider.tokens import PACKAGE

if TYPE_CHECKING:
    from twinlock.model.account import Purpose
    from twinlock.provider.connection import AwsConnection, Connection

_WORLD_SERVICES = ("ec2", "ecr", "ecs", "iam", "kms", "logs", "s3", "sqs", "sts")
"""AWS services that programs use; each needs an endpoint of its own, or it would be the cloud's."""


def every(connection: Connection, target: Where) -> tuple[Provider, ...]:
    """Return every provider that a program of this connection may declare."""
    return (
        github(connection, target),
        twinlock_github(connection),
        *(aws(account, purpose, target) for purpose, account in connection.aws.items()),
        *(twinlock_aws(connection, purpose) for purpose in connection.aws),
    )


def github(connection: Connection, target: Where) -> Provider:
    """Return the official GitHub provider."""
    return Provider(
        "github",
        "github",
        {
            "owner": connection.github.organization,
            "token": connection.github.token,
            "baseUrl": f"{connection.github.url.rstrip('/')}/",
            # The other client believes ETags, and hides drift behind a 304.
            "legacyClient": False,
            # The pause is for GitHub's limits on content, which the world does not have.
            "writeDelayMs": 0 if target is Where.WORLD else 1000,
        },
        secret=frozenset({"token"}),
    )


def twinlock_github(connection: Connection) -> Provider:
    """Return twinlock's provider of GitHub."""
    return Provider(PACKAGE, PACKAGE, github_inputs(connection.github), secret=frozenset({"githubToken"}))


def aws(account: AwsConnection, purpose: Purpose, target: Where) -> Provider:
    """Return the official AWS provider of one account."""
    world = target is Where.WORLD
    inputs = {
        "region": account.region,
        # Credentials of another account must not build here; the account is therefore asked for in the world too.
        "allowedAccountIds": [account.account_id],
        "skipRequestingAccountId": False,
        "accessKey": account.access_key,
        "secretKey": account.secret_key,
        "token": account.session_token,
        "assumeRoles": [{"roleArn": account.role_arn}] if account.role_arn else None,
        "endpoints": [dict.fromkeys(_WORLD_SERVICES, account.endpoint)] if world else None,
        "skipCredentialsValidation": world,
        "skipMetadataApiCheck": world,
        "s3UsePathStyle": world,
    }
    given = {name: value for name, value in inputs.items() if value is not None}
    return Provider("aws", f"aws-{purpose.value}", given, secret=frozenset({"secretKey", "token"} & given.keys()))


def twinlock_aws(connection: Connection, purpose: Purpose) -> Provider:
    """Return twinlock's provider of one account."""
    name, inputs = f"{PACKAGE}-{purpose.value}", aws_inputs(connection.aws[purpose])
    return Provider(PACKAGE, name, inputs, secret=frozenset({"awsSecretKey", "awsSessionToken"} & inputs.keys()))
