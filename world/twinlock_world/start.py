"""What a server needs of the machine before it may serve: its state directory for itself, and two ports.

Taken before anything slow is imported, so that a refusal is immediate. Called by `server`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.jsonvalue import JsonObject

_HOST: Final = "127.0.0.1"
_BACKLOG: Final = 256


class StartError(Exception):
    """The server cannot start; the text says in one line why, and what to do."""


@contextmanager
def claim(state: Path) -> Iterator[None]:
    """Hold a state directory for this process alone, making it where there is none.

    Raises:
        StartError: It cannot be used, or another server serves it.
    """
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (state / "lock").open("a+", encoding="ascii")
    except OSError as error:
        raise StartError(
            f"cannot use {state} as state: {error.strerror}; name a directory that may be written"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise StartError(
                f"{state} is served by process {holder}; stop that server, or name another --state"
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def listen(port: int, option: str) -> socket.socket:
    """Return a socket that listens on loopback, on a free port for 0.

    Raises:
        StartError: The port cannot be had.
    """
    # The protocol is named because asyncio sends small answers at once (TCP_NODELAY) only on sockets that name it.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((_HOST, port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be had: {error.strerror}"
        raise StartError(f"port {port} {why}; choose another with {option}, or 0 for a free one") from error
    return bound


@contextmanager
def listen_locally(path: Path | None) -> Iterator[list[socket.socket]]:
    """Listen on a socket that is a file, for its owner alone; on none where no path is asked.

    Raises:
        StartError: The file is no socket, is in use, or cannot be made.
    """
    if path is None:
        yield []
        return
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _clear(path)
        bound.bind(str(path))  # the process's umask keeps everybody else out
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        why = error.strerror or str(error)
        raise StartError(f"{path} cannot be a socket: {why}; name another --socket") from error
    try:
        yield [bound]
    finally:
        bound.close()
        with contextlib.suppress(OSError):
            path.unlink()


def _clear(path: Path) -> None:
    """Remove the socket of a server that is gone.

    Raises:
        OSError: A server listens there, or it is no socket.
    """
    if not path.exists() and not path.is_symlink():
        return
    if not path.is_socket():
        raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        if probe.connect_ex(str(path)) == 0:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
    path.unlink()


def url(bound: socket.socket) -> str:
    """Return the address of a listening socket."""
    host, port = bound.getsockname()
    return f"http://{host}:{port}"


def write_private(path: Path, document: JsonObject) -> None:
    """Write a document that only its owner may read, whole or not at all.

    Raises:
        StartError: It cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made with 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(json.dumps(document, indent=2) + "\n")
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise StartError(f"cannot write {path}: {error.strerror}; name another --ready-file") from error
