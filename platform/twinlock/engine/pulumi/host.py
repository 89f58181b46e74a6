"""The process that makes our providers for all stacks of one command, so that each need not import everything anew.

What it is and how it is asked: `twinlock.provider.server.host` and `launcher`. Nothing depends on it: a launcher that
finds none starts a provider that stands alone.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VARIABLE = "TWINLOCK_PROVIDER_HOST"
"""Names the socket; also in `twinlock.provider.server.launcher`, which imports nothing."""

_GRACE = 5.0
_AT_ONCE = 64


class Host:
    """Starts with the first run that needs it, and ends with this object, or with this process."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Take the command; nothing is started yet.

        Args:
            command: It is given the number of the listening socket in place of the word `SOCKET`.
            environment: All that it inherits.
        """
        self._command = command
        self._inherited = dict(environment)
        self._lock = threading.Lock()
        self._settings: Mapping[str, str] | None = None

    def settings(self) -> Mapping[str, str]:
        """Return by which variable launchers find the host, started with the first call; nothing where it cannot be."""
        with self._lock:
            if self._settings is None:
                self._settings = self._start() if self._command else {}
            return self._settings

    def _start(self) -> Mapping[str, str]:
        try:
            # A directory that only its owner may enter: whoever reaches the socket is given a provider.
            directory = Path(tempfile.mkdtemp(prefix="twinlock-"))
        except OSError:
            return {}
        try:
            with socket.socket(socket.AF_UNIX) as listener:
                # It listens before the host does anything: who asks early waits, and need not ask again.
                listener.bind(str(directory / "host"))
                listener.listen(_AT_ONCE)
                number = listener.fileno()
                process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [str(number) if word == "SOCKET" else word for word in self._command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=self._inherited,
                    pass_fds=[number],
                    # A terminal's Ctrl-C is for the engine, which then ends its providers.
                    start_new_session=True,
                )
        except OSError:
            shutil.rmtree(directory, ignore_errors=True)
            return {}
        weakref.finalize(self, _end, process, directory)
        return {VARIABLE: str(directory / "host")}


def _end(process: subprocess.Popen[bytes], directory: Path) -> None:
    """End a host; the providers it has made end with their engines."""
    if process.stdin is not None:
        process.stdin.close()
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE)
    shutil.rmtree(directory, ignore_errors=True)
