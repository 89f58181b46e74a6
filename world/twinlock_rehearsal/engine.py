"""The embedded engine: previews, applies and destroys stacks against the local world.

It implements `twinlock.engine.port.Engine` with nothing but Python: programs run on Pulumi's mock seam, and a handler
for each resource type does what a provider would. It reaches loopback alone.

What a program declared is remembered (`remembered`). While all that it was made of is the same, everything live is
compared with that, and where nothing is to be done the program is not run, nor Pulumi imported, which would take
longer than all else.
"""

from __future__ import annotations

import shlex
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import twinlock.provider.handlers
import twinlock_rehearsal.handlers
from twinlock.engine import fingerprint, imports, lock
from twinlock.engine.port import ignore, stack_reference
from twinlock.engine.result import Change, Operation, Result
from twinlock.errors import Incomplete
from twinlock.files import write_atomically
from twinlock.provider.registry import handlers_in
from twinlock.provider.values import has_unknown
from twinlock_rehearsal import remembered
from twinlock_rehearsal.connections import Connections
from twinlock_rehearsal.deployment import Deployment, Surroundings
from twinlock_rehearsal.functions import FUNCTIONS
from twinlock_rehearsal.offline import Declaration
from twinlock_rehearsal.remembered import Recorder
from twinlock_rehearsal.state import State, concealed
from twinlock_rehearsal.unchanged import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock.engine.port import Listener, Stack
    from twinlock.provider.values import Properties
    from twinlock_rehearsal import registration
    from twinlock_rehearsal.connections import Connector

_STATE = Path(".twinlock", "state")


class EmbeddedEngine:
    """Runs stacks against the local world; see `twinlock.engine.port.Engine`."""

    def __init__(self, root: Path, *, live: bool = True, connections: Connector | None = None) -> None:
        """Prepare an engine; nothing is read or opened yet.

        Args:
            root: The platform directory; state is kept in `.twinlock/state` there.
            live: Whether there is a world. Without one only `preview` works: it declares, and asks nobody.
            connections: From providers to clients; a seam for tests.
        """
        self._root = root
        self._live = live
        self._around = Surroundings(
            connections=connections or Connections(),
            handlers={**handlers_in(twinlock.provider.handlers), **handlers_in(twinlock_rehearsal.handlers)},
            functions=FUNCTIONS,
            outputs=self._referenced,
        )

    def preview(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Return what `up` would do, compared with live, and change nothing.

        Raises:
            Incomplete: Something could not be compared.
        """
        if not self._live:
            declaration = Declaration(stack.id, listener)
            found = _run(stack, declaration, preview=True)
            return Result(stack.id, tuple(declaration.changes), _known(found))
        state = State(self._path(stack))
        if (same := self._unchanged(stack, state, listener)) is not None:
            return same
        deployment = self._deployment(stack, state, listener, apply=False)
        found = _run(stack, deployment, preview=True)
        deployment.delete_undeclared()
        return Result(stack.id, tuple(deployment.changes), _known(found))

    def up(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Make live equal to what the stack declares.

        Raises:
            Incomplete: Something could not be done; what was done until then is in the state.
        """
        with self._alone(stack):
            state = State(self._path(stack))
            if (same := self._unchanged(stack, state, listener)) is not None:
                return same
            deployment = self._deployment(stack, state, listener, apply=True)
            recorder = Recorder(deployment)
            found = _run(stack, recorder, preview=False)
            deployment.delete_undeclared()
            state.finish(concealed(found))
            self._remember(stack, state, recorder)
            return Result(stack.id, tuple(deployment.changes), _known(found))

    def destroy(self, stack: Stack, listener: Listener = ignore) -> Result:
        """Delete what the stack's state holds, in reverse order.

        The program is run for its providers alone: their credentials are in no state.

        Raises:
            Incomplete: Something is protected, or could not be deleted.
        """
        with self._alone(stack):
            state = State(self._path(stack))
            deployment = self._deployment(stack, state, listener, apply=True)
            declaration = Declaration(stack.id, ignore)
            _run(stack, declaration, preview=True)
            deployment.use(declaration.providers)
            deployment.delete_undeclared()
            state.finish(None)
            return Result(stack.id, tuple(deployment.changes))

    def cancel(self) -> None:
        """Do nothing: a run is in the thread that is interrupted, and its intent is written before each step."""

    def outputs(self, program: str, group: str) -> Mapping[str, object] | None:
        """Return a stack's outputs as of its last run, or None where it has never run.

        Raises:
            Incomplete: The state cannot be read.
        """
        return State(self._file(program, group)).outputs

    def _unchanged(self, stack: Stack, state: State, listener: Listener) -> Result | None:
        """Return a run that has nothing to do, without running the program; None where that cannot be told."""
        try:
            declared = remembered.parse(self._memory(stack).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None
        if declared is None or declared.fingerprint != _made_of(stack):
            return None
        if not Comparison(stack, state, self._around).holds(declared):
            return None
        known = [state.resources[resource.urn] for resource in declared.resources]
        changes = tuple(Change(each.urn, each.type, each.name, Operation.SAME) for each in known)
        for change in changes:
            listener(stack.id, change)
        return Result(stack.id, changes, dict(state.outputs or {}))

    def _remember(self, stack: Stack, state: State, recorder: Recorder) -> None:
        made_of = _made_of(stack)
        declared = recorder.declaration(made_of, state.digest) if made_of else None
        # The run is through. To have nothing remembered of it costs the next one a second, and no more.
        with suppress(Incomplete, OSError):
            if declared is None:
                self._memory(stack).unlink(missing_ok=True)
            else:
                write_atomically(self._memory(stack), remembered.encode(declared), mode=0o600)

    def _memory(self, stack: Stack) -> Path:
        return self._path(stack).with_suffix(".declaration")

    @contextmanager
    def _alone(self, stack: Stack) -> Iterator[None]:
        if not self._live:
            raise Incomplete(
                f"{stack.id} was not applied.",
                "The engine was started without a world.",
                "Start one: `twinlock world up --detach`.",
            )
        command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
        with lock.held(self._path(stack).with_suffix(".lock"), stack.id, command):
            yield

    def _deployment(self, stack: Stack, state: State, listener: Listener, *, apply: bool) -> Deployment:
        known = {imports.urn(stack.project, stack.group, each): each for each in stack.imports}
        return Deployment(stack.id, state, self._around, listener, apply=apply, imports=known)

    def _referenced(self, reference: str) -> Mapping[str, object] | None:
        project, _, group = reference.removeprefix("organization/").partition("/")
        name = project.removeprefix("twinlock-")
        return self.outputs(name, group) if reference == stack_reference(name, group) else None

    def _path(self, stack: Stack) -> Path:
        return self._file(stack.program, stack.group)

    def _file(self, program_: str, group: str) -> Path:
        return self._root / _STATE / program_ / f"{group}.json"


def _run(stack: Stack, deployment: registration.Deployment, *, preview: bool) -> Properties:
    from twinlock_rehearsal import program  # noqa: PLC0415 - Pulumi takes longer to import than all else together

    return program.run(stack, deployment, preview=preview)


def _made_of(stack: Stack) -> str | None:
    """Return what a declaration is made of: the program, and this engine, which takes it down."""
    if stack.fingerprint is None:
        return None
    return fingerprint.digest(stack.fingerprint, fingerprint.sources(Path(__file__).parent))


def _known(outputs: Properties) -> dict[str, object]:
    """Return the outputs that are known, without secrets."""
    return {name: value for name, value in concealed(outputs).items() if not has_unknown(value)}
