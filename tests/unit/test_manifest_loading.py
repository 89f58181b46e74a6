"""Reading a platform directory from disk: what is missing, unreadable or no file is said in three lines."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from twinlock import manifest
from twinlock.errors import BadInput, Incomplete
from twinlock.manifest import examples

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    """Return a valid platform directory without services."""
    (tmp_path / "platform.yaml").write_text(examples.platform_yaml("acme", "a" * 40))
    (tmp_path / "roster.yaml").write_text(examples.roster_yaml("acme", examples.founders()))
    return tmp_path


def test_a_platform_without_services_is_valid(platform: Path) -> None:
    """What `init` alone writes is a manifest."""
    assert (manifest.load(platform).platform.organization, manifest.load(platform).services) == ("acme", {})


@pytest.mark.parametrize("name", ["empty", "absent"])
def test_another_directory_is_no_platform_directory(tmp_path: Path, name: str) -> None:
    """A directory without `platform.yaml`, or none at all, is named with the command that makes one."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput) as caught:
        manifest.load(tmp_path / name)
    assert str(caught.value) == (
        f"{tmp_path / name} is not a platform directory.\n"
        "There is no platform.yaml in it.\n"
        "Run `twinlock init DIR --org ORG` to make one, or name another directory with -C."
    )


def test_a_file_that_is_none_cannot_be_read(platform: Path) -> None:
    """A pipe in place of a file does not hang the command."""
    (platform / "services").mkdir()
    os.mkfifo(platform / "services" / "payments.yaml")
    with pytest.raises(Incomplete) as caught:
        manifest.load(platform)
    assert str(caught.value) == (
        f"{platform / 'services' / 'payments.yaml'} cannot be read.\n"
        "It is not a file.\n"
        "Put the file there, or delete what is there."
    )


def test_what_the_system_refuses_is_incomplete(platform: Path) -> None:
    """An error of the system is told with its path and its words; the exit code says that nothing was checked."""
    (platform / "services").write_text("")
    with pytest.raises(Incomplete) as caught:
        manifest.load(platform)
    assert str(caught.value) == (
        f"{platform / 'services'} cannot be read.\n"
        "The system says: Not a directory.\n"
        "Make it readable, then run the same command again."
    )
    assert caught.value.exit_code == 3


def test_every_service_file_is_read_and_nothing_else(platform: Path) -> None:
    """Files of services with any YAML ending are read; editors' leftovers and other files are not."""
    services = platform / "services"
    services.mkdir()
    for name in ("b.yaml", "a.yml", ".b.yaml.swp", ".hidden.yaml", "README.md"):
        (services / name).write_text("")
    with pytest.raises(manifest.InvalidManifest) as caught:
        manifest.load(platform)
    assert [mistake.file for mistake in caught.value.mistakes] == ["services/a.yml", "services/b.yaml"]


def test_a_huge_file_is_not_read_whole(platform: Path) -> None:
    """A file beyond the limit is refused as such, however large it is."""
    with (platform / "roster.yaml").open("wb") as handle:
        handle.truncate(1 << 40)
    with pytest.raises(manifest.InvalidManifest) as caught:
        manifest.load(platform)
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "roster.yaml:1:1: The file is larger than 1 MiB. Split it, or take out what is no manifest."
    ]
    assert caught.value.exit_code == 2
