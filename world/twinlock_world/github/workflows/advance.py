"""Moving a run on: which jobs begin, which are left out, when the run ends.

`advance` may be called at any time and does what can be done then: it looks at what the run keeps, never at what
happened to call it, so that a restarted world goes on where it stopped. It is called when a run starts, a job ends, a
review is given, the clock moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.actions import values
from twinlock_world.actions.expression import ExpressionError, Scope, holds, interpolate, interpolate_all
from twinlock_world.actions.matrix import MatrixError, combinations
from twinlock_world.github.workflows.frames import Frame, frame_of, scope_of
from twinlock_world.github.workflows.groups import enter, wake
from twinlock_world.github.workflows.legs import Leg, admit, cancel_job, make_job, skip_job
from twinlock_world.github.workflows.runs import COMPLETED, JOB, change, ended, jobs_of
from twinlock_world.github.workflows.telling import tell_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.actions.model import Job
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record

_WORST: Final = ("failure", "cancelled", "success", "skipped")
_MOST_JOBS: Final = 256
"""GitHub's bound for what matrices make of a run; here for all of its jobs, so that no file keeps the world busy."""
_BAD: Final = frozenset({"failure", "timed_out", "startup_failure", "action_required", "stale"})


def advance(site: Site, run: Record) -> Record:
    """Do what a run can do now."""
    with site.store.transaction():
        run = site.store.get(run.kind, run.id) or run
        if ended(run):
            return run
        if not enter(site, run, cancel_run):
            return site.store.get(run.kind, run.id) or run
        run = _Walk(site, site.store.get(run.kind, run.id) or run).run()
        if ended(run):
            for waiting in wake(site, run):
                advance(site, waiting)
        return run


def cancel_run(site: Site, run: Record, message: str | None = None) -> Record:
    """Stop a run: what has not begun is left out, what runs is told to stop."""
    store = site.store
    if ended(run):
        return run
    run = change(store, run, cancelling=True, message=message, entered=True)
    for job in jobs_of(store, run):
        if not ended(job):
            cancel_job(site, job, message)
    return advance(site, run)


