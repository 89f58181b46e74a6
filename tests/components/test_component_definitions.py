"""Providers are stated once: what the programs declare to Pulumi is what an engine connects with by itself."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from twinlock import programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock.model.estate import Estate
    from twinlock.provider.connection import Connection

OF_THE_SDK = {"skipRegionValidation"}
"""What an SDK adds by itself."""


def _plain(value: object) -> object:
    """Return an input without its secret's wrapping, and without the SDK's writing all but strings as JSON."""
    if isinstance(value, dict) and set(value) == {"secret"}:
        return value["secret"]
    with suppress(TypeError, ValueError):
        return json.loads(value)  # type: ignore[arg-type]  # what is no text is passed over
    return value


@pytest.mark.parametrize(
    "place",
    [("organization", "platform"), ("repositories", "payments"), ("protections", "payments")],
)
def test_every_declared_provider_is_known_without_running_the_program(
    place: tuple[str, str],
    estate: Estate,
    connection: Connection,
    declare: Callable[..., Any],
    references: dict[str, object],
) -> None:
    """The same packages, names and inputs; secrets are wrapped in what is declared."""
    stack = programs.stack(*place, estate, connection)
    known = {(f"pulumi:providers:{each.package}", each.name): each for each in stack.providers()}
    recorded = declare(stack.declare, references)
    declared = [resource for resource in recorded.resources if resource.type.startswith("pulumi:providers:")]
    assert declared
    for resource in declared:
        expected = known[resource.type, resource.name]
        plain = {name: _plain(value) for name, value in resource.inputs.items() if name not in OF_THE_SDK}
        assert plain == {name: _plain(value) for name, value in expected.inputs.items()}
        assert {name for name, value in resource.inputs.items() if isinstance(value, dict)} >= expected.secret
