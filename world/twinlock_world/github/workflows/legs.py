"""One leg of a job: its record from the moment it stands to be run until a runner takes it, or nobody will."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from twinlock_world.actions import values
from twinlock_world.actions.expression import ExpressionError, Scope, interpolate
from twinlock_world.actions.matrix import leg_title
from twinlock_world.actions.permissions import narrow, read_only
from twinlock_world.actions.policy import pin_refusal, unpinned
from twinlock_world.actions.uses import Image, Remote, parse_uses
from twinlock_world.events import Event
from twinlock_world.github.workflows.gates import GateError, gate, give_up
from twinlock_world.github.workflows.groups import enter_job
from twinlock_world.github.workflows.rights import policies
from twinlock_world.github.workflows.runs import COMPLETED, JOB, change, jobs_of
from twinlock_world.github.workflows.telling import tell_job

if TYPE_CHECKING:
    from twinlock_world.actions.model import Job
    from twinlock_world.github.site import Site
    from twinlock_world.github.workflows.frames import Frame
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record

CANCEL: Final = "actions_cancel"
"""The event that tells runners, and nobody else, that a job shall stop."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One combination of a job's matrix."""

    frame: Frame
    job: Job
    unit: str
    at: int
    matrix: JsonObject
    total: int
    max_parallel: int = 0

    def scope(self, scope: Scope) -> Scope:
        """Return what the leg's keys may see."""
        strategy: JsonObject = {"job-index": self.at, "job-total": self.total}
        return replace(scope, contexts={**scope.contexts, "matrix": self.matrix, "strategy": strategy})

    def title(self, scope: Scope | None) -> str:
        """Return the leg's name, with those of its callers before it."""
        return f"{self.frame.title}{self._own(scope)}"

    def _own(self, scope: Scope | None) -> str:
        if self.job.name is not None and scope is not None:
            return values.as_text(interpolate(self.job.name, scope)) or self.job.key
        name = self.job.name or self.job.key
        return f"{name} ({leg_title(self.matrix)})" if self.matrix else name


def make_job(site: Site, run: Record, leg: Leg, scope: Scope) -> Record:
    """Make the record of a leg, and let it go as far as it may."""
    within = leg.scope(scope)
    try:
        document = _document(run, leg, within)
    except ExpressionError as error:
        where = f"{leg.frame.source.path} (Line: {leg.job.place.line}, Col: {leg.job.place.column})"
        return skip_job(site, run, leg, "failure", message=f"{where}: {error}")
    key = f"{run.fields.number('attempt')}/{leg.unit}/{leg.at}"
    job = site.store.insert(JOB, key, document, parent=run.id)
    loose = [item for policy in policies(site.store, site.repository) for item in unpinned(policy, _used(leg.job))]
    if loose:
        return end_job(site, job, "failure", pin_refusal(list(dict.fromkeys(loose)), site.repository.full_name))
    return admit(site, run, job)


def skip_job(  # noqa: PLR0913 - what the record says
    site: Site, run: Record, leg: Leg, conclusion: str, *, scope: Scope | None = None, message: str | None = None
) -> Record:
    """Make the record of a job that will not run."""
    try:
        name = leg.title(None if scope is None else leg.scope(scope))
    except ExpressionError:
        name = leg.title(None)
    now = site.store.timestamp()
    document = {
        **_blank(run, leg, name),
        "status": COMPLETED,
        "conclusion": conclusion,
        "message": message,
        "started_at": now,
        "completed_at": now,
    }
    key = f"{run.fields.number('attempt')}/{leg.unit}/{leg.at}"
    job = site.store.put(JOB, key, document, parent=run.id)
    return tell_job(site, job, "completed")


