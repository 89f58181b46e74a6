"""Makes providers for the engines of one command: imports what they need once, and forks one for each that asks.

Each provider is a process of its own, as it would be without this, and ends with the engine it serves. The host ends
with the command that started it. It has one thread and no server, so that forking it is safe.

    python -m twinlock.provider.server.host SOCKET PACKAGE=MODULE...

SOCKET is the number of a listening socket that it inherits; each module has a function `package`.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from twinlock.provider.server.serve import serve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinlock.provider.server.servicer import Package

_LONGEST_NAME = 64
_STANDARD = 3
"""Input, output and errors: what a provider takes over from its launcher."""
_PATIENCE = 5.0
"""Seconds for a launcher to say what it wants; it does so at once."""


def main() -> None:
    """Fork providers until the input ends, which the command that started this process holds open."""
    number, *named = sys.argv[1:]
    packages = {name: _package(module) for name, _, module in (each.partition("=") for each in named)}
    # What is there now is never collected, so that the processes share it.
    gc.freeze()
    signal.signal(signal.SIGCHLD, lambda *_: _reap())
    with socket.socket(fileno=int(number)) as listener:
        while sys.stdin.fileno() not in select.select([listener, sys.stdin], [], [])[0]:
            launcher, _ = listener.accept()
            with launcher, suppress(OSError):
                _provide(packages, listener, launcher)


def _reap() -> None:
    """Let the providers go that have ended; what they used is then this process's, for whoever measures."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _package(module: str) -> Package:
    package: Package = importlib.import_module(module).package()
    package.prepare()
    return package


def _provide(packages: Mapping[str, Package], listener: socket.socket, launcher: socket.socket) -> None:
    launcher.settimeout(_PATIENCE)
    name, descriptors, _, _ = socket.recv_fds(launcher, _LONGEST_NAME, _STANDARD)
    try:
        package = packages.get(name.decode(errors="replace"))
        if package is not None and len(descriptors) == _STANDARD and os.fork() == 0:
            listener.close()
            _become(package, launcher, descriptors)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _become(package: Package, launcher: socket.socket, descriptors: Sequence[int]) -> NoReturn:
    """Be the provider that a launcher asked for."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor, standard in zip(descriptors, range(_STANDARD), strict=True):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        launcher.settimeout(None)
        launcher.send(b"1")
        serve(package, lambda: _ended(launcher))
    except BaseException:  # noqa: BLE001 - whatever it is, a provider that failed must not become a second host
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def _ended(launcher: socket.socket) -> None:
    """Return when the engine is gone: it ends the launcher, and holds the input open."""
    select.select([launcher.fileno(), 0], [], [])


if __name__ == "__main__":
    main()
