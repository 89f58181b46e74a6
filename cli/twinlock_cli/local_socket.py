"""Where a world's socket lies: with its platform, or where the path is too long for a socket, in a folder of one's own.

Programs such as gh reach the world's GitHub by it, and jobs of workflows use gh.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Final

from twinlock.errors import Incomplete

LONGEST: Final = 100
"""Bytes of a socket's path that every system takes (unix(7): 108 on Linux, 104 on macOS, with their end)."""
_SHORT: Final = Path("/tmp")  # noqa: S108 - TMPDIR may be as long; the folder below is made for its owner alone, and checked


def beside(wanted: Path, short: Path = _SHORT) -> Path:
    """Return a path for a socket that is wanted at another, which may be too long.

    Raises:
        Incomplete: The folder for those that are too long is somebody else's, or open to others.
    """
    if len(os.fsencode(wanted)) <= LONGEST:
        return wanted
    folder = short / f"twinlock-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise _unusable(folder, f"{error.strerror or error}.") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise _unusable(folder, "It is not a folder that only you can use.")
    return folder / f"{hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]}.sock"


def _unusable(folder: Path, why: str) -> Incomplete:
    return Incomplete(
        f"{folder} cannot hold the world's socket.", why, "Remove it, or use a platform with a shorter path."
    )
