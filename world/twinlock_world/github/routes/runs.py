"""Workflow runs and their jobs: lists, logs, cancelling, running again, reviewing deployments."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import READ_ACTIONS, Level, RepositoryNeed, Role
from twinlock_world.github.accounts import App, User, get_user
from twinlock_world.github.bodies.account import simple_account
from twinlock_world.github.bodies.deployment import deployment_body
from twinlock_world.github.bodies.team import listed_team
from twinlock_world.github.bodies.workflow import job_body, run_body
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.deployments import DEPLOYMENT
from twinlock_world.github.environment import ENVIRONMENT, find_environment
from twinlock_world.github.errors import forbidden, invalid, not_found
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.routing import Mount
from twinlock_world.github.site import Site
from twinlock_world.github.team import get_team
from twinlock_world.github.urls import node_id
from twinlock_world.github.workflows import control, files
from twinlock_world.github.workflows.gates import may_review
from twinlock_world.github.workflows.runs import APPROVAL, JOB, RUN, account, ended, find_job, find_run, jobs_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue
    from twinlock_world.store import Record

WRITE_ACTIONS: Final = RepositoryNeed("actions", Level.WRITE, Role.PUSH)
REVIEW_DEPLOYMENTS: Final = RepositoryNeed("deployments", Level.WRITE, Role.PULL)
_BAD: Final = frozenset({"failure", "cancelled", "timed_out"})


@dataclass(frozen=True, slots=True)
class RunCall(RepositoryCall):
    """A call about a run."""

    run: Record

    @property
    def site(self) -> Site:
        """Where it is about."""
        return Site.of(self)


def _enter(call: Call, need: RepositoryNeed) -> RunCall:
    inside = REPOSITORY.enter(call, need)
    found = find_run(call.store, inside.repository, call.parameter_number("run_id"))
    if found is None:
        raise not_found()
    return RunCall(call.request, call.params, call.identity, call.store, call.git, inside.repository, found)


IN_RUN: Final = Mount(tuple(f"{prefix}/actions/runs/{{run_id}}" for prefix in REPOSITORY.prefixes), _enter)


def list_runs(call: RepositoryCall) -> Reply:
    """Return a repository's runs, newest first, as far as they match."""
    return runs_page(call, call.store.children(RUN, call.repository.id))


def runs_page(call: RepositoryCall, runs: list[Record]) -> Reply:
    """Return the asked page of runs that match the query."""
    site, query = Site.of(call), call.query
    tests: dict[str, Callable[[Fields, str], bool]] = {
        "actor": lambda run, wanted: run.object("actor").text("login").casefold() == wanted.casefold(),
        "branch": lambda run, wanted: run.optional_text("head_branch") == wanted,
        "event": lambda run, wanted: run.text("event") == wanted,
        "status": lambda run, wanted: wanted in {run.text("status"), run.optional_text("conclusion")},
        "head_sha": lambda run, wanted: run.text("head_sha") == wanted,
        "check_suite_id": lambda run, wanted: str(run.raw.get("suite_id")) == wanted,
    }
    asked = [(tests[name], value) for name, value in query.items() if name in tests and value]
    found = [run for run in reversed(runs) if all(test(run.fields, value) for test, value in asked)]
    found = [run for run in found if _created(run.created_at, query.get("created", ""))]
    return call.counted_page("workflow_runs", found, lambda run: run_body(site, run))


def show_run(call: RunCall) -> Reply:
    """Return a run."""
    return Reply(200, run_body(call.site, call.run))


def show_attempt(call: RunCall) -> Reply:
    """Return a run as of one attempt; of earlier ones the world keeps the jobs, and what these amount to."""
    attempt = _attempt(call)
    body = dict(run_body(call.site, call.run))
    if attempt != call.run.fields.number("attempt"):
        held = {job.fields.optional_text("conclusion") for job in jobs_of(call.store, call.run, attempt)}
        worst = next((word for word in ("failure", "cancelled", "success") if word in held), "skipped")
        body |= {"run_attempt": attempt, "status": "completed", "conclusion": worst, "previous_attempt_url": None}
    return Reply(200, body)


