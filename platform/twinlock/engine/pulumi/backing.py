"""How Pulumi reaches its state and the key to it: the address it is told, and the variables that go with it.

What is not listed here reaches neither the engine nor its providers. Sources:
https://www.pulumi.com/docs/iac/concepts/state-and-backends/, https://www.pulumi.com/docs/iac/concepts/secrets/, and
`blob/s3blob` and `secrets/awskms` of gocloud.dev, which open `s3://` and `awskms://` with the AWS SDK's own settings.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.declaration import State

_AWS: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
"""Source: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html."""

_ENTERED_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "s3": _AWS,
    "awskms": _AWS,
    "gs": ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN"),
    "azblob": ("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN"),
    "https": ("PULUMI_ACCESS_TOKEN",),
}
_IN_AWS: Final = frozenset({"s3", "awskms"})


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of an AWS account.

    Attributes:
        access_key: Public half.
        secret_key: Secret half.
    """

    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Backing:
    """Where state is.

    Attributes:
        url: Its address, as Pulumi is told.
        secrets: What encrypts the secrets in it.
        credentials: What both are entered with, as variables of the environment.
    """

    url: str
    secrets: str
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


def in_aws(state: State) -> bool:
    """Tell whether state or the key to it is in AWS."""
    return bool(_IN_AWS & {_scheme(state.backend), _scheme(state.secrets)})


def on_world(state: State, region: str, endpoint: str, keys: Keys) -> Backing:
    """Return how state is reached in the world's AWS (`in_aws`).

    The address of the world is no part of either address: it would be kept in state, and differs at each start.

    Args:
        state: What the manifest says.
        region: The platform's region.
        endpoint: The world's AWS.
        keys: Of the account that holds the state.
    """
    url = by_path(state.backend) if _scheme(state.backend) == "s3" else state.backend
    return Backing(url, state.secrets, of_world(region, endpoint, keys))


def by_path(url: str) -> str:
    """Return the address of a bucket whose own host name does not resolve: one on loopback."""
    return f"{url}{'&' if '?' in url else '?'}s3ForcePathStyle=true"


def of_world(region: str, endpoint: str, keys: Keys) -> Mapping[str, str]:
    """Return the variables with which the world's AWS is entered, and no other."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        # Nor may a person's files say otherwise, or a machine's metadata be asked.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def on_cloud(state: State, inherited: Mapping[str, str]) -> Backing:
    """Return how state is reached on the cloud: as whoever runs this, with what the backend and the key ask for."""
    names = dict.fromkeys(
        name for address in (state.backend, state.secrets) for name in _ENTERED_WITH.get(_scheme(address), ())
    )
    return Backing(state.backend, state.secrets, {name: inherited[name] for name in names if name in inherited})


def _scheme(address: str) -> str:
    return address.partition("://")[0]
