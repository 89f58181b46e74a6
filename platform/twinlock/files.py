"""Write files whole or not at all.

Everything twinlock leaves on disk (state, journal, rendered trees, credentials) goes through here, so that a full
disk, a crash or a second process never leaves half a file behind.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from pathlib import Path


def write_atomically(path: Path, content: bytes | str, *, mode: int = 0o644) -> None:
    """Replace `path` with `content`, creating missing parent directories.

    The content is written to a temporary file beside `path`, flushed to disk and renamed over it, so a reader sees
    the old bytes or the new ones. `mode` is the final permission whatever the umask, never wider in between.

    Raises:
        Incomplete: The directory cannot be written or the disk is full; `path` is as it was.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as handle:
            os.fchmod(handle.fileno(), mode)
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise Incomplete(
            f"{path} was not written.",
            f"The system says: {error.strerror or error}.",
            "Make room or make the directory writable, then run the same command again.",
        ) from error
