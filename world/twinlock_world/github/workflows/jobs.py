"""What a runner takes and gives back: a job with all that it may see, and how it ended.

Secrets, the token and the right to an identity go with the order, never into a record; environment secrets only once
the environment's gates are open, because only then is the job queued. The token ends with the job.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from twinlock_world.actions import values
from twinlock_world.actions.expression import ExpressionError, Scope, interpolate
from twinlock_world.actions.permissions import api_permissions
from twinlock_world.github.accounts import NARROW_TOKEN, App, account_of_token, actions_app, issue_token, revoke_token
from twinlock_world.github.deployments import DEPLOYMENT, tell_status
from twinlock_world.github.environment import find_environment
from twinlock_world.github.errors import GitHubError
from twinlock_world.github.repository import get_repository
from twinlock_world.github.routes.secrets import SECRET
from twinlock_world.github.site import Site
from twinlock_world.github.vault import unseal
from twinlock_world.github.workflows.advance import advance
from twinlock_world.github.workflows.contexts import github_context, shared, variables
from twinlock_world.github.workflows.frames import Frame, frame_of, job_at, needs_context
from twinlock_world.github.workflows.groups import wake
from twinlock_world.github.workflows.runs import COMPLETED, JOB, RUN, account, change, ended, run_of
from twinlock_world.github.workflows.telling import tell_job
from twinlock_world.oidc.job import JobIdentity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinlock_world.actions.model import Job
    from twinlock_world.git_objects import GitRepositories
    from twinlock_world.github.urls import Urls
    from twinlock_world.github.workflows.sources import Source
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record, Store

_LONGEST: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class JobOrder:
    """One job, with everything that it may see."""

    id: int
    run_id: int
    attempt: int
    repository_id: int
    repository: str
    name: str
    workflow: str
    """The workflow's name."""
    job: Job
    source: Source
    env: JsonObject
    """The file's `env`, with its expressions."""
    defaults: JsonObject
    contexts: Mapping[str, JsonValue]
    """`github`, `inputs`, `needs`, `matrix`, `strategy`, `vars`."""
    permissions: Mapping[str, str]
    environment: str | None
    identity: JobIdentity | None
    """What its OIDC token would say; nothing where it may have none."""
    secrets: Mapping[str, str] = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StepResult:
    """How one step ended."""

    name: str
    conclusion: str


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended."""

    conclusion: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    steps: Sequence[StepResult] = ()
    log: str = ""
    message: str | None = None


def take(store: Store, git: GitRepositories, urls: Urls, job_id: int, runner: str) -> JobOrder | None:
    """Begin a queued job; nothing where it isn't queued any more."""
    with store.transaction():
        job = store.get(JOB, job_id)
        run = None if job is None else run_of(store, job)
        repository = None if run is None else get_repository(store, run.parent or 0)
        if job is None or run is None or repository is None or job.fields.text("status") != "queued":
            return None
        site = Site(store, git, urls, repository)
        found = job_at(site, run, job.fields.text("unit"))
        if found is None:
            return None
        job = change(store, job, status="in_progress", started_at=store.timestamp(), runner=runner)
        job = tell_job(site, job, "in_progress")
        _tell_deployment(site, run, job, "in_progress")
        order = _order(site, run, job, *found)
        advance(site, run)
        return order


def finish(store: Store, git: GitRepositories, urls: Urls, job_id: int, result: JobResult) -> None:
    """End a job that a runner had begun, and let its run go on."""
    with store.transaction():
        job = store.get(JOB, job_id)
        run = None if job is None else run_of(store, job)
        repository = None if run is None else get_repository(store, run.parent or 0)
        if job is None or run is None or repository is None or ended(job):
            return
        site = Site(store, git, urls, repository)
        for token in store.children(NARROW_TOKEN, job.id):
            revoke_token(store, token.key)
        now = store.timestamp()
        job = change(
            store,
            job,
            status=COMPLETED,
            conclusion=result.conclusion,
            outputs=dict(result.outputs),
            steps=[_step(at, step, job, now) for at, step in enumerate(result.steps, 1)],
            message=result.message or job.fields.optional_text("message"),
            completed_at=now,
        )
        _tell_deployment(site, run, job, "success" if result.conclusion == "success" else "failure")
        tell_job(site, job, "completed")
        advance(site, run)
        for waiting in wake(site, job):
            advance(site, waiting)


def job_of_token(store: Store, token: str) -> Record | None:
    """Return the running job that a token was given to."""
    if not isinstance(account_of_token(store, token), App):
        return None
    for found in store.named(NARROW_TOKEN, token):
        job = store.get(JOB, found.parent or 0)
        if job is not None and not ended(job):
            return job
    return None


def identity_of(store: Store, git: GitRepositories, urls: Urls, job: Record) -> JobIdentity | None:
    """Return what a running job's OIDC token may say; nothing where it may have none."""
    run = run_of(store, job)
    repository = None if run is None else get_repository(store, run.parent or 0)
    if run is None or repository is None or job.fields.object("permissions").raw.get("id-token") != "write":
        return None
    site = Site(store, git, urls, repository)
    found = job_at(site, run, job.fields.text("unit"))
    return None if found is None else _identity(site, run, job, found[0])


def advance_all(store: Store, git: GitRepositories, urls: Urls) -> None:
    """Let every run go on that can: time has passed."""
    for run in store.all(RUN):
        repository = None if ended(run) else get_repository(store, run.parent or 0)
        if repository is not None:
            advance(Site(store, git, urls, repository), run)


