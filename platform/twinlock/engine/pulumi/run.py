"""One run of one stack: its program, what it did, and its failure as people read it."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from typing import TYPE_CHECKING

import pulumi
from pulumi.automation.errors import CommandError, ConcurrentUpdateError

from twinlock.engine.pulumi import failure
from twinlock.engine.pulumi.progress import Progress
from twinlock.engine.result import Result
from twinlock.errors import TwinlockError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.engine.port import Listener, Stack


_first = threading.Lock()
_loaded: set[str] = set()


class Run:
    """One run of one stack.

    Attributes:
        stack: The stack.
        progress: What it has done so far.
        since: When it began, in UTC.
    """

    def __init__(self, stack: Stack, listener: Listener, done: str) -> None:
        """Begin one.

        Args:
            stack: The stack.
            listener: Hears each change.
            done: What is to be done with it (`applied`), for messages.
        """
        self.stack = stack
        self.progress = Progress(stack.id, listener)
        self.since = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        self._done = done
        self._refused: TwinlockError | None = None

    def program(self) -> None:
        """Declare the stack; what its program refuses is kept as it is, and Pulumi prints no traceback of it."""
        try:
            with _undisturbed(self.stack.program):
                self.stack.declare()
        except TwinlockError as error:
            self._refused = error
            raise pulumi.RunError(str(error)) from None

    def result(self) -> Result:
        """Return what was done, or would be."""
        heard = self.progress
        return Result(self.stack.id, tuple(heard.changes), dict(heard.outputs), tuple(heard.drifted))

    @contextlib.contextmanager
    def reported(self) -> Iterator[None]:
        """Report a failure of the engine as what it is about.

        Raises:
            TwinlockError: The engine failed.
        """
        try:
            yield
        except ConcurrentUpdateError:
            raise failure.held(self.stack) from None
        except CommandError as error:
            if self._refused is not None:
                raise self._refused from None
            raise failure.told(self.stack, self._done, self.progress.problems, str(error)) from None


@contextlib.contextmanager
def _undisturbed(program: str) -> Iterator[None]:
    """Let nothing else be declared while a program runs for the first time in this process.

    It then loads what SDKs load late, and two threads that do so at once can find a module half-loaded:
    https://github.com/python/cpython/issues/114781.
    """
    if program in _loaded:
        yield
        return
    with _first:
        yield
        _loaded.add(program)
