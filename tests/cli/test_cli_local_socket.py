"""A socket's path has an end long before a file's has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from twinlock.errors import Incomplete
from twinlock_cli import local_socket


def test_a_short_path_is_taken(tmp_path: Path) -> None:
    """The socket lies with its platform, and no folder is made."""
    wanted = Path("/s/github.sock")
    assert local_socket.beside(wanted, tmp_path) == wanted
    assert list(tmp_path.iterdir()) == []


def test_a_long_path_has_a_short_one(tmp_path: Path) -> None:
    """In a folder for its owner alone, the same each time, and another for another platform."""
    one, other = (tmp_path / name / ("x" * 100) / "github.sock" for name in ("one", "other"))
    found = local_socket.beside(one, tmp_path)
    folder = tmp_path / f"twinlock-{os.getuid()}"
    assert (found.parent, found.suffix, len(found.name)) == (folder, ".sock", 21)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert local_socket.beside(one, tmp_path) == found != local_socket.beside(other, tmp_path)


@pytest.mark.parametrize("kind", ["open to others", "a link", "a file"])
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, kind: str) -> None:
    """Whoever made it first could listen in the world's place."""
    folder = tmp_path / f"twinlock-{os.getuid()}"
    if kind == "open to others":
        folder.mkdir()
        folder.chmod(0o755)
    elif kind == "a link":
        (tmp_path / "theirs").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "theirs")
    else:
        folder.touch()
    with pytest.raises(Incomplete) as refused:
        local_socket.beside(tmp_path / ("x" * 100), tmp_path)
    assert refused.value.what == f"{folder} cannot hold the world's socket."
    assert refused.value.mend == "Remove it, or use a platform with a shorter path."