def delete_run(call: RunCall) -> Reply:
    """Delete a run that has ended, with its logs and artifacts."""
    if not ended(call.run):
        raise forbidden("Could not delete the workflow run")
    for job in call.store.children(JOB, call.run.id):
        files.remove(call.git, files.LOGS, job.id)
    call.store.delete(call.run)
    return NO_CONTENT


def list_jobs(call: RunCall) -> Reply:
    """Return the jobs of a run's present attempt, or of all."""
    every = call.query.get("filter") == "all"
    found = call.store.children(JOB, call.run.id) if every else jobs_of(call.store, call.run)
    return call.counted_page("jobs", found, lambda job: job_body(call.site, job))


def list_attempt_jobs(call: RunCall) -> Reply:
    """Return the jobs of one attempt."""
    found = jobs_of(call.store, call.run, _attempt(call))
    return call.counted_page("jobs", found, lambda job: job_body(call.site, job))


def show_job(call: RepositoryCall) -> Reply:
    """Return a job."""
    return Reply(200, job_body(Site.of(call), _job(call)))


def job_log(call: RepositoryCall) -> Reply:
    """Lead to a job's log, once there is one."""
    job = _job(call)
    if not ended(job) or files.read(call.git, files.LOGS, job.id) is None:
        raise not_found()
    return _download(call, files.LOGS, str(job.id))


def run_logs(call: RunCall) -> Reply:
    """Lead to an archive of a run's logs."""
    return _download(call, "run-logs", f"{call.run.id}-{call.run.fields.number('attempt')}")


def attempt_logs(call: RunCall) -> Reply:
    """Lead to an archive of the logs of one attempt."""
    return _download(call, "run-logs", f"{call.run.id}-{_attempt(call)}")


def logs_archive(call: Call, name: str) -> bytes | None:
    """Return the archive of a run's logs that an address names."""
    identifier, _, attempt = name.partition("-")
    run = call.store.get(RUN, int(identifier))
    if run is None:
        return None
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for at, job in enumerate(jobs_of(call.store, run, int(attempt))):
            log = files.read(call.git, files.LOGS, job.id)
            if log is not None:
                title = job.fields.text("name").replace("/", "_")
                packed.writestr(zipfile.ZipInfo(f"{at}_{title}.txt"), log)
    return archive.getvalue()


def cancel_run(call: RunCall) -> Reply:
    """Stop a run."""
    control.cancel(call.site, call.run)
    return Reply(202, {})


def rerun(call: RunCall) -> Reply:
    """Run a run again."""
    control.rerun(call.site, call.run, call.caller())
    return Reply(201, {})


def rerun_failed(call: RunCall) -> Reply:
    """Run again what failed, and what depends on it."""
    failed = [job for job in jobs_of(call.store, call.run) if job.fields.optional_text("conclusion") in _BAD]
    if not failed:
        raise forbidden("This workflow run has no failed jobs")
    control.rerun(call.site, call.run, call.caller(), failed)
    return Reply(201, {})


def rerun_job(call: RepositoryCall) -> Reply:
    """Run one job again, and what depends on it."""
    job = _job(call)
    run = find_run(call.store, call.repository, job.parent or 0)
    if run is None or job.fields.number("attempt") != run.fields.number("attempt"):
        raise forbidden("This job cannot be retried")
    control.rerun(Site.of(call), run, call.caller(), [job])
    return Reply(201, {})


def list_pending(call: RunCall) -> Reply:
    """Return the environments that a run waits for, and whether the caller may let it pass."""
    found: dict[int, JsonObject] = {}
    for job in control.waiting_jobs(call.site, call.run):
        environment = find_environment(call.store, call.repository, job.fields.text("environment"))
        if environment is not None:
            found.setdefault(environment.id, _pending(call, job, environment))
    return Reply(200, list(found.values()))


