"""One task's program under its warden: started, told to stop, its output and its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twinlock_world.aws.tasks import warden
from twinlock_world.aws.tasks.order import CannotStartError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.aws.tasks.program import Program

_CHUNK: Final = 1 << 16
_LONGEST_LINE: Final = 256 << 10
"""Bytes of one event: what the driver `awslogs` puts into one."""
_UNKNOWN: Final = 137


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a task gets.

    Attributes:
        seconds: From its start.
        processes: At once.
    """

    seconds: float = 2 * 3600
    processes: int = 256


@dataclass(frozen=True, slots=True)
class End:
    """How a program ended: its exit code, and what ended it if that was not itself."""

    code: int
    why: str = ""


class Process:
    """A program that runs."""

    def __init__(self, program: Program, grace: float, limits: Limits) -> None:
        """Start it.

        Raises:
            CannotStartError: The system does not execute it.
        """
        reading, writing = os.pipe()
        self._status = os.fdopen(reading, "rb")
        options = (str(writing), str(grace), str(limits.seconds), str(limits.processes))
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the task's own command, without a shell
                [sys.executable, "-I", "-S", str(Path(warden.__file__)), *options, *program.words],
                cwd=program.directory,
                env=dict(program.environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(writing,),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._status.close()
            raise CannotStartError(f"CannotStartContainerError: {type(error).__name__}") from error
        finally:
            os.close(writing)
        said = self._hear()
        if "started" not in said:
            self.end()
            raise CannotStartError(f"CannotStartContainerError: {said.get('failed', 'it ended at once')}")

    def stop(self) -> None:
        """Ask it to end; it is killed when its grace is over."""
        self._send(b"stop\n")

    def kill(self) -> None:
        """End it at once, with all that it started."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def lines(self) -> Iterator[list[str]]:
        """Yield what it says as it comes, whole lines, until all of it has ended."""
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - started with a pipe
        rest = b""
        while chunk := os.read(stdout.fileno(), _CHUNK):
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) >= _LONGEST_LINE:
                whole, rest = [*whole, rest], b""
            if whole:
                yield [line.decode(errors="replace") for line in whole]
        if rest:
            yield [rest.decode(errors="replace")]

    def end(self) -> End:
        """Return once it has ended, with how."""
        said = self._hear()
        code = self._process.wait()
        for stream in (self._status, self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        exited, why = said.get("exited"), said.get("why", "")
        if isinstance(exited, int):
            return End(exited, str(why))
        return End(_UNKNOWN if code < 0 else code)

    def _send(self, word: bytes) -> None:
        stdin = self._process.stdin
        if stdin is not None:
            with suppress(OSError, ValueError):
                stdin.write(word)
                stdin.flush()

    def _hear(self) -> dict[str, int | str]:
        line = self._status.readline()
        found: dict[str, int | str] = json.loads(line) if line else {}
        return found
