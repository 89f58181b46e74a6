"""What scaffolding gives for one repository: files, each managed by twinlock or seeded for the team.

A managed file must equal the rendering for ever. A seeded one is the team's after the first time.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from twinlock.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORD = ".twinlock-scaffold.json"
"""In every tree: the version of its templates, and the class and digest of every file as it was rendered."""

MANAGED = "managed"
SEEDED = "seeded"

_SHELL_HOSTILE = frozenset('\\:*?"<>|')
"""Characters that some file system or tool reads as something else than a name."""


@dataclass(frozen=True, slots=True)
class File:
    """One file.

    Attributes:
        content: Its bytes.
        managed: It must equal the rendering; otherwise the team owns it after the first time.
        executable: It may be run.
    """

    content: bytes
    managed: bool
    executable: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        return digest(self.content)


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of one repository.

    Attributes:
        files: By path, relative with `/`, sorted.
    """

    files: Mapping[str, File]

    def __post_init__(self) -> None:
        """Fix the order, and refuse a path that is not strictly beneath the tree.

        Raises:
            BadInput: A path leads elsewhere, or is a file and a directory at once.
        """
        for path in self.files:
            if not is_safe(path):
                raise BadInput(
                    f"The template path {path!r} is refused.",
                    "A file's path is relative and stays beneath its repository.",
                    "Name the template otherwise.",
                )
            if any(parent in self.files for parent in parents(path)):
                raise BadInput(
                    f"The template path {path!r} is refused.",
                    "Another template gives a file where this one needs a directory.",
                    "Name one of the two otherwise.",
                )
        object.__setattr__(self, "files", MappingProxyType(dict(sorted(self.files.items()))))


def digest(content: bytes) -> str:
    """Return the SHA-256 of `content`, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def is_safe(path: str) -> bool:
    """Return whether a path is relative, stays beneath its tree, and spares git's own directory."""
    segments = path.split("/")
    return all(
        segment not in {"", ".", ".."}
        and segment.lower() != ".git"
        and segment.isprintable()
        and _SHELL_HOSTILE.isdisjoint(segment)
        for segment in segments
    )


def parents(path: str) -> tuple[str, ...]:
    """Return the directories that lead to a file, outermost first."""
    segments = path.split("/")[:-1]
    return tuple("/".join(segments[: count + 1]) for count in range(len(segments)))


def recorded(files: Mapping[str, File], version: str) -> Tree:
    """Return the tree of `files` with its record."""
    entries = {
        path: {"class": MANAGED if file.managed else SEEDED, "sha256": file.digest}
        for path, file in sorted(files.items())
    }
    text = json.dumps({"template_version": version, "files": entries}, indent=2) + "\n"
    return Tree({**files, RECORD: File(text.encode(), managed=True)})


@dataclass(frozen=True, slots=True)
class Entry:
    """What a record says of one file.

    Attributes:
        managed: Its class at that time.
        digest: SHA-256 of the rendering at that time.
    """

    managed: bool
    digest: str


def read_record(content: bytes) -> Mapping[str, Entry]:
    """Return what a record on disk says, by path; nothing where it is damaged, and no entry that is.

    A team can edit the file, so nothing in it is trusted beyond its shape: paths that lead elsewhere are dropped.
    """
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    files = raw.get("files") if isinstance(raw, dict) else None
    entries: dict[str, Entry] = {}
    for path, entry in files.items() if isinstance(files, dict) else ():
        match entry:
            case {"class": "managed" | "seeded" as kind, "sha256": str(value)} if is_safe(path):
                entries[path] = Entry(kind == MANAGED, value)
    return entries
