"""What a run of the Pulumi engine does, told from its events as they come."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock.engine.pulumi.cause import ECHO
from twinlock.engine.pulumi.property_path import at
from twinlock.engine.result import Change, FieldChange, Operation
from twinlock.engine.wording import worded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pulumi.automation import EngineEvent
    from pulumi.automation.events import DiagnosticEvent, StepEventMetadata, StepEventStateMetadata

    from twinlock.engine.port import Listener

_OPERATIONS = {
    "same": Operation.SAME,
    "create": Operation.CREATE,
    "update": Operation.UPDATE,
    "replace": Operation.REPLACE,
    "delete": Operation.DELETE,
    # A run of the program during the destruction of its stack finds everything as it is.
    "import": Operation.CREATE,
}
"""The steps that people are told of. A replacement's two halves, reads and refreshes are a part of something else."""

_REFRESH = "refresh"
_CREATIONS = frozenset({"create", "create-replacement"})
_STACK = "pulumi:pulumi:Stack"
_COLOUR = re.compile(r"<\{%.*?%\}>")
_SECRET = "[secret]"  # noqa: S105 - what Pulumi and we write in place of one
_SUMMARIES = frozenset({"update failed", "preview failed", "destroy failed", "resource refresh failed"})


@dataclass(frozen=True, slots=True)
class Problem:
    """An error that the engine reported.

    Attributes:
        urn: The resource, empty where it is none's.
        message: What it says, without colours.
    """

    urn: str
    message: str


class Progress:
    """Hears the events of one run, from any thread.

    Attributes:
        changes: Every resource that a provider manages, in the order in which its step ended.
        drifted: What the refresh found otherwise than it was left.
        outputs: The stack's outputs.
        problems: The errors, in the order in which they came.
        failed: The creations that failed.
    """

    def __init__(self, stack: str, listener: Listener, now: Callable[[], float] = time.monotonic) -> None:
        """Begin to listen.

        Args:
            stack: `program/group`.
            listener: Hears each change.
            now: The time in seconds.
        """
        self.changes: list[Change] = []
        self.drifted: list[Change] = []
        self.outputs: dict[str, object] = {}
        self.problems: list[Problem] = []
        self.failed: list[StepEventMetadata] = []
        self._stack = stack
        self._listener = listener
        self._now = now
        self._begun: dict[str, tuple[str, float]] = {}
        self._heard = now()
        self._lock = threading.Lock()

    def hear(self, event: EngineEvent) -> None:
        """Take one event."""
        with self._lock:
            self._heard = self._now()
            if event.resource_pre_event is not None:
                step = event.resource_pre_event.metadata
                self._begun[step.urn] = (step.op.value, self._heard)
            elif event.res_outputs_event is not None:
                self._end(event.res_outputs_event.metadata)
            elif event.res_op_failed_event is not None:
                self._fail(event.res_op_failed_event.metadata)
            elif event.diagnostic_event is not None:
                self._diagnose(event.diagnostic_event)

    @property
    def silence(self) -> float:
        """For how many seconds nothing has been heard."""
        with self._lock:
            return self._now() - self._heard

    @property
    def waiting(self) -> tuple[str, ...]:
        """The steps that were begun and not ended, the oldest first: `create aws:iam/role:Role payments (75 s)`."""
        with self._lock:
            now = self._now()
            oldest = sorted(self._begun.items(), key=lambda entry: entry[1][1])
            return tuple(f"{op} {named(urn)} ({now - since:.0f} s)" for urn, (op, since) in oldest)

    def _end(self, step: StepEventMetadata) -> None:
        self._begun.pop(step.urn, None)
        if step.type == _STACK:
            if step.new is not None and step.new.outputs:
                self.outputs = dict(step.new.outputs)
            return
        drift = drift_of(step)
        if drift is not None:
            self.drifted.append(drift)
        change = change_of(step)
        if change is not None:
            self.changes.append(change)
            self._listener(self._stack, change)

    def _fail(self, step: StepEventMetadata) -> None:
        self._begun.pop(step.urn, None)
        if step.op.value in _CREATIONS:
            self.failed.append(step)

    def _diagnose(self, event: DiagnosticEvent) -> None:
        message = _COLOUR.sub("", event.message).strip()
        if event.severity == "error" and message:
            self.problems.append(Problem(event.urn or "", message))


def change_of(step: StepEventMetadata) -> Change | None:
    """Return what a step means to a person, or None where it means nothing by itself."""
    operation = _OPERATIONS.get(step.op.value)
    state = step.new or step.old
    if operation is None or state is None or not state.custom or step.type.startswith("pulumi:"):
        return None
    told = operation in {Operation.UPDATE, Operation.REPLACE}
    return Change(step.urn, step.type, _name(step), operation, _fields(step) if told else ())


def drift_of(step: StepEventMetadata) -> Change | None:
    """Return what a refresh found otherwise than it was left, or None where it found nothing that is declared.

    What a provider merely reports of a resource (an ETag, a count of members) differs without a detailed diff.
    """
    if step.op.value != _REFRESH or step.old is None or not step.old.custom or step.type.startswith("pulumi:"):
        return None
    if step.new is None:
        return Change(step.urn, step.type, _name(step), Operation.DELETE)
    fields = tuple(
        FieldChange(path, _text(_found(path, step.old)), _text(_found(path, step.new)))
        for path in sorted(step.detailed_diff or step.diffs or ())
    )
    return Change(step.urn, step.type, _name(step), Operation.UPDATE, fields) if fields else None


def named(urn: str) -> str:
    """Return a resource's type and name."""
    match urn.split("::", 3):
        case [_, _, types, name]:
            return f"{types.rpartition('$')[2]} {name}"
        case _:
            return ""


def first(problems: list[Problem]) -> Problem | None:
    """Return the first error that says something: the one that another follows from."""
    telling = [each for each in problems if each.message not in _SUMMARIES and not ECHO.match(each.message)]
    return next(iter(telling or problems), None)


def _fields(step: StepEventMetadata) -> tuple[FieldChange, ...]:
    paths = list(step.detailed_diff or step.diffs or ())
    old_inputs = _inputs(step.old)
    old_outputs = (step.old.outputs if step.old is not None else None) or {}
    new = _inputs(step.new)
    fields = []
    for path in sorted(paths):
        difference = (step.detailed_diff or {}).get(path)
        before = at(path, old_inputs if difference is not None and difference.input_diff else old_outputs)
        fields.append(FieldChange(path, _text(before), _text(at(path, new))))
    return tuple(fields)


def _found(path: str, state: StepEventStateMetadata) -> object:
    """Return what a state says at a path, as declared or else as reported."""
    declared = at(path, _inputs(state))
    return at(path, state.outputs) if declared is None else declared


def _name(step: StepEventMetadata) -> str:
    return step.urn.rpartition("::")[2]


def _inputs(state: StepEventStateMetadata | None) -> Mapping[str, object]:
    return (state.inputs if state is not None else None) or {}


def _text(value: object) -> str:
    return _SECRET if value == _SECRET else worded(value)
