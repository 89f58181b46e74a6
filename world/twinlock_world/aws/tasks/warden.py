"""Runs one command and sees to its end, and to that of all that it started. A process; standard library only.

Why a process of its own: a world that is killed cannot end its tasks any more, but the pipe that it held is closed
then, and the warden reads that. It also adopts what the command leaves behind, so that nothing outlives a task by going
into the background.

Usage: `warden.py STATUS GRACE SECONDS PROCESSES COMMAND...`. STATUS is the number of an open pipe that takes a line of
JSON when the command runs, or cannot, and one when all has ended. The line `stop` on standard input asks the command to
end (SIGTERM, and SIGKILL after GRACE seconds); the end of standard input kills it.
"""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

_BECOME_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
_LOOK_SECONDS = 2.0
_CANNOT = 125


def main(arguments: list[str]) -> int:
    """Run the command, and return the exit code that a container runtime would tell."""
    status = int(arguments[0])
    grace, seconds, most = float(arguments[1]), float(arguments[2]), int(arguments[3])
    os.set_inheritable(status, False)  # noqa: FBT003 - positional only
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_BECOME_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = subprocess.Popen(arguments[4:], stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - what a task definition says
    except OSError as error:
        _tell(status, {"failed": error.strerror or "it cannot be executed"})
        return _CANNOT
    _tell(status, {"started": child.pid})
    why = _Watch(child, grace, seconds, most).until_the_end()
    _sweep(child)
    code = child.returncode if child.returncode >= 0 else 128 - child.returncode
    _tell(status, {"exited": code, "why": why})
    return code


class _Watch:
    """Waits for whichever comes first: the command's end, a word from the world, the time or the processes run out."""

    def __init__(self, child: subprocess.Popen[bytes], grace: float, seconds: float, most: int) -> None:
        self._child = child
        self._grace = grace
        self._most = most
        self._deadline = time.monotonic() + seconds
        self._why = ""
        self._ended, self._end = os.pipe()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ended, selectors.EVENT_READ)
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ)

    def until_the_end(self) -> str:
        """Return once the command has ended, with why it was ended if it was."""
        threading.Thread(target=self._wait, daemon=True).start()
        look = time.monotonic() + _LOOK_SECONDS
        while True:
            now = time.monotonic()
            ready = {key.fd for key, _ in self._selector.select(max(0.0, min(self._deadline, look) - now))}
            if self._ended in ready:
                return self._why
            if sys.stdin.fileno() in ready:
                self._heed(os.read(sys.stdin.fileno(), 64))
            elif time.monotonic() >= self._deadline:
                self._kill(self._why or "time")
            elif time.monotonic() >= look:
                look = time.monotonic() + _LOOK_SECONDS
                if len(_descendants()) > self._most:
                    self._kill("processes")

    def _heed(self, word: bytes) -> None:
        if not word:
            self._selector.unregister(sys.stdin.fileno())
            self._kill("world")
        elif not self._why:
            self._why = "stop"
            with suppress(ProcessLookupError):
                os.kill(self._child.pid, signal.SIGTERM)  # it alone, as a container's first process is told alone
            self._deadline = min(self._deadline, time.monotonic() + self._grace)

    def _kill(self, why: str) -> None:
        self._why = why
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._deadline = time.monotonic() + _LOOK_SECONDS

    def _wait(self) -> None:
        self._child.wait()
        os.write(self._end, b".")


def _sweep(child: subprocess.Popen[bytes]) -> None:
    """Kill what the command left behind, until nothing is left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    while found := _descendants():
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(-1, 0)


def _descendants() -> set[int]:
    """Return the processes that come from here and live; none where the system does not tell."""
    parents = {}
    with suppress(OSError):
        for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib takes longer to load than this runs
            if name.isdigit():
                with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - as above
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
                    if state not in {b"Z", b"X"}:
                        parents[int(name)] = int(parent)
    found: set[int] = set()
    fresh = {os.getpid()}
    while fresh:
        fresh = {pid for pid, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def _tell(status: int, document: dict[str, int | str]) -> None:
    with suppress(OSError):
        os.write(status, json.dumps(document).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
