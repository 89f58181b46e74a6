"""What `preview`, `up` and `destroy` show while they run: a live line per stack, plain lines, or events for machines.

Stacks run at once, and their changes are still told stack after stack: those of one that is not at its turn are kept
until it is. Events are told as they happen, each with its stack.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from typing import TYPE_CHECKING, Self

from twinlock_cli.render import say, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from rich.console import Console
    from rich.progress import TaskID

    from twinlock.engine.result import Change, Result
    from twinlock.errors import TwinlockError

_MARKS = {"create": "+", "update": "~", "replace": "±", "delete": "-", "same": " "}


class Silent:
    """Shows nothing; what the others are, a listener and an observer of a run while it is entered."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""

    def __call__(self, stack: str, change: Change) -> None:
        """Hear of a resource that is done."""

    def planned(self, stacks: Sequence[str]) -> None:
        """Hear which stacks are going to run, in their order."""

    def begun(self, stack: str) -> None:
        """Hear that one begins."""

    def ended(self, stack: str, result: Result) -> None:
        """Hear that one is through."""

    def failed(self, stack: str, error: TwinlockError) -> None:
        """Hear that one could not be completed."""


class Lines(Silent):
    """Shows a line for each change on standard error."""

    def __init__(self, *, verbose: bool, write: Callable[[str], None] = say) -> None:
        """Begin with nothing planned.

        Args:
            verbose: Whether unchanged resources, and when stacks begin and end, are shown too.
            write: Shows a line.
        """
        self._verbose = verbose
        self._write = write
        self._turns: list[str] = []
        self._kept: dict[str, list[str]] = {}
        self._through: set[str] = set()
        self._since: dict[str, float] = {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show what was kept, where an earlier stack never ended."""
        for stack in self._turns:
            self._release(stack)
        super().__exit__(kind, error, trace)

    def __call__(self, stack: str, change: Change) -> None:
        """Show a change."""
        if change.operation.value == "same" and not self._verbose:
            return
        for line in described(stack, change):
            self._put(stack, line)

    def planned(self, stacks: Sequence[str]) -> None:
        """Take whose turn it is."""
        self._turns = list(stacks)

    def begun(self, stack: str) -> None:
        """Begin to count the time."""
        self._since[stack] = time.monotonic()
        if self._verbose:
            self._put(stack, f"  {stack} begins")

    def ended(self, stack: str, result: Result) -> None:
        """Pass the turn on."""
        del result
        self._end(stack, "is through")

    def failed(self, stack: str, error: TwinlockError) -> None:
        """Pass the turn on."""
        del error
        self._end(stack, "failed")

    def _end(self, stack: str, how: str) -> None:
        if self._verbose:
            self._put(stack, f"  {stack} {how} ({time.monotonic() - self._since[stack]:.1f} s)")
        self._through.add(stack)
        while self._turns and self._turns[0] in self._through:
            self._release(self._turns.pop(0))
        if self._turns:
            self._release(self._turns[0])

    def _put(self, stack: str, line: str) -> None:
        if stack in self._turns[1:]:
            self._kept.setdefault(stack, []).append(line)
        else:
            self._write(line)

    def _release(self, stack: str) -> None:
        for line in self._kept.pop(stack, []):
            self._write(line)


class Live(Lines):
    """Shows beneath the changes, on a terminal, what each stack that is under way is about."""

    def __init__(self, *, verbose: bool, console: Console | None = None) -> None:
        """Prepare; nothing is shown yet.

        Args:
            verbose: As of `Lines`.
            console: The terminal; None for standard error.
        """
        # Where there is no terminal, nothing of this is needed.
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._console = console or Console(stderr=True)
        super().__init__(verbose=verbose, write=self._above)
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        self._shown = Progress(*columns, console=self._console, transient=True, refresh_per_second=4)
        self._tasks: dict[str, TaskID] = {}
        self._done: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Show what is under way."""
        self._shown.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing but the changes on the terminal."""
        super().__exit__(kind, error, trace)
        self._shown.stop()

    def __call__(self, stack: str, change: Change) -> None:
        """Show a change, and beneath what the stack is about."""
        super().__call__(stack, change)
        if stack in self._tasks:
            self._done[stack] += 1
            about = f"{change.type.rsplit(':', 1)[-1]} {change.name}"
            self._shown.update(self._tasks[stack], description=f"{stack}  {self._done[stack]} done, last {about}")

    def begun(self, stack: str) -> None:
        """Show it."""
        super().begun(stack)
        self._done[stack] = 0
        self._tasks[stack] = self._shown.add_task(stack)

    def _end(self, stack: str, how: str) -> None:
        self._shown.remove_task(self._tasks.pop(stack))
        super()._end(stack, how)

    def refresh(self) -> None:
        """Draw what is under way anew; otherwise that happens by itself, a few times a second."""
        self._shown.refresh()

    def _above(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class Events(Silent):
    """Writes each event as a line of JSON on standard output; the shape is in docs/reference.md."""

    def __init__(self, *, verbose: bool, clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        """Prepare; nothing is written yet.

        Args:
            verbose: Whether unchanged resources are told too.
            clock: Tells the time.
        """
        self._verbose = verbose
        self._clock = clock
        self._since: dict[str, dt.datetime] = {}

    def __call__(self, stack: str, change: Change) -> None:
        """Tell of a resource."""
        if change.operation.value != "same" or self._verbose:
            self.tell("resource", stack=stack, **resource(change))

    def planned(self, stacks: Sequence[str]) -> None:
        """Tell which stacks are going to run."""
        self.tell("plan", stacks=list(stacks))

    def begun(self, stack: str) -> None:
        """Tell that one begins."""
        self._since[stack] = self._clock()
        self.tell("begin", stack=stack)

    def ended(self, stack: str, result: Result) -> None:
        """Tell that one is through."""
        counts = {"resources": len(result.changes), "changed": len(result.changed)}
        self.tell("end", stack=stack, seconds=self._seconds(stack), **counts)

    def failed(self, stack: str, error: TwinlockError) -> None:
        """Tell that one could not be completed."""
        told = {"what": error.what, "why": error.why, "mend": error.mend}
        self.tell("failure", stack=stack, seconds=self._seconds(stack), **told)

    def tell(self, event: str, **fields: object) -> None:
        """Write one event."""
        time = self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        show(json.dumps({"event": event, "time": time, **fields}, separators=(",", ":")))
        sys.stdout.flush()

    def _seconds(self, stack: str) -> float:
        return round((self._clock() - self._since[stack]).total_seconds(), 3)


def shown(*, verbose: bool, quiet: bool, events: bool) -> Silent:
    """Return what shows a run.

    Args:
        verbose: Whether what does not change is shown too.
        quiet: Whether only the result is wanted.
        events: Whether events are wanted.
    """
    if events:
        return Events(verbose=verbose)
    if quiet:
        return Silent()
    return Live(verbose=verbose) if sys.stderr.isatty() else Lines(verbose=verbose)


def described(stack: str, change: Change) -> Iterator[str]:
    """Yield a change as people read it: the resource, and what of it differs."""
    yield f"{_MARKS[change.operation.value]} {stack:<24} {change.type.rsplit(':', 1)[-1]} {change.name}"
    for field in change.fields:
        yield f"    {field.path}: {field.before} -> {field.after}"


def resource(change: Change) -> dict[str, object]:
    """Return a change as documents for machines have it."""
    return {
        "urn": change.urn,
        "type": change.type,
        "name": change.name,
        "operation": change.operation.value,
        "fields": [{"path": field.path, "before": field.before, "after": field.after} for field in change.fields],
    }