class _Walk:
    """One pass over a run's jobs, repeated until nothing changes."""

    def __init__(self, site: Site, run: Record) -> None:
        self._site = site
        self._run = run
        self._units: dict[str, JsonValue] = dict(run.fields.object("units").raw)
        self._frames: dict[str, JsonValue] = dict(run.fields.object("frames").raw) if run.fields.given("frames") else {}

    def run(self) -> Record:
        store = self._site.store
        result: str | None = None
        while True:
            before = dict(self._units)
            for job in jobs_of(store, self._run):
                if job.fields.text("status") in {"pending", "waiting"}:
                    admit(self._site, self._run, job)
            outer = frame_of(self._site, self._run, "")
            result = "failure" if outer is None else self._frame(outer)
            self._keep()
            if before == self._units:
                break
        return self._conclude(result)

    def _keep(self) -> None:
        self._run = change(self._site.store, self._run, units=self._units, frames=self._frames)

    def _conclude(self, result: str | None) -> Record:
        if result is not None:
            if self._run.fields.flag("cancelling") and result != "failure":
                result = "cancelled"
            self._run = change(self._site.store, self._run, status=COMPLETED, conclusion=result)
            tell_run(self._site, self._run, "completed")
            return self._run
        before, status = self._run.fields.text("status"), self._status()
        self._run = change(self._site.store, self._run, status=status)
        if status == "in_progress" != before:
            tell_run(self._site, self._run, "in_progress")
        return self._run

    def _status(self) -> str:
        held = {job.fields.text("status") for job in jobs_of(self._site.store, self._run)}
        if "in_progress" in held or {"queued", COMPLETED} <= held:
            return "in_progress"
        return next((status for status in ("queued", "waiting", "pending") if status in held), "queued")

    def _frame(self, frame: Frame) -> str | None:
        """Return how a frame ended, or nothing while it goes on."""
        for job in frame.workflow.jobs.values():
            self._unit(frame, job)
        results = [self._unit_result(frame, key) for key in frame.workflow.jobs]
        if None in results:
            return None
        return next((word for word in _WORST if word in results), "success")

    def _unit_result(self, frame: Frame, job_key: str) -> str | None:
        found = values.as_object(self._units.get(frame.unit(job_key))).get("result")
        return found if isinstance(found, str) else None

    def _unit(self, frame: Frame, job: Job) -> None:
        key = frame.unit(job.key)
        unit = values.as_object(self._units.get(key))
        if unit.get("result") is not None:
            return
        if unit:
            self._look(key, unit)
        elif all(self._unit_result(frame, name) is not None for name in job.needs):
            self._begin(frame, job, key)

    def _begin(self, frame: Frame, job: Job, key: str) -> None:
        scope = scope_of(self._site, self._run, frame, job, self._units)
        try:
            wanted = holds(job.condition, scope)
            legs = combinations(self._matrix(job, scope)) if wanted else []
        except (ExpressionError, MatrixError) as error:
            self._fail(
                frame, job, key, f"{frame.source.path} (Line: {job.place.line}, Col: {job.place.column}): {error}"
            )
            return
        if not wanted:
            cancelled = self._run.fields.flag("cancelling")
            leg = Leg(frame, job, key, 0, {}, 1)
            skip_job(self._site, self._run, leg, "cancelled" if cancelled else "skipped", scope=scope)
            self._units[key] = {"result": "cancelled" if cancelled else "skipped", "outputs": {}}
            return
        if len(legs) + self._jobs() > _MOST_JOBS:
            self._fail(frame, job, key, f"A run has at most {_MOST_JOBS} jobs.")
            return
        self._expand(frame, job, key, legs, scope)

    def _jobs(self) -> int:
        return sum(len(values.as_array(values.as_object(unit).get("legs"))) for unit in self._units.values())

    def _matrix(self, job: Job, scope: Scope) -> JsonValue:
        if job.strategy is None or job.strategy.matrix is None:
            return None
        found = interpolate_all(job.strategy.matrix, scope)
        if not values.is_object(found):
            return found
        return {name: item for name, item in values.as_object(found).items() if item is not None}

    def _expand(self, frame: Frame, job: Job, key: str, legs: list[JsonObject], scope: Scope) -> None:
        strategy = job.strategy
        fail_fast = strategy is None or strategy.fail_fast is None or values.is_true(_value(strategy.fail_fast, scope))
        most = (
            0
            if strategy is None or strategy.max_parallel is None
            else int(values.as_number(_value(strategy.max_parallel, scope)) or 0)
        )
        many = strategy is not None and strategy.matrix is not None
        made: list[JsonValue] = []
        self._units[key] = {"result": None, "outputs": {}, "legs": made, "fail_fast": fail_fast}
        for at, matrix in enumerate(legs):
            leg = Leg(frame, job, key, at, matrix, len(legs), max_parallel=most)
            if job.uses:
                made.append(self._call(leg, f"{key}[{at}]" if many else key, scope))
            else:
                made.append({"job": make_job(self._site, self._run, leg, scope).id})

    def _call(self, leg: Leg, frame_key: str, scope: Scope) -> JsonObject:
        within = leg.scope(scope)
        try:
            inputs = interpolate_all(leg.job.inputs, within)
            title = f"{leg.title(within)} / "
        except ExpressionError as error:
            self._fail(leg.frame, leg.job, leg.unit, str(error))
            return {"failed": True}
        matrix: JsonObject = leg.matrix
        self._frames[frame_key] = {"title": title, "inputs": values.as_object(inputs), "matrix": matrix}
        self._keep()
        return {"frame": frame_key}

    def _fail(self, frame: Frame, job: Job, key: str, message: str) -> None:
        leg = Leg(frame, job, key, 0, {}, 1)
        skip_job(self._site, self._run, leg, "failure", message=message)
        self._units[key] = {"result": "failure", "outputs": {}}

    def _look(self, key: str, unit: Mapping[str, JsonValue]) -> None:
        results: list[str | None] = []
        outputs: dict[str, JsonValue] = {}
        for leg in map(values.as_object, values.as_array(unit.get("legs"))):
            result, given = self._leg(leg)
            results.append(result)
            outputs |= {name: value for name, value in given.items() if value not in {None, ""} or name not in outputs}
        if "failure" in results and None in results and unit.get("fail_fast"):
            for leg in map(values.as_object, values.as_array(unit.get("legs"))):
                record = self._site.store.get(JOB, int(values.as_number(leg.get("job"))))
                if record is not None and not ended(record):
                    cancel_job(self._site, record, None)
            results = [self._leg(values.as_object(leg))[0] for leg in values.as_array(unit.get("legs"))]
        if None not in results:
            worst = next((word for word in _WORST if word in results), "success")
            self._units[key] = {**unit, "result": worst, "outputs": outputs}

    def _leg(self, leg: JsonObject) -> tuple[str | None, JsonObject]:
        if "frame" in leg:
            frame = frame_of(self._site, self._run, str(leg["frame"]))
            if frame is None:
                return "failure", {}
            result = self._frame(frame)
            return result, {} if result is None else self._called_outputs(frame)
        record = self._site.store.get(JOB, int(values.as_number(leg.get("job"))))
        if record is None:
            return "failure", {}
        if not ended(record):
            return None, {}
        conclusion = record.fields.text("conclusion")
        failed = conclusion in _BAD
        if failed and record.fields.flag("continue_on_error"):
            return "success", record.fields.object("outputs").raw
        return ("failure" if failed else conclusion), record.fields.object("outputs").raw

    def _called_outputs(self, frame: Frame) -> JsonObject:
        trigger = frame.workflow.triggers.get("workflow_call")
        jobs = {key: values.as_object(self._units.get(frame.unit(key))) for key in frame.workflow.jobs}
        scope = Scope({"jobs": jobs, "inputs": frame.inputs, "github": {}, "vars": {}})
        found: dict[str, JsonValue] = {}
        for name, text in ((trigger.outputs if trigger else None) or {}).items():
            try:
                found[name] = values.as_text(interpolate(text, scope))
            except ExpressionError:
                found[name] = ""
        return found


def _value(value: JsonValue, scope: Scope) -> JsonValue:
    return interpolate(value, scope) if isinstance(value, str) else value
