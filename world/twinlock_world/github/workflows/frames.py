"""A frame: one workflow file within a run, with what it was called with. The run's own file is the outermost frame.

Frames are rebuilt from what the run keeps, whenever it moves on. A unit is one job of a frame; its key is the path of
jobs that leads to it (`deploy/inner`), with the leg of a matrix in brackets (`deploy[1]/inner`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.actions import values
from twinlock_world.actions.expression import Scope
from twinlock_world.actions.functions import Status
from twinlock_world.actions.workflow import WorkflowError
from twinlock_world.github.workflows.calls import job_permissions_of
from twinlock_world.github.workflows.contexts import github_context, variables
from twinlock_world.github.workflows.sources import Source, load, read_source
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.actions.model import Job, Workflow
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record

_LEG: Final = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Frame:
    """One workflow file in a run.

    `permissions` are those of jobs that say nothing; `most` is what the caller allows, nothing for the run's own file.
    """

    key: str
    title: str
    source: Source
    workflow: Workflow
    inputs: JsonObject
    permissions: Mapping[str, str]
    most: Mapping[str, str] | None

    def unit(self, job_key: str) -> str:
        """Return the key of one of its jobs."""
        return f"{self.key}/{job_key}" if self.key else job_key


def frame_of(site: Site, run: Record, key: str) -> Frame | None:
    """Return a run's frame; nothing where its file can't be had any more."""
    fields = run.fields
    try:
        if not key:
            own = Source(site.repository, fields.text("path"), fields.text("workflow_ref"), fields.text("workflow_sha"))
            workflow = load(site, own)
            inputs = _typed(workflow, "workflow_dispatch", fields.object("inputs").raw)
            return Frame("", "", own, workflow, inputs, _levels(fields.object("permissions")), None)
        kept = Fields(fields.object("calls").raw).object(static_key(key))
        source = read_source(site, kept)
        if source is None:
            return None
        workflow = load(site, source)
        entered = fields.object("frames").object(key)
        most = _levels(kept.object("most"))
        inputs = _typed(workflow, "workflow_call", entered.object("inputs").raw)
        return Frame(key, entered.text("title"), source, workflow, inputs, job_permissions_of(workflow, most), most)
    except WorkflowError:
        return None


def static_key(key: str) -> str:
    """Return a key without the legs of matrices."""
    return _LEG.sub("", key)


def job_at(site: Site, run: Record, unit: str) -> tuple[Frame, Job] | None:
    """Return the job of a unit with its frame."""
    frame_key, _, job_key = unit.rpartition("/")
    frame = frame_of(site, run, frame_key)
    return None if frame is None or job_key not in frame.workflow.jobs else (frame, frame.workflow.jobs[job_key])


def needs_context(frame: Frame, job: Job, units: Mapping[str, JsonValue]) -> JsonObject:
    """Return the `needs` context of a job: the results and outputs of those it names."""
    found: dict[str, JsonValue] = {}
    for name in job.needs:
        unit = values.as_object(units.get(frame.unit(name)))
        found[name] = {"result": unit.get("result"), "outputs": unit.get("outputs") or {}}
    return found


def scope_of(
    site: Site, run: Record, frame: Frame, job: Job, units: Mapping[str, JsonValue], **more: JsonValue
) -> Scope:
    """Return what a job's own keys may see."""
    contexts: dict[str, JsonValue] = {
        "github": github_context(site, run),
        "inputs": frame.inputs,
        "vars": variables(site),
        "needs": needs_context(frame, job, units),
        **more,
    }
    return Scope(contexts, _status(run, frame, job, units))


def ancestors(workflow: Workflow, job: Job) -> frozenset[str]:
    """Return all jobs that come before one, however far."""
    found: set[str] = set()
    waiting = list(job.needs)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += workflow.jobs[name].needs
    return frozenset(found)


def _status(run: Record, frame: Frame, job: Job, units: Mapping[str, JsonValue]) -> Status:
    cancelled = run.fields.flag("cancelling")
    results = {values.as_object(units.get(frame.unit(name))).get("result") for name in ancestors(frame.workflow, job)}
    return Status(not cancelled and results <= {"success"}, "failure" in results, cancelled)


def _typed(workflow: Workflow, event: str, given: JsonObject) -> JsonObject:
    """Return a workflow's inputs by their types, defaults included."""
    trigger = workflow.triggers.get(event)
    if trigger is None:
        return given
    found: dict[str, JsonValue] = {}
    for item in trigger.inputs:
        value = next((value for name, value in given.items() if name.casefold() == item.name.casefold()), item.default)
        if item.type == "boolean":
            value = value if isinstance(value, bool) else values.as_text(value).casefold() == "true"
        elif item.type == "number" and not isinstance(value, int | float):
            value = values.as_number(value)
        elif item.type not in {"boolean", "number"}:
            value = values.as_text(value)
        found[item.name] = value
    return found


def _levels(fields: Fields) -> Mapping[str, str]:
    return {name: fields.text(name) for name in fields.raw}
