"""The program of the stack `state`: where Pulumi keeps the state of all the others, and its own once that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.components.state_store import StateStore
from twinlock.desired.state import state_place
from twinlock.model.account import STATE
from twinlock.model.declaration import Where
from twinlock.programs.providers import aws_provider, inherited

if TYPE_CHECKING:
    from twinlock.model.estate import Estate
    from twinlock.provider.connection import Connection


def declare(estate: Estate, connection: Connection) -> None:
    """Declare the bucket, the key and the role that the manifest's `state` names.

    Raises:
        BadInput: State is not in AWS.
    """
    place = state_place(estate.declaration)
    target = estate.declaration.platform.target
    StateStore(
        "state",
        bucket=place.bucket,
        alias=place.alias,
        role=place.role,
        opts=inherited([aws_provider(connection.aws[STATE], STATE, target)], protect=target is Where.CLOUD),
    )
