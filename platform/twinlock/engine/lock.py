"""One run at a time on one stack.

The lock is the operating system's own: it ends with the process that holds it, however that dies, so nobody has to
clear it away. The file says who holds it, for whoever comes second.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
import socket
from typing import TYPE_CHECKING

from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def held(path: Path, stack: str, command: str) -> Iterator[None]:
    """Hold the lock of a stack.

    Args:
        path: The lock's file; it stays where it is afterwards.
        stack: The stack, for messages.
        command: What holds the lock, for messages.

    Raises:
        Incomplete: Another run holds it, or the file cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Incomplete(
            f"{stack} was not begun.",
            f"Its lock {path} cannot be written: {error.strerror}.",
            "Make the directory writable, then run the same command again.",
        ) from None
    with os.fdopen(descriptor, "r+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Incomplete(
                f"{stack} was not begun.",
                f"Another run holds it: {_holder(handle.read())}.",
                "Wait until it is through, then run the same command again.",
            ) from None
        holder = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "command": command,
        }
        handle.truncate(0)
        handle.seek(0)
        json.dump(holder, handle)
        handle.flush()
        yield


def _holder(text: str) -> str:
    try:
        holder = json.loads(text)
        return f"`{holder['command']}`, process {holder['pid']} on {holder['host']}, since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        # It was taken a moment ago, and the holder has not said yet who it is.
        return "one that began just now"
