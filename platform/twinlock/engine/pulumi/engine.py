"""The real engine: runs stacks with Pulumi and the official providers.

Each run refreshes first and runs the program for it, so that what is live decides, as with the embedded engine, and no
credentials of an earlier run are taken from state. Each stack has processes of its own.
"""

from __future__ import annotations

import contextlib
import copy
import shlex
import sys
import tempfile
import threading
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypedDict

from pulumi.automation import LocalWorkspace
from pulumi.automation import Stack as Automated
from pulumi.automation.errors import CommandError, StackNotFoundError

from twinlock.engine import lock
from twinlock.engine.port import Stack, ignore
from twinlock.engine.pulumi import environment, failure, unended
from twinlock.engine.pulumi.checkpoints import OnDisk
from twinlock.engine.pulumi.command import Command
from twinlock.engine.pulumi.custody import Nobody
from twinlock.engine.pulumi.half_written import restore
from twinlock.engine.pulumi.host import Host
from twinlock.engine.pulumi.rebinding import bound, nothing
from twinlock.engine.pulumi.run import Run
from twinlock.engine.pulumi.stale import remove_stale
from twinlock.engine.pulumi.taking_over import Taken, pending
from twinlock.engine.pulumi.unasked import Unasked
from twinlock.engine.pulumi.watchdog import Watchdog
from twinlock.engine.result import Operation, Result
from twinlock.errors import Incomplete, TwinlockError
from twinlock.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from twinlock.engine.port import Listener
    from twinlock.engine.pulumi.custody import Custody
    from twinlock.engine.pulumi.rebinding import Finder
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
        host: Sequence[str] = (),
        custody: Custody | None = None,
        finder: Finder = nothing,
        cloud: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        """Prepare an engine; nothing is started yet.

        Args:
            workspace: Where it works.
            executable: Pulumi.
            version: Its version.
            inherited: The environment of this process.
            host: The command that makes our providers (see `host`); without one, each is started by itself.
            custody: Vouches for checkpoints; None where state is nobody else's.
            finder: Finds what took the name of a resource that is gone.
            cloud: Whether it may reach beyond this machine.
            patience: Seconds of silence after which a run is ended.
        """
        self._workspace = workspace
        self._executable = executable
        self._version = version
        self._environment = environment.scrubbed(inherited, cloud=cloud)
        self._host = Host(host, self._environment)
        self._patience = patience
        self._custody = custody or Nobody()
        self._finder = finder
        self._preparing = threading.Lock()
        self._running: set[Command] = set()
        # Of an engine that was interrupted, whose stream of events then breaks off.
        warnings.filterwarnings("ignore", message="Error in event stream")

    @property
    def version(self) -> str:
        """Pulumi's version."""
        return self._version

    def preview(self, stack: Stack, listener: Listener = ignore, *, plan: Path | None = None) -> Result:
        """Return what `up` would do, compared with live, and change nothing: a stack that is not there is not made.

        Args:
            stack: The stack.
            listener: Hears each change.
            plan: Where Pulumi's plan is saved; `up` then does nothing else.

        Raises:
            Incomplete: The engine failed, or was ended because nothing happened.
        """
        run = Run(stack, listener, "previewed")
        saved = None if plan is None else str(plan)
        content = self.checkpoint(stack)
        taken = self._taken(stack, content)
        with self._preserved(kept=content is not None and not taken, settings=plan is not None) as workspace:
            self._run(
                run,
                lambda known: known.preview(**_COMMON, plan=saved, on_event=run.progress.hear),
                taken=taken if workspace is not self._workspace else None,
                workspace=workspace,
            )
        return run.result()

    def up(self, stack: Stack, listener: Listener = ignore, *, plan: Path | None = None) -> Result:
        """Make live equal to what the stack declares.

        Args:
            stack: The stack.
            listener: Hears each change.
            plan: A plan that `preview` saved; what is not in it is refused.

        Raises:
            Incomplete: The engine failed, or was ended because nothing happened; what was done until then is in the
                state.
        """
        run = Run(stack, listener, "applied")
        with self._alone(stack) as content:
            saved = None if plan is None else str(plan)
            self._run(
                run,
                lambda known: known.up(**_COMMON, plan=saved, show_secrets=False, on_event=run.progress.hear),
                taken=self._taken(stack, content),
            )
        return run.result()

    def destroy(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Delete what the stack's state holds, in reverse order.

        Raises:
            Incomplete: Something is protected, or could not be deleted.
        """
        run = Run(stack, listener, "destroyed")
        with self._alone(stack) as content:
            self._run(
                run,
                lambda known: known.destroy(
                    **_COMMON, program=run.program, show_secrets=False, on_event=run.progress.hear
                ),
                # What is not taken over yet is not this stack's to delete.
                taken=replace(self._taken(stack, content), imports=()),
            )
        # The program is run for its providers alone: what it declares is found to be as it was.
        gone = (change for change in run.progress.changes if change.operation is Operation.DELETE)
        return Result(stack.id, tuple(gone))

    def cancel(self) -> None:
        """End the runs that are under way in other threads, each after its present step, with its state written."""
        ending = [threading.Thread(target=command.interrupt) for command in tuple(self._running)]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    def outputs(self, program: str, group: str) -> Mapping[str, object] | None:
        """Return a stack's outputs as of its last run, or None where it has never run.

        Raises:
            Incomplete: The state cannot be read.
        """
        run = Run(Stack(program, group, lambda: None), ignore, "read")
        with run.reported():
            known = self._existing(run)
            if known is None or not known.history(page_size=1):
                return None
            return {name: output.value for name, output in known.outputs().items() if not output.secret}

    def checkpoint(self, stack: Stack) -> bytes | None:
        """Return a stack's checkpoint as it is kept, its export where only Pulumi reads it, None where there is none.

        Raises:
            Incomplete: It cannot be read.
        """
        kept = self._workspace.checkpoints
        if kept is not None:
            return kept.read(stack)
        run = Run(stack, ignore, "exported")
        with run.reported():
            known = self._existing(run)
            if known is None:
                return None
            # The SDK's own way shows the secrets.
            return _exported(known).encode()

    @property
    def workspace(self) -> Workspace:
        """Where it works."""
        return self._workspace

    def settled(self, stack: Stack) -> bool:
        """Tell whether a stack's state is where the manifest has it; the place may have to be made first.

        Raises:
            Incomplete: It cannot be told.
        """
        kept = self._workspace.checkpoints
        return (kept is None or kept.exist()) and self.checkpoint(stack) is not None

    def founding(self) -> Self:
        """Return an engine like this one, with state on this machine, of which nobody vouches."""
        other = copy.copy(self)
        other._workspace, other._custody = self._workspace.founding, Nobody()  # noqa: SLF001 - its own
        return other

    def take_over(self, stack: Stack, source: Workspace) -> None:
        """Take a stack's state over from another backend, its secrets encrypted anew; what is there stays there.

        Raises:
            Incomplete: Pulumi refused, or there is such a stack here already.
        """
        run = Run(stack, ignore, "moved")
        with self._alone(stack), run.reported():
            place = self._workspace
            project = place.prepare(stack)
            words = ["stack", "migrate", source.backend_url, stack.group, "--secrets-provider", place.secrets, "--yes"]
            settings = {**environment.of_engine(place.home), **place.settings()}
            self._command().run(words, str(project), settings)
            for kept in project.glob(f"Pulumi.{stack.group}.yaml.bak.*"):
                kept.unlink()

    def unlock(self, stack: Stack) -> None:
        """Remove the locks that Pulumi keeps of a stack, whoever holds them.

        Raises:
            Incomplete: A run of ours is under way, or Pulumi refused.
        """
        run = Run(stack, ignore, "unlocked")
        with lock.held(self._workspace.lock(stack), stack.id, _typed()), run.reported():
            known = self._existing(run)
            if known is not None:
                known.cancel()

    def _run(
        self,
        run: Run,
        act: Callable[[Automated], object],
        *,
        taken: Taken | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        command = self._command()
        kept = (workspace or self._workspace).checkpoints
        with run.reported(), self._cancellable(command):
            there = None if kept is None else kept.read(run.stack) is not None
            known = Unasked(run.stack.group, self._opened(run, command, workspace), there=there)
            if taken:
                _imported(known, taken.into(_exported(known), run.stack))
            with Watchdog(run.progress, command.interrupt, patience=self._patience) as watchdog:
                try:
                    act(known)
                except CommandError:
                    self._note(run)
                    if watchdog.waited_for is None:
                        raise
                    raise failure.silent(run.stack, self._patience, watchdog.waited_for) from None

    def _taken(self, stack: Stack, content: bytes | None) -> Taken:
        """Return what the state has to be told before a run: see `Taken`."""
        kept = _text(self._workspace.unended(stack))
        known = () if content is None else bound(content)
        moved = {} if content is None else self._finder(stack, (*known, *unended.begun(content, kept)))
        return Taken(moved, kept, pending(stack, (each.urn for each in known)))

    def _note(self, run: Run) -> None:
        """Keep for the next run which creations failed and may have been done."""
        path = self._workspace.unended(run.stack)
        kept = unended.noted(_text(path), run.progress.failed, run.progress.problems, run.since)
        if kept:
            # The run has failed, and that is what is to be told.
            with contextlib.suppress(Incomplete):
                write_atomically(path, kept, mode=0o600)

    @contextlib.contextmanager
    def _cancellable(self, command: Command) -> Iterator[None]:
        self._running.add(command)
        try:
            yield
        finally:
            self._running.discard(command)

    def _command(self) -> Command:
        return Command(self._executable, self._version, self._environment)

    def _existing(self, run: Run) -> Automated | None:
        try:
            return Automated.select(run.stack.group, self._opened(run, self._command()))
        except StackNotFoundError:
            return None

    def _opened(self, run: Run, command: Command, workspace: Workspace | None = None) -> LocalWorkspace:
        place = workspace or self._workspace
        with self._preparing:
            directory = place.prepare(run.stack)
        return LocalWorkspace(
            work_dir=str(directory),
            pulumi_home=str(place.home),
            program=run.program,
            env_vars={**environment.of_engine(place.home), **place.settings(), **self._host.settings()},
            secrets_provider=place.secrets,
            pulumi_command=command,
        )

    @contextlib.contextmanager
    def _preserved(self, *, kept: bool, settings: bool) -> Iterator[Workspace]:
        """Yield where a stack can be previewed: aside, where its state would have to be made or changed first.

        State that only Pulumi reads cannot be copied: there an empty stack is made.
        """
        if kept or self._workspace.checkpoints is None:
            yield self._workspace
            return
        with tempfile.TemporaryDirectory(prefix="twinlock-preview-") as directory:
            yield self._workspace.aside(Path(directory), settings=settings)

    @contextlib.contextmanager
    def _alone(self, stack: Stack) -> Iterator[bytes | None]:
        """Yield a stack's checkpoint as nobody else runs on it."""
        with lock.held(self._workspace.lock(stack), stack.id, _typed()):
            if self._workspace.state is not None:
                remove_stale(self._workspace.state, stack)
                restore(OnDisk(self._workspace.state).path(stack))
            content = self.checkpoint(stack)
            self._custody.begin(stack.id, content)
            try:
                yield content
            except BaseException:
                # What failed is to be told. Where this cannot be written down, the next run takes it for interrupted.
                with contextlib.suppress(TwinlockError):
                    self._custody.end(stack.id, self.checkpoint(stack))
                raise
            self._workspace.unended(stack).unlink(missing_ok=True)
            self._custody.end(stack.id, self.checkpoint(stack))


def _exported(known: Automated) -> str:
    """Return a stack's state, its secrets encrypted."""
    return _told(known, "export")


def _imported(known: Automated, state: str) -> None:
    """Replace a stack's state."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.write(state)
        file.flush()
        _told(known, "import", "--file", file.name)


def _told(known: Automated, *words: str) -> str:
    """Return what a command about a stack answers."""
    place = known.workspace
    command = ["stack", *words, "--stack", known.name]
    settings = {"PULUMI_HOME": str(place.pulumi_home), **place.env_vars}
    return place.pulumi_command.run(command, place.work_dir, settings).stdout


def _text(path: Path) -> str:
    """Return what stands in a file, nothing where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _typed() -> str:
    """Return the command that this process was started with."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


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
