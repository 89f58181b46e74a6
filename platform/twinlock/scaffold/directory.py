"""A tree's place on disk, read without following anything out of it.

A scaffolded directory is a team's working copy: it may hold symbolic links, devices, or a file where a directory is
needed. Nothing is read or written through any of them.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock.errors import BadInput, Incomplete
from twinlock.scaffold.tree import RECORD, digest, parents, read_record

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from twinlock.scaffold.tree import Entry, Tree


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file on disk.

    Attributes:
        content: Its bytes.
        executable: Its owner may run it.
    """

    content: bytes
    executable: bool


def find(directory: Path, path: str) -> Found | None:
    """Return the file at `path` beneath `directory`, or None where nothing is.

    Raises:
        BadInput: Something other than a regular file is there, or a directory on the way is a link or a file.
        Incomplete: It cannot be read.
    """
    for parent in parents(path):
        there = _status(directory / parent)
        if there is None:
            return None
        if not stat.S_ISDIR(there.st_mode):
            raise _refused(directory / parent, there.st_mode, "a directory")
    there = _status(directory / path)
    if there is None:
        return None
    if not stat.S_ISREG(there.st_mode):
        raise _refused(directory / path, there.st_mode, "a regular file")
    try:
        content = (directory / path).read_bytes()
    except OSError as error:
        raise _unreadable(directory / path, error) from error
    return Found(content, bool(there.st_mode & stat.S_IXUSR))


def find_record(directory: Path) -> Mapping[str, Entry]:
    """Return what was rendered into `directory` the last time, by path.

    Raises:
        BadInput: The record is no regular file.
        Incomplete: It cannot be read.
    """
    found = find(directory, RECORD)
    return {} if found is None else read_record(found.content)


def left_over(tree: Tree, directory: Path) -> Mapping[str, bytes]:
    """Return the managed files of an earlier rendering that `tree` no longer gives, by path, with their content.

    A file that was changed since is the team's, whatever the record says of it.

    Raises:
        BadInput: One of them is no regular file.
        Incomplete: One of them cannot be read.
    """
    former = {path: entry for path, entry in find_record(directory).items() if entry.managed and path not in tree.files}
    found = {path: find(directory, path) for path in sorted(former)}
    return {path: file.content for path, file in found.items() if file and digest(file.content) == former[path].digest}


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error


def _refused(path: Path, mode: int, wanted: str) -> BadInput:
    kind = "a symbolic link" if stat.S_ISLNK(mode) else "a directory" if stat.S_ISDIR(mode) else "a file"
    found = kind if stat.S_ISREG(mode) or kind != "a file" else "a special file"
    return BadInput(
        f"{path} is refused.",
        f"It is {found}, and the scaffold has {wanted} there.",
        "Remove it, then run the same command again.",
    )


def _unreadable(path: Path, error: OSError) -> Incomplete:
    return Incomplete(
        f"{path} cannot be read.",
        f"The system says: {error.strerror or error}.",
        "Make it readable, then run the same command again.",
    )
