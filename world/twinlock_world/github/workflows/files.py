"""What runs leave behind on disk: logs and artifacts, each one file under its number.

Written whole or not at all. They are read through addresses that hold for a minute and need no token, as on GitHub,
where they lead to storage elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from twinlock_world.git_objects import GitRepositories
    from twinlock_world.github.urls import Urls

LOGS: Final = "logs"
ARTIFACTS: Final = "artifacts"
PLACE: Final = "/_downloads"
_KEY: Final = secrets.token_bytes(32)
_VALID_SECONDS: Final = 60


def keep(git: GitRepositories, kind: str, identifier: int, data: bytes) -> None:
    """Write a file."""
    path = path_of(git, kind, identifier)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read(git: GitRepositories, kind: str, identifier: int) -> bytes | None:
    """Return a file's content; nothing where there is none."""
    try:
        return path_of(git, kind, identifier).read_bytes()
    except FileNotFoundError:
        return None


def remove(git: GitRepositories, kind: str, identifier: int) -> None:
    """Delete a file; one that is gone already is no error."""
    path_of(git, kind, identifier).unlink(missing_ok=True)


def path_of(git: GitRepositories, kind: str, identifier: int) -> Path:
    """Return where a file is."""
    return git.beside("actions") / kind / str(identifier)


def address(urls: Urls, kind: str, name: str, now: float) -> str:
    """Return the address under which something may be read for a minute."""
    until = int(now) + _VALID_SECONDS
    return f"{urls.origin}{PLACE}/{kind}/{name}?until={until}&signature={_signature(kind, name, until)}"


def may_read(kind: str, name: str, until: str, signature: str, now: float) -> bool:
    """Tell whether an address was made here and still holds."""
    if not until.isascii() or not until.isdigit() or int(until) < now:
        return False
    return hmac.compare_digest(_signature(kind, name, int(until)), signature)


def _signature(kind: str, name: str, until: int) -> str:
    return hmac.new(_KEY, f"{kind}/{name}/{until}".encode(), hashlib.sha256).hexdigest()
