"""`--provider-aws`: which provider manages AWS under Pulumi, and what is no choice."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from twinlock import manifest
from twinlock.errors import BadInput
from twinlock.manifest import examples
from twinlock.model.declaration import Where
from twinlock_cli import engines
from twinlock_cli.engines import Kind, ProviderAws

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock.model.declaration import Platform

FILES = {
    "platform.yaml": examples.platform_yaml("acme", "a" * 40).encode(),
    "roster.yaml": examples.roster_yaml("acme", examples.founders()).encode(),
}


@pytest.fixture
def declared() -> Platform:
    """Return what a new platform's manifest says of the whole."""
    return manifest.parse(FILES).platform


@pytest.mark.parametrize(
    ("chosen", "served"),
    [(None, {"aws", "twinlock"}), (ProviderAws.WORLD, {"aws", "twinlock"}), (ProviderAws.OFFICIAL, {"twinlock"})],
)
def test_the_world_has_its_own_unless_the_official_one_is_chosen(
    declared: Platform, tmp_path: Path, chosen: ProviderAws | None, served: set[str]
) -> None:
    """Only one of the two is offered to the engine."""
    assert set(engines.workspace(tmp_path, declared, provider_aws=chosen).served) == served


def test_the_worlds_never_serves_the_cloud(declared: Platform, tmp_path: Path) -> None:
    """There the official one is used without being asked for, and no other can be."""
    cloud = dataclasses.replace(declared, target=Where.CLOUD)
    assert set(engines.workspace(tmp_path, cloud).served) == {"twinlock"}
    with pytest.raises(BadInput) as refused:
        engines.workspace(tmp_path, cloud, provider_aws=ProviderAws.WORLD)
    assert str(refused.value) == (
        "The world's AWS provider was not started.\n"
        "It reaches loopback alone, and the target is cloud.\n"
        "Leave `--provider-aws` out: the cloud has the official one."
    )


def test_the_embedded_engine_has_no_providers_to_choose_from(declared: Platform, tmp_path: Path) -> None:
    """A choice that would mean nothing is refused."""
    with pytest.raises(BadInput, match=r"^`--provider-aws` needs Pulumi\."):
        engines.engine(tmp_path, declared, Kind.EMBEDDED, journal=None, provider_aws=ProviderAws.WORLD)  # type: ignore[arg-type]  # it is refused before anything is written down