def admit(site: Site, run: Record, job: Record) -> Record:
    """Let a job go as far as it may: into its group, through its environment's gates, to the runners."""
    fields = job.fields
    most = fields.number("max_parallel")
    if most:
        going = [
            other
            for other in jobs_of(site.store, run)
            if other.fields.text("unit") == fields.text("unit")
            and other.fields.text("status") in {"queued", "waiting", "in_progress"}
            and other.id != job.id
        ]
        if len(going) >= most:
            return job
    if not enter_job(site, job, cancel_job):
        return job
    job = site.store.get(JOB, job.id) or job
    try:
        is_open = gate(site, run, job)
    except GateError as refusal:
        return end_job(site, site.store.get(JOB, job.id) or job, "failure", str(refusal))
    job = site.store.get(JOB, job.id) or job
    if not is_open:
        if fields.text("status") == "waiting":
            return job
        return tell_job(site, change(site.store, job, status="waiting"), "waiting")
    return tell_job(site, change(site.store, job, status="queued"), "queued")


def cancel_job(site: Site, job: Record, message: str | None) -> Record:
    """Stop a job: at once if nobody runs it, else by telling its runner."""
    if job.fields.text("status") == "in_progress":
        owner = site.repository.owner.id
        site.store.events.publish(Event(CANCEL, None, owner, site.repository.id, None, {"job_id": job.id}, -1))
        return change(site.store, job, message=message)
    return end_job(site, job, "cancelled", message)


def end_job(site: Site, job: Record, conclusion: str, message: str | None) -> Record:
    """End a job that never ran."""
    now = site.store.timestamp()
    job = change(
        site.store,
        job,
        status=COMPLETED,
        conclusion=conclusion,
        message=message,
        started_at=job.fields.optional_text("started_at") or now,
        completed_at=now,
    )
    give_up(site, job, "inactive" if conclusion == "cancelled" else "failure")
    return tell_job(site, job, "completed")


def _used(job: Job) -> list[Remote | Image]:
    found = (parse_uses(step.uses) for step in job.steps)
    return [item for item in found if isinstance(item, Remote | Image)]


def _document(run: Record, leg: Leg, scope: Scope) -> dict[str, JsonValue]:
    job, frame = leg.job, leg.frame
    asked = frame.permissions if job.permissions is None else job.permissions
    allowed = asked if frame.most is None else narrow(asked, frame.most)
    permissions = allowed if run.fields.flag("trusted") else read_only(allowed)
    environment = None if job.environment is None else values.as_text(interpolate(job.environment.name, scope)).strip()
    group, cancels = None, False
    if job.concurrency is not None:
        group = values.as_text(interpolate(job.concurrency.group, scope)).casefold() or None
        cancel = job.concurrency.cancel_in_progress
        cancels = values.is_true(interpolate(cancel, scope) if isinstance(cancel, str) else cancel)
    on_error = job.continue_on_error
    return {
        **_blank(run, leg, leg.title(scope)),
        "labels": _labels(job.runs_on, scope),
        "permissions": dict(permissions),
        "environment": environment or None,
        "group": group,
        "cancel_in_progress": cancels,
        "continue_on_error": values.is_true(interpolate(on_error, scope) if isinstance(on_error, str) else on_error),
    }


def _blank(run: Record, leg: Leg, name: str) -> dict[str, JsonValue]:
    return {
        "unit": leg.unit,
        "leg": leg.at,
        "total": leg.total,
        "matrix": leg.matrix,
        "name": name,
        "attempt": run.fields.number("attempt"),
        "status": "pending",
        "conclusion": None,
        "message": None,
        "labels": [],
        "steps": [],
        "outputs": {},
        "permissions": {},
        "environment": None,
        "deployment_id": None,
        "gate": None,
        "group": None,
        "cancel_in_progress": False,
        "continue_on_error": False,
        "max_parallel": leg.max_parallel,
        "started_at": None,
        "completed_at": None,
        "check_run_id": None,
        "runner": None,
    }


def _labels(runs_on: JsonValue, scope: Scope) -> list[JsonValue]:
    if values.is_object(runs_on):
        found = values.as_object(runs_on)
        return _labels(found.get("labels") or found.get("group"), scope)
    if values.is_array(runs_on):
        return [label for item in values.as_array(runs_on) for label in _labels(item, scope)]
    label = interpolate(runs_on, scope) if isinstance(runs_on, str) else runs_on
    return _labels(label, scope) if not isinstance(label, str) and label is not None else [values.as_text(label)]