def review_pending(call: RunCall) -> Reply:
    """Approve or reject what a run would deploy."""
    body = call.body()
    state, comment = body.choice("state", ("approved", "rejected")), body.text("comment")
    environments = [_environment(call, identifier) for identifier in body.numbers("environment_ids")]
    decided = control.review_deployments(
        call.site, call.run, call.caller(), environments, approved=state == "approved", comment=comment
    )
    identifiers = [job.fields.number("deployment_id") for job in decided if job.fields.given("deployment_id")]
    deployments = [call.store.get(DEPLOYMENT, identifier) for identifier in identifiers]
    return Reply(200, [deployment_body(call.site, found) for found in deployments if found is not None])


def answer_rule(call: RunCall) -> Reply:
    """Take what an app says as a deployment protection rule; without a state it merely comments."""
    caller, body = call.caller(), call.body()
    name, comment = body.text("environment_name"), body.text("comment", "")
    environment = find_environment(call.store, call.repository, name)
    if environment is None:
        raise not_found()
    if not isinstance(caller, App):
        raise forbidden("You must authenticate via a GitHub App.")
    if body.given("state"):
        approved = body.choice("state", ("approved", "rejected")) == "approved"
        control.answer_rule(call.site, call.run, caller, environment, approved=approved, comment=comment)
    elif not comment:
        raise invalid('Invalid request.\n\nNo subschema in "anyOf" matched.')
    return NO_CONTENT


def list_approvals(call: RunCall) -> Reply:
    """Return who let a run's deployments pass, or did not."""
    return Reply(200, [_approval(call, record) for record in call.store.children(APPROVAL, call.run.id)])


def approve_run(_call: RunCall) -> Reply:
    """Let a fork's first run begin; nothing waits for that here."""
    raise forbidden("This run is not from a fork pull request")


def show_timing(_call: RunCall) -> Reply:
    """Return what a run is billed: nothing, here."""
    return Reply(200, {"billable": {}})


def _pending(call: RunCall, job: Record, environment: Record) -> JsonObject:
    fields, caller = environment.fields, call.identity
    name = fields.text("name")
    return {
        "environment": {
            "id": environment.id,
            "node_id": node_id("EN", environment.id),
            "name": name,
            "url": call.urls.api("repos", call.repository.owner.login, call.repository.name, "environments", name),
            "html_url": call.urls.html(call.repository.full_name, "deployments", "activity_log"),
        },
        "wait_timer": fields.number("wait_timer"),
        "wait_timer_started_at": job.fields.object("gate").text("since") if fields.number("wait_timer") else None,
        "current_user_can_approve": isinstance(caller, User) and may_review(call.store, environment, caller),
        "reviewers": [found for item in fields.objects("reviewers") if (found := _reviewer(call, item)) is not None],
    }


def _reviewer(call: RunCall, reviewer: Fields) -> JsonObject | None:
    identifier = reviewer.number("id")
    if reviewer.text("type") == "User":
        user = get_user(call.store, identifier)
        return None if user is None else {"type": "User", "reviewer": simple_account(call.urls, user)}
    team = get_team(call.store, identifier)
    if team is None:
        return None
    parent = None if team.parent_id is None else get_team(call.store, team.parent_id)
    return {"type": "Team", "reviewer": listed_team(call.urls, team, parent)}


def _approval(call: RunCall, record: Record) -> JsonObject:
    fields = record.fields
    who = account(call.store, fields.object("user"))
    environments: list[JsonValue] = []
    for identifier in fields.numbers("environments"):
        environment = call.store.get(ENVIRONMENT, identifier)
        if environment is not None:
            name = environment.fields.text("name")
            where = call.urls.api("repos", call.repository.owner.login, call.repository.name, "environments", name)
            environments.append(
                {
                    "id": environment.id,
                    "node_id": node_id("EN", environment.id),
                    "name": name,
                    "url": where,
                    "html_url": call.urls.html(call.repository.full_name, "deployments", "activity_log"),
                    "created_at": environment.created_at,
                    "updated_at": environment.updated_at,
                }
            )
    return {
        **fields.only(("state", "comment")),
        "environments": environments,
        "user": None if who is None else simple_account(call.urls, who),
    }


