"""Files are written whole or not at all, with the permissions asked for."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from twinlock.errors import Incomplete
from twinlock.files import write_atomically, write_together

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEND = "Make room or make the directory writable, then run the same command again."


@contextlib.contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes; the system then refuses as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize(
    ("content", "expected"), [(b"\x00\xff", b"\x00\xff"), ("naïve\n", b"na\xc3\xafve\n"), ("", b"")]
)
def test_content_is_written_as_it_is(tmp_path: Path, content: bytes | str, expected: bytes) -> None:
    """Bytes as they are and text as UTF-8, in directories that are made, and nothing beside."""
    path = tmp_path / "a" / "b" / "file"
    write_atomically(path, content)
    assert (path.read_bytes(), list(path.parent.iterdir())) == (expected, [path])


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_permissions_are_those_asked_for(tmp_path: Path, umask: int) -> None:
    """The umask neither widens nor narrows them; without a wish a file keeps its own, a new one is for everybody."""
    private, usual, kept = tmp_path / "private", tmp_path / "usual", tmp_path / "kept"
    kept.touch(mode=0o600)
    before = os.umask(umask)
    try:
        write_atomically(private, b"x", mode=0o600)
        write_atomically(usual, b"x")
        write_atomically(kept, b"x")
    finally:
        os.umask(before)
    assert (mode(private), mode(usual), mode(kept)) == (0o600, 0o644, 0o600)


def test_a_file_is_replaced_never_written_into(tmp_path: Path) -> None:
    """Whoever has the old file open reads the old bytes to their end."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        write_atomically(path, b"newer")
        assert (reader.read(), path.read_bytes()) == (b"old", b"newer")


@pytest.mark.parametrize("size", [0, 4])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, size: int) -> None:
    """The error names the file and says what the system said."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with full_disk(size), pytest.raises(Incomplete) as caught:
        write_atomically(path, b"newer")
    assert str(caught.value) == f"{path} was not written.\nThe system says: File too large.\n{MEND}"
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


def test_a_file_in_place_of_a_directory_is_told(tmp_path: Path) -> None:
    """A parent that is no directory cannot hold the file."""
    (tmp_path / "parent").touch()
    with pytest.raises(Incomplete) as caught:
        write_atomically(tmp_path / "parent" / "file", b"x")
    assert str(caught.value).splitlines()[:2] == [
        f"{tmp_path / 'parent' / 'file'} was not written.",
        "The system says: File exists.",
    ]


def test_a_directory_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    """It is not replaced, not even an empty one."""
    (tmp_path / "file").mkdir()
    with pytest.raises(Incomplete) as caught:
        write_atomically(tmp_path / "file", b"x")
    assert caught.value.why == "The system says: Is a directory."
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_files_that_belong_together_are_all_written(tmp_path: Path) -> None:
    """Each has its content; no file at all is no error."""
    write_together({tmp_path / "a": "1", tmp_path / "b" / "c": b"2"})
    write_together({})
    assert ((tmp_path / "a").read_text(), (tmp_path / "b" / "c").read_text()) == ("1", "2")


@pytest.mark.parametrize("trouble", ["full disk", "directory"])
def test_one_file_that_cannot_be_written_keeps_all_as_they_were(tmp_path: Path, trouble: str) -> None:
    """The first is not replaced if the last is refused."""
    first, last = tmp_path / "first", tmp_path / "last"
    first.write_bytes(b"old")
    if trouble == "directory":
        last.mkdir()
    before = sorted(tmp_path.iterdir())
    with full_disk(8), pytest.raises(Incomplete) as caught:
        write_together({first: b"new", last: b"x" * (9 if trouble == "full disk" else 1)})
    assert caught.value.what == f"{last} was not written."
    assert (first.read_bytes(), sorted(tmp_path.iterdir())) == (b"old", before)


def test_a_process_that_is_killed_leaves_the_old_file_whole(tmp_path: Path) -> None:
    """A kill after the bytes are written and before the file is in place."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    program = (
        "import os, pathlib, sys\n"
        "from twinlock.files import write_atomically\n"
        "os.fsync = lambda descriptor: os._exit(9)\n"
        "write_atomically(pathlib.Path(sys.argv[1]), b'newer')\n"
    )
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", program, str(path)], env=environment, check=False, timeout=60)
    assert (done.returncode, path.read_bytes()) == (9, b"old")
