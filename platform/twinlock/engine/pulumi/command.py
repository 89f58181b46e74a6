"""Pulumi's command line, run with exactly the environment it is given, and interruptible."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

from pulumi.automation import PulumiCommand
from pulumi.automation._cmd import CommandResult  # what `run` returns is not exported
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import IO

_GRACE = 20.0
"""Seconds for the engine to write its state after an interruption, before it is killed."""


class Command(PulumiCommand):
    """One engine's executable, for one stack at a time.

    The base class hands the whole environment of this process to the engine, and starts it once more to ask for a
    version that is known.
    """

    def __init__(self, executable: Path, version: str, environment: Mapping[str, str]) -> None:
        """Take the executable; nothing is started yet.

        Args:
            executable: Pulumi.
            version: Its version.
            environment: All that it inherits.
        """
        self.command = str(executable)
        self.version = VersionInfo.parse(version)
        self._environment = dict(environment)
        self._running: subprocess.Popen[str] | None = None
        self._interrupted = False
        self._lock = threading.Lock()

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], object] | None = None,
        on_error: Callable[[str], object] | None = None,
    ) -> CommandResult:
        """Run one command to its end.

        Raises:
            CommandError: It failed.
        """
        process = subprocess.Popen(  # noqa: S603 - the engine that was verified when it was installed
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**self._environment, **additional_env},
            encoding="utf-8",
            errors="replace",
            # A terminal's Ctrl-C would reach it besides ours, and the second interruption makes it drop everything.
            start_new_session=True,
        )
        with self._lock:
            self._running = process
            late = self._interrupted
        try:
            if late:
                _end(process)
            written = _read(process, on_output, on_error)
        except BaseException:
            _end(process)
            raise
        finally:
            with self._lock:
                self._running = None
        result = CommandResult(*written, process.returncode)
        if result.code != 0:
            raise create_command_error(result)
        return result

    def interrupt(self) -> None:
        """Let what runs stop at the next step, and write its state; kill it where it does not. Nothing runs after."""
        with self._lock:
            self._interrupted = True
            process = self._running
        if process is not None:
            _end(process)


def _read(
    process: subprocess.Popen[str], on_output: Callable[[str], object] | None, on_error: Callable[[str], object] | None
) -> tuple[str, str]:
    """Return all that a process writes to its two streams, line by line as it comes."""
    lines: tuple[list[str], list[str]] = ([], [])

    def drain(stream: IO[str], callback: Callable[[str], object] | None, into: list[str]) -> None:
        for line in stream:
            into.append(line.rstrip())
            if callback is not None:
                callback(line.rstrip())

    threads = [
        threading.Thread(target=drain, args=each, daemon=True)
        for each in ((process.stdout, on_output, lines[0]), (process.stderr, on_error, lines[1]))
    ]
    for thread in threads:
        thread.start()
    process.wait()
    for thread in threads:
        # A provider that outlives the engine may still hold the stream.
        thread.join(timeout=5.0)
    return "\n".join(lines[0]), "\n".join(lines[1])


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
