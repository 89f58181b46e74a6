"""Build what handlers reach the outside through, from the inputs of a `provider.resources.Provider`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.aws.session import BotoServices, Credentials
from twinlock.errors import Incomplete
from twinlock.github.http import HttpGitHub, unheard
from twinlock.model.declaration import Where
from twinlock.names import CONTROLLER_APP
from twinlock.provider.port import Clients

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock.provider.port import Properties

_WORLD = "http://127.0.0.1:"


def connect(inputs: Properties, target: Where, notice: Callable[[str], None] = unheard) -> Clients:
    """Return the clients that a provider's inputs describe; nothing is sent yet.

    Raises:
        Incomplete: The inputs hold no keys of an account that they name.
    """
    organization, account = inputs.get("organization"), inputs.get("awsAccountId")
    github = aws = None
    if organization is not None:
        github = HttpGitHub(
            str(inputs["githubUrl"]), str(inputs["githubToken"]), holder=CONTROLLER_APP, target=target, notice=notice
        )
    if account is not None:
        aws = BotoServices(
            _credentials(inputs),
            region=str(inputs["awsRegion"]),
            target=target,
            endpoint=_optional(inputs, "awsEndpoint"),
        )
    return Clients(
        github=github,
        organization=_optional(inputs, "organization"),
        iam=aws("iam") if aws else None,
        account=_optional(inputs, "awsAccountId"),
        aws=aws,
        region=_optional(inputs, "awsRegion"),
    )


def where(inputs: Properties) -> Where:
    """Return where a provider's inputs lead: to a world on this machine, or anywhere else."""
    addresses = [str(inputs[name]) for name in ("githubUrl", "awsEndpoint") if name in inputs]
    world = bool(addresses) and all(address.startswith(_WORLD) for address in addresses)
    return Where.WORLD if world else Where.CLOUD


def _credentials(inputs: Properties) -> Credentials:
    access_key, secret_key = _optional(inputs, "awsAccessKey"), _optional(inputs, "awsSecretKey")
    if access_key is None or secret_key is None:
        raise Incomplete(
            f"AWS account {inputs['awsAccountId']} was not reached.",
            "There are no keys for it.",
            "Start the world: `twinlock world up --detach`.",
        )
    return Credentials(access_key, secret_key, _optional(inputs, "awsSessionToken"))


def _optional(inputs: Properties, name: str) -> str | None:
    value = inputs.get(name)
    return None if value is None else str(value)
