"""Explicit Pulumi providers for every GitHub and AWS that a program touches; the default ones are never used.

A default provider would read its address and its token from the environment, and reach the cloud from a rehearsal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws
import pulumi_github as github

from twinlock.programs import definitions
from twinlock.provider.resources import Provider

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock.engine import port
    from twinlock.model.account import Purpose
    from twinlock.model.declaration import Where
    from twinlock.provider.connection import AwsConnection, Connection


def github_providers(connection: Connection, target: Where) -> tuple[github.Provider, Provider]:
    """Declare the official GitHub provider and twinlock's."""
    official = definitions.github(connection, target)
    return github.Provider(official.name, **_arguments(official)), _own(definitions.twinlock_github(connection))


def aws_providers(connection: Connection, purpose: Purpose, target: Where) -> tuple[aws.Provider, Provider]:
    """Declare the official AWS provider of one account and twinlock's."""
    return aws_provider(connection.aws[purpose], purpose, target), _own(definitions.twinlock_aws(connection, purpose))


def aws_provider(account: AwsConnection, purpose: Purpose, target: Where) -> aws.Provider:
    """Declare the official AWS provider of one account."""
    official = definitions.aws(account, purpose, target)
    return aws.Provider(official.name, **_arguments(official))


def inherited(providers: Iterable[pulumi.ProviderResource], *, protect: bool = False) -> pulumi.ResourceOptions:
    """Return the options of a component whose children use these providers."""
    return pulumi.ResourceOptions(providers=list(providers), protect=protect or None)


def _own(provider: port.Provider) -> Provider:
    return Provider(provider.name, _wrapped(provider))


def _arguments(provider: port.Provider) -> dict[str, Any]:
    """Return a provider's inputs as its SDK takes them: in Python's spelling."""
    return {_snake(name): value for name, value in _wrapped(provider).items()}


def _wrapped(provider: port.Provider) -> dict[str, Any]:
    """Return a provider's inputs with the secrets wrapped, so that no state holds them in the clear."""
    return {
        name: pulumi.Output.secret(value) if name in provider.secret else value
        for name, value in provider.inputs.items()
    }


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower()
