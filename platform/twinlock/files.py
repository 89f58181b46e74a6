"""Write files whole or not at all.

Everything twinlock leaves on disk (state, journal, rendered trees, credentials) goes through here, so that a full
disk, a crash or a second process never leaves half a file behind.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from typing import TYPE_CHECKING

from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_USUAL_MODE = 0o644
_PRIVATE_MODE = 0o600


def write_atomically(path: Path, content: bytes | str, *, mode: int | None = None) -> None:
    """Replace `path` with `content`, creating missing parent directories.

    The content is written to a temporary file beside `path`, flushed to disk and renamed over it, so a reader sees
    the old bytes or the new ones.

    Args:
        path: The file.
        content: Its bytes, or its text as UTF-8.
        mode: Its permissions whatever the umask, never wider in between; by default a file keeps those it has, and a
            new one is for everybody to read.

    Raises:
        Incomplete: The directory cannot be written or the disk is full; `path` is as it was.
    """
    write_together({path: content}, mode=mode)


def write_together(files: Mapping[Path, bytes | str], *, mode: int | None = None) -> None:
    """Replace several files as `write_atomically` does one, none of them before all are ready beside their places.

    Whoever reads meanwhile may see some of them old and others new.

    Raises:
        Incomplete: A directory cannot be written or the disk is full; the files are as they were.
    """
    staged: dict[Path, Path] = {}
    path = None
    try:
        for path, content in files.items():
            if path.is_dir():  # renaming would fail, but only after files before it were replaced
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            staged[path] = _beside(path)
            _write(staged[path], content.encode() if isinstance(content, str) else content)
        # Not before all are written: the first flush takes most of the others with it.
        for path, temporary in staged.items():
            _flush(temporary, _mode(path, mode))
        for path, temporary in staged.items():
            temporary.replace(path)
    except OSError as error:
        raise Incomplete(
            f"{path} was not written.",
            f"The system says: {error.strerror or error}.",
            "Make room or make the directory writable, then run the same command again.",
        ) from error
    finally:
        for temporary in staged.values():
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def _mode(path: Path, wanted: int | None) -> int:
    if wanted is not None:
        return wanted
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else _USUAL_MODE


def _write(temporary: Path, data: bytes) -> None:
    temporary.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_MODE)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(data)


def _flush(temporary: Path, mode: int) -> None:
    descriptor = os.open(temporary, os.O_RDONLY)
    try:
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
