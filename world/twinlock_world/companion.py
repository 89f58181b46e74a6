"""A program that lives as long as the world and is told what happens in it.

For tools that stand beside a world, such as one that answers in the name of an app, without an address to deliver
webhooks to. It starts once the world answers; each event is a line of JSON on its standard input, and the end of
that input is the end of the world, however that ended. What it says goes to a file.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from twinlock_world.start import StartError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MOST_UNREAD: Final = 10_000
"""Events kept for a companion that doesn't read; beyond, the oldest news is that there is news."""
_GRACE_SECONDS: Final = 3.0


class Companion:
    """One running companion."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._lines: queue.Queue[bytes | None] = queue.Queue(_MOST_UNREAD)
        self._writer = threading.Thread(target=self._write, name="companion", daemon=True)
        self._writer.start()

    @classmethod
    def start(cls, command: Sequence[str], log: Path) -> Companion:
        """Start it.

        Raises:
            StartError: There is no such program, or the log cannot be written.
        """
        try:
            with log.open("ab") as output:
                process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output)  # noqa: S603 - the program that whoever starts the world names
        except OSError as error:
            raise StartError(
                f"the companion {command[0]} cannot be started: {error.strerror}; see --companion"
            ) from error
        return cls(process)

    def tell(self, event: str, action: str | None, repository: str | None) -> None:
        """Tell it of an event; never waits."""
        line = json.dumps({"event": event, "action": action, "repository": repository}).encode() + b"\n"
        with suppress(queue.Full):
            self._lines.put_nowait(line)

    def stop(self) -> None:
        """End its input, and it with that; what doesn't end by itself is killed."""
        with suppress(queue.Full):
            self._lines.put_nowait(None)
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _write(self) -> None:
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - the process was started with a pipe
        with suppress(OSError), stdin:  # it may end before us
            while (line := self._lines.get()) is not None:
                stdin.write(line)
                stdin.flush()
