"""Bring a directory to its rendering, and leave the team's files alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock.errors import Incomplete
from twinlock.files import write_together
from twinlock.scaffold.directory import Found, find, find_record, left_over
from twinlock.scaffold.tree import RECORD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twinlock.scaffold.tree import File, Tree


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What writing a tree did; paths, sorted. The record itself is in none of them.

    Attributes:
        created: Written for the first time.
        restored: Managed files that had been edited or deleted, or whose template changed.
        removed: Managed files that the templates no longer give.
        kept: Seeded files that the team edited or deleted.
        unchanged: Already as rendered.
    """

    created: tuple[str, ...]
    restored: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    unchanged: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return bool(self.created or self.restored or self.removed)


def write(tree: Tree, directory: Path) -> WriteReport:
    """Write what is missing and restore what is managed; write nothing that is already so.

    A seeded file is written once: edited or deleted by the team, it stays so. Everything is looked at before anything
    is written, and the record is written last, so that an interrupted run is finished by the next.

    Raises:
        BadInput: A link or something else than a file or directory is in the way; nothing was written.
        Incomplete: The directory cannot be read or written.
    """
    record = find_record(directory)
    found = {path: find(directory, path) for path in tree.files}
    verdicts = {path: _verdict(file, found[path], known=path in record) for path, file in tree.files.items()}
    removed = tuple(left_over(tree, directory))
    for path in removed:
        _remove(directory / path)
    missing = {path: tree.files[path] for path, verdict in verdicts.items() if verdict in {"created", "restored"}}
    _write(directory, {path: file for path, file in missing.items() if file.executable}, 0o755)
    last_is_record = sorted(missing.items(), key=lambda item: (item[0] == RECORD, item[0]))
    _write(directory, {path: file for path, file in last_is_record if not file.executable}, 0o644)
    del verdicts[RECORD]
    return WriteReport(
        created=_with(verdicts, "created"),
        restored=_with(verdicts, "restored"),
        removed=removed,
        kept=_with(verdicts, "kept"),
        unchanged=_with(verdicts, "unchanged"),
    )


def _write(directory: Path, files: Mapping[str, File], mode: int) -> None:
    write_together({directory / path: file.content for path, file in files.items()}, mode=mode)


def _verdict(file: File, found: Found | None, *, known: bool) -> str:
    if found == Found(file.content, file.executable):
        return "unchanged"
    if file.managed:
        return "restored" if known or found is not None else "created"
    return "created" if found is None and not known else "kept"


def _with(verdicts: Mapping[str, str], verdict: str) -> tuple[str, ...]:
    return tuple(path for path, given in verdicts.items() if given == verdict)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise Incomplete(
            f"{path} was not removed.",
            f"The system says: {error.strerror or error}.",
            "Make its directory writable, then run the same command again.",
        ) from error