def _environment(call: RunCall, identifier: int) -> Record:
    found = call.store.get(ENVIRONMENT, identifier)
    if found is None or found.parent != call.repository.id:
        raise not_found()
    return found


def _job(call: RepositoryCall) -> Record:
    found = find_job(call.store, call.repository, call.parameter_number("job_id"))
    if found is None:
        raise not_found()
    return found


def _attempt(call: RunCall) -> int:
    attempt = call.parameter_number("attempt")
    if not 1 <= attempt <= call.run.fields.number("attempt"):
        raise not_found()
    return attempt


def _download(call: Call, kind: str, name: str) -> Reply:
    now = call.store.clock.now().timestamp()
    return Reply(302, None, {"location": files.address(call.urls, kind, name, now)})


def _created(moment: str, wanted: str) -> bool:
    """GitHub's date syntax: a day, a span `a..b`, or a comparison `>=a`."""
    if not wanted:
        return True
    if ".." in wanted:
        begin, _, end = wanted.partition("..")
        return (begin in {"", "*"} or moment >= begin) and (end in {"", "*"} or moment[: len(end)] <= end)
    sign = next((sign for sign in (">=", "<=", ">", "<") if wanted.startswith(sign)), "")
    day = wanted.removeprefix(sign)
    begins = moment[: len(day)]
    known = {">=": begins >= day, "<=": begins <= day, ">": begins > day, "<": begins < day, "": begins == day}
    return known[sign]


ROUTES: Final = (
    *REPOSITORY.get("/actions/runs", READ_ACTIONS, list_runs),
    *REPOSITORY.get("/actions/jobs/{job_id}", READ_ACTIONS, show_job),
    *REPOSITORY.get("/actions/jobs/{job_id}/logs", READ_ACTIONS, job_log),
    *REPOSITORY.post("/actions/jobs/{job_id}/rerun", WRITE_ACTIONS, rerun_job),
    *IN_RUN.get("", READ_ACTIONS, show_run),
    *IN_RUN.delete("", WRITE_ACTIONS, delete_run),
    *IN_RUN.get("/attempts/{attempt}", READ_ACTIONS, show_attempt),
    *IN_RUN.get("/attempts/{attempt}/jobs", READ_ACTIONS, list_attempt_jobs),
    *IN_RUN.get("/attempts/{attempt}/logs", READ_ACTIONS, attempt_logs),
    *IN_RUN.get("/jobs", READ_ACTIONS, list_jobs),
    *IN_RUN.get("/logs", READ_ACTIONS, run_logs),
    *IN_RUN.get("/timing", READ_ACTIONS, show_timing),
    *IN_RUN.post("/cancel", WRITE_ACTIONS, cancel_run),
    *IN_RUN.post("/force-cancel", WRITE_ACTIONS, cancel_run),
    *IN_RUN.post("/approve", WRITE_ACTIONS, approve_run),
    *IN_RUN.post("/rerun", WRITE_ACTIONS, rerun),
    *IN_RUN.post("/rerun-failed-jobs", WRITE_ACTIONS, rerun_failed),
    *IN_RUN.get("/pending_deployments", READ_ACTIONS, list_pending),
    *IN_RUN.post("/pending_deployments", REVIEW_DEPLOYMENTS, review_pending),
    *IN_RUN.get("/approvals", READ_ACTIONS, list_approvals),
    *IN_RUN.post("/deployment_protection_rule", REVIEW_DEPLOYMENTS, answer_rule),
)
