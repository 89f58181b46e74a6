"""The real engine: runs stacks with Pulumi and the official providers.

Each run refreshes first and runs the program for it, so that what is live decides, as with the embedded engine, and no
credentials of an earlier run are taken from state. Each stack has processes of its own.
"""

from __future__ import annotations

import contextlib
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import pulumi
from pulumi.automation import LocalWorkspace
from pulumi.automation import Stack as Automated
from pulumi.automation.errors import CommandError, ConcurrentUpdateError, StackNotFoundError

from twinlock.engine import lock
from twinlock.engine.port import Stack, ignore
from twinlock.engine.pulumi import environment, failure
from twinlock.engine.pulumi.command import Command
from twinlock.engine.pulumi.progress import Progress
from twinlock.engine.pulumi.stale import remove_stale
from twinlock.engine.pulumi.watchdog import Watchdog
from twinlock.engine.result import Operation, Result
from twinlock.errors import TwinlockError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from twinlock.engine.port import Listener
    from twinlock.engine.pulumi.workspace import Workspace

PATIENCE = 180.0
"""Seconds without any event after which a run is ended."""


class PulumiEngine:
    """Runs stacks with Pulumi; see `twinlock.engine.port.Engine`."""

    def __init__(  # noqa: PLR0913 - what a run is made of
        self,
        workspace: Workspace,
        executable: Path,
        version: str,
        inherited: Mapping[str, str],
        *,
        cloud: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        """Prepare an engine; nothing is started yet.

        Args:
            workspace: Where it works.
            executable: Pulumi.
            version: Its version.
            inherited: The environment of this process.
            cloud: Whether it may reach beyond this machine.
            patience: Seconds of silence after which a run is ended.
        """
        self._workspace = workspace
        self._executable = executable
        self._version = version
        self._environment = environment.scrubbed(inherited, cloud=cloud)
        self._patience = patience

    def preview(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Return what `up` would do, compared with live, and change nothing.

        Raises:
            Incomplete: The engine failed, or was ended because nothing happened.
        """
        run = _Run(stack, listener, "previewed")
        self._run(run, lambda automated: automated.preview(**_COMMON, on_event=run.progress.hear))
        return run.result()

    def up(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Make live equal to what the stack declares.

        Raises:
            Incomplete: The engine failed, or was ended because nothing happened; what was done until then is in the
                state.
        """
        run = _Run(stack, listener, "applied")
        with self._alone(stack):
            self._run(run, lambda automated: automated.up(**_COMMON, show_secrets=False, on_event=run.progress.hear))
        return run.result()

    def destroy(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Delete what the stack's state holds, in reverse order.

        Raises:
            Incomplete: Something is protected, or could not be deleted.
        """
        run = _Run(stack, listener, "destroyed")
        with self._alone(stack):
            self._run(
                run,
                lambda automated: automated.destroy(
                    **_COMMON, program=run.program, show_secrets=False, on_event=run.progress.hear
                ),
            )
        # The program is run for its providers alone: what it declares is found to be as it was.
        gone = (change for change in run.progress.changes if change.operation is Operation.DELETE)
        return Result(stack.id, tuple(gone))

    def outputs(self, program: str, group: str) -> Mapping[str, object] | None:
        """Return a stack's outputs as of its last run, or None where it has never run.

        Raises:
            Incomplete: The state cannot be read.
        """
        stack = Stack(program, group, lambda: None)
        run = _Run(stack, ignore, "read")
        with run.reported():
            try:
                automated = Automated.select(group, self._opened(run, self._command()))
            except StackNotFoundError:
                return None
            if not automated.history(page_size=1):
                return None
            return {name: output.value for name, output in automated.outputs().items() if not output.secret}

    def _run(self, run: _Run, act: Callable[[Automated], object]) -> None:
        command = self._command()
        with run.reported():
            automated = Automated.create_or_select(run.stack.group, self._opened(run, command))
            with Watchdog(run.progress, command.interrupt, patience=self._patience) as watchdog:
                try:
                    act(automated)
                except CommandError:
                    if watchdog.waited_for is None:
                        raise
                    raise failure.silent(run.stack, self._patience, watchdog.waited_for) from None

    def _command(self) -> Command:
        return Command(self._executable, self._version, self._environment)

    def _opened(self, run: _Run, command: Command) -> LocalWorkspace:
        directory = self._workspace.prepare(run.stack)
        settings = environment.of_engine(self._workspace.home, self._workspace.backend_url, self._workspace.passphrase)
        return LocalWorkspace(
            work_dir=str(directory),
            pulumi_home=str(self._workspace.home),
            program=run.program,
            env_vars=settings,
            secrets_provider="passphrase",
            pulumi_command=command,
        )

    @contextlib.contextmanager
    def _alone(self, stack: Stack) -> Iterator[None]:
        command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
        with lock.held(self._workspace.lock(stack), stack.id, command):
            if self._workspace.state is not None:
                remove_stale(self._workspace.state, stack)
            yield


class _Common(TypedDict):
    refresh: bool
    run_program: bool
    color: str
    suppress_outputs: bool
    suppress_progress: bool


_COMMON: _Common = {
    "refresh": True,
    "run_program": True,
    "color": "never",
    "suppress_outputs": True,
    "suppress_progress": True,
}


class _Run:
    """One run of one stack.

    Attributes:
        stack: The stack.
        progress: What it has done so far.
    """

    def __init__(self, stack: Stack, listener: Listener, done: str) -> None:
        self.stack = stack
        self.progress = Progress(stack.id, listener)
        self._done = done
        self._refused: TwinlockError | None = None

    def program(self) -> None:
        """Declare the stack; what its program refuses is kept as it is, and Pulumi prints no traceback of it."""
        try:
            self.stack.declare()
        except TwinlockError as error:
            self._refused = error
            raise pulumi.RunError(str(error)) from None

    def result(self) -> Result:
        """Return what was done, or would be."""
        return Result(self.stack.id, tuple(self.progress.changes), dict(self.progress.outputs))

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
