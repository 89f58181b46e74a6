"""How changes of runs and jobs are told on the bus, and how a job stands as a check run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twinlock_world.github.accounts import actions_app
from twinlock_world.github.bodies.workflow import job_body, run_body, workflow_body
from twinlock_world.github.check_runs import CheckRun, change_check, post_check
from twinlock_world.github.checks import CHECK_RUN, CHECK_SUITE
from twinlock_world.github.workflows.runs import WORKFLOW, account, change, run_of

if TYPE_CHECKING:
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Record


def tell_run(site: Site, run: Record, action: str) -> None:
    """Tell what has become of a run."""
    workflow = site.store.get(WORKFLOW, run.fields.number("workflow_id"))
    payload: JsonObject = {
        "workflow_run": run_body(site, run),
        "workflow": None if workflow is None else workflow_body(site, workflow),
    }
    site.publish("workflow_run", action, account(site.store, run.fields.object("actor")), payload)


def tell_job(site: Site, job: Record, action: str) -> Record:
    """Tell what has become of a job, and let its check run follow; the first time posts one."""
    job = _follow(site, job)
    run = run_of(site.store, job)
    who = None if run is None else account(site.store, run.fields.object("actor"))
    site.publish("workflow_job", action, who, {"workflow_job": job_body(site, job)})
    return job


def _follow(site: Site, job: Record) -> Record:
    """The check run is Actions' own (its app has the number 15368), so that anybody's side branch can post it."""
    fields, app = job.fields, actions_app(site.store)
    run = run_of(site.store, job)
    if run is None:
        return job
    message = fields.optional_text("message")
    notes = [] if message is None else [_annotation(message)]
    wanted = CheckRun(
        name=fields.text("name"),
        head_sha=run.fields.text("head_sha"),
        status=fields.text("status"),
        conclusion=fields.optional_text("conclusion"),
        details_url=site.urls.html(site.repository.full_name, "actions", "runs", run.id, "job", job.id),
        external_id=str(job.id),
        started_at=fields.optional_text("started_at"),
        completed_at=fields.optional_text("completed_at"),
        annotations=notes,
    )
    if not fields.given("check_run_id"):
        suite = site.store.get(CHECK_SUITE, run.fields.number("suite_id")) if run.fields.given("suite_id") else None
        return change(site.store, job, check_run_id=post_check(site, app, wanted, suite).id)
    check = site.store.get(CHECK_RUN, fields.number("check_run_id"))
    if check is not None:
        change_check(
            site, app, check, lambda before: replace(wanted, started_at=wanted.started_at or before.started_at)
        )
    return job


def _annotation(message: str) -> JsonObject:
    return {
        "path": ".github",
        "start_line": 1,
        "end_line": 1,
        "start_column": None,
        "end_column": None,
        "annotation_level": "failure",
        "message": message,
        "title": "",
        "raw_details": None,
        "blob_href": "",
    }