def _step(at: int, step: StepResult, job: Record, now: str) -> JsonObject:
    return {
        "name": step.name,
        "status": COMPLETED,
        "conclusion": step.conclusion,
        "number": at,
        "started_at": job.fields.optional_text("started_at") or now,
        "completed_at": now,
    }


def _order(site: Site, run: Record, job: Record, frame: Frame, spec: Job) -> JobOrder:
    fields, units = job.fields, run.fields.object("units").raw
    name = fields.optional_text("environment")
    environment = None if name is None else find_environment(site.store, site.repository, name)
    permissions = {key: fields.object("permissions").text(key) for key in fields.object("permissions").raw}
    contexts: dict[str, JsonValue] = {
        "github": {**github_context(site, run), "job": spec.key},
        "inputs": frame.inputs,
        "needs": needs_context(frame, spec, units),
        "matrix": fields.object("matrix").raw,
        "strategy": {"job-index": fields.number("leg"), "job-total": fields.number("total")},
        "vars": variables(site, environment),
    }
    token = issue_token(
        site.store,
        actions_app(site.store),
        api_permissions(permissions),
        repositories=[site.repository.id],
        expires_at=site.store.clock.now() + _LONGEST,
        parent=job.id,
    )
    secrets = _secrets(site, run, frame, environment, contexts) if run.fields.flag("trusted") else {}
    return JobOrder(
        id=job.id,
        run_id=run.id,
        attempt=fields.number("attempt"),
        repository_id=site.repository.id,
        repository=site.repository.full_name,
        name=fields.text("name"),
        workflow=run.fields.text("name"),
        job=spec,
        source=frame.source,
        env=frame.workflow.env,
        defaults=frame.workflow.defaults,
        contexts=contexts,
        permissions=permissions,
        environment=None if environment is None else environment.fields.text("name"),
        identity=_identity(site, run, job, frame) if permissions.get("id-token") == "write" else None,
        secrets={**secrets, "GITHUB_TOKEN": token},
        token=token,
    )


def _secrets(
    site: Site, run: Record, frame: Frame, environment: Record | None, contexts: Mapping[str, JsonValue]
) -> dict[str, str]:
    found = _passed(site, run, frame, contexts)
    return found if environment is None else {**found, **_opened(site, environment.id)}


def _passed(site: Site, run: Record, frame: Frame, contexts: Mapping[str, JsonValue]) -> dict[str, str]:
    """The run's own file sees what the repository has; a called one only what its caller hands on."""
    if not frame.key:
        own = _opened(site, site.repository.id)
        above = site.repository.owner.id
        return {**_opened(site, above, only_shared=True), **own}
    caller = job_at(site, run, _unit_of(frame.key))
    outer = None if caller is None else frame_of(site, run, caller[0].key)
    if caller is None or outer is None:
        return {}
    held = _passed(site, run, outer, contexts)
    handed = caller[1].secrets
    if isinstance(handed, str):
        return held
    scope = Scope({**contexts, "secrets": held, "inputs": outer.inputs})
    found = {}
    for name, text in handed.items():
        try:
            found[name] = values.as_text(interpolate(text, scope) if isinstance(text, str) else text)
        except ExpressionError:
            found[name] = ""
    return found


def _unit_of(frame_key: str) -> str:
    return frame_key.rpartition("[")[0] if frame_key.endswith("]") else frame_key


def _opened(site: Site, holder: int, *, only_shared: bool = False) -> dict[str, str]:
    found = {}
    for secret in site.store.children(SECRET, holder):
        if only_shared and not shared(site, secret):
            continue
        try:
            found[secret.fields.text("name")] = unseal(site.store, holder, secret.fields.text("sealed"))
        except GitHubError:  # sealed for a key that is gone: the job does without, as with a secret that isn't there
            continue
    return found


def _identity(site: Site, run: Record, job: Record, frame: Frame) -> JobIdentity:
    context = {name: values.as_text(value) for name, value in github_context(site, run).items() if name != "event"}
    fields = job.fields
    return JobIdentity(
        repository_id=site.repository.id,
        actor=context["actor"],
        actor_id=int(context["actor_id"]),
        event_name=context["event_name"],
        ref=context["ref"],
        sha=context["sha"],
        workflow=context["workflow"],
        workflow_ref=context["workflow_ref"],
        workflow_sha=context["workflow_sha"],
        job_workflow_ref=frame.source.name,
        job_workflow_sha=frame.source.sha,
        run_id=run.id,
        run_number=run.fields.number("number"),
        run_attempt=fields.number("attempt"),
        check_run_id=fields.number("check_run_id") if fields.given("check_run_id") else 0,
        environment=fields.optional_text("environment"),
        base_ref=context["base_ref"],
        head_ref=context["head_ref"],
    )


def _tell_deployment(site: Site, run: Record, job: Record, state: str) -> None:
    if not job.fields.given("deployment_id"):
        return
    deployment = site.store.get(DEPLOYMENT, job.fields.number("deployment_id"))
    if deployment is not None:
        log = site.urls.html(site.repository.full_name, "actions", "runs", run.id, "job", job.id)
        starter = account(site.store, run.fields.object("triggering_actor"))
        tell_status(site, deployment, starter, state, log_url=log)
