"""Whether an environment lets a job in: branches, timer, reviewers, apps.

https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments. The branch decides at
once; the others all have to agree, one reviewer is enough, and an administrator may let a job pass where the
environment says so. A job that nobody let in for 30 days fails. Secrets and variables of the environment are given to a
job only once it has passed (`jobs`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import get_app, get_user
from twinlock_world.github.bodies.commit import repository_url
from twinlock_world.github.bodies.deployment import deployment_body
from twinlock_world.github.bodies.workflow import run_body
from twinlock_world.github.deployments import DEPLOYMENT, Deployment, deploy, tell_status
from twinlock_world.github.environment import (
    BRANCH_POLICY,
    PROTECTION_RULE,
    find_environment,
    has_custom_policies,
    keep_environment,
    read_environment,
)
from twinlock_world.github.errors import GitHubError
from twinlock_world.github.protection import protection_of, protections
from twinlock_world.github.team import lineage, teams_of
from twinlock_world.github.workflows.occasions import HEADS, TAGS
from twinlock_world.github.workflows.runs import RUN, account, change
from twinlock_world.jsonvalue import Fields
from twinlock_world.policy.ref_pattern import names_ref

if TYPE_CHECKING:
    from twinlock_world.github.accounts import User
    from twinlock_world.github.repository import Repository
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record, Store

REJECTED: Final = "The deployment was rejected or didn't satisfy other protection rules."
_PATIENCE: Final = timedelta(days=30)


class GateError(Exception):
    """An environment does not let a job in; the text is GitHub's."""


def gate(site: Site, run: Record, job: Record) -> bool:
    """Tell whether a job may begin; the first time it also asks those who must agree.

    Raises:
        GateError: It may never begin.
    """
    name = job.fields.optional_text("environment")
    if name is None:
        return True
    environment = find_environment(site.store, site.repository, name) or _make(site, name)
    if not job.fields.given("gate"):
        _check_ref(site, environment, run.fields.text("ref"))
        job = _ask(site, run, job, environment)
    state = job.fields.object("gate")
    if state.flag("rejected"):
        raise GateError(REJECTED)
    if state.flag("bypassed") or _agreed(site.store, environment, state):
        if not state.flag("open"):
            _keep(site, job, open=True)
        return True
    if site.store.clock.now() - _since(state) > _PATIENCE:
        raise GateError(REJECTED)
    return False


def review(site: Site, job: Record, reviewer: User, *, approved: bool) -> None:
    """Note what a reviewer says of a waiting job."""
    _keep(site, job, approved=approved, rejected=not approved, reviewer=reviewer.id)


def answer(site: Site, job: Record, rule: Record, *, approved: bool) -> None:
    """Note what an app says of a waiting job."""
    state = job.fields.object("gate")
    apps: dict[str, JsonValue] = {**state.object("apps").raw, str(rule.id): approved}
    _keep(site, job, apps=apps, rejected=state.flag("rejected") or not approved)


def bypass(site: Site, job: Record, administrator: User) -> None:
    """Let a waiting job pass without those who must agree."""
    _keep(site, job, bypassed=True, reviewer=administrator.id)


def give_up(site: Site, job: Record, state: str) -> None:
    """Note on a job's deployment that it will not come to be."""
    deployment = (
        site.store.get(DEPLOYMENT, job.fields.number("deployment_id")) if job.fields.given("deployment_id") else None
    )
    if deployment is not None:
        tell_status(site, deployment, _starter(site, job), state)


def may_review(store: Store, environment: Record, person: User) -> bool:
    """Tell whether a person is among an environment's reviewers, by themselves or in a team."""
    teams = {above.id for team in teams_of(store, person) for above in lineage(store, team)}
    for reviewer in environment.fields.objects("reviewers"):
        kind, identifier = reviewer.text("type"), reviewer.number("id")
        if identifier == person.id if kind == "User" else identifier in teams:
            return True
    return False


def wait_left(store: Store, environment: Record, state: Fields) -> timedelta:
    """Return how long the environment's timer still runs."""
    timer = timedelta(minutes=environment.fields.number("wait_timer"))
    return max(_since(state) + timer - store.clock.now(), timedelta())


def _agreed(store: Store, environment: Record, state: Fields) -> bool:
    if wait_left(store, environment, state):
        return False
    if environment.fields.objects("reviewers") and not state.flag("approved"):
        return False
    apps = state.object("apps").raw
    return all(apps.get(str(rule.id)) is True for rule in store.children(PROTECTION_RULE, environment.id))


def _since(state: Fields) -> datetime:
    return datetime.fromisoformat(state.text("since"))


def _make(site: Site, name: str) -> Record:
    """A workflow that names an environment makes it, without any protection."""
    try:
        document = read_environment(site.store, name, Fields({}))
    except GitHubError as error:
        raise GateError(f"Environment name is not valid: {error.message}") from error
    return keep_environment(site.store, site.repository, document)


def _check_ref(site: Site, environment: Record, ref: str) -> None:
    if not environment.fields.given("deployment_branch_policy"):
        return
    if has_custom_policies(environment):
        allowed = any(_names(policy, ref) for policy in site.store.children(BRANCH_POLICY, environment.id))
    else:
        allowed = _protected(site.store, site.repository, ref)
    if not allowed:
        kind = "Tag" if ref.startswith(TAGS) else "Branch"
        short = ref.removeprefix(HEADS).removeprefix(TAGS)
        raise GateError(
            f'{kind} "{short}" is not allowed to deploy to {environment.fields.text("name")} '
            "due to environment protection rules."
        )


def _names(policy: Record, ref: str) -> bool:
    """A pattern of branches also sees the ref of a pull request, by its full name."""
    pattern, kind = policy.fields.text("name"), policy.fields.text("type")
    if ref.startswith(TAGS) != (kind == "tag"):
        return False
    prefix = TAGS if kind == "tag" else (HEADS if ref.startswith(HEADS) else "")
    return names_ref(Fields({"ref_name": {"include": [prefix + pattern], "exclude": []}}), ref, "")


def _protected(store: Store, repository: Repository, ref: str) -> bool:
    """Classic protection decides; where no branch has any, every branch may deploy (GitHub's documentation)."""
    if not ref.startswith(HEADS):
        return False
    return not protections(store, repository) or protection_of(store, repository, ref.removeprefix(HEADS)) is not None


def _ask(site: Site, run: Record, job: Record, environment: Record) -> Record:
    fields, store = run.fields, site.store
    starter = account(store, fields.object("triggering_actor"))
    short = fields.text("ref").removeprefix(HEADS).removeprefix(TAGS)
    name = environment.fields.text("name")
    wanted = Deployment(short, fields.text("head_sha"), name, run_id=run.id, job_id=job.id)
    deployment = deploy(site, starter, wanted)
    apps: JsonObject = {}
    state: JsonObject = {
        "since": store.clock.now().isoformat(),
        "approved": False,
        "rejected": False,
        "bypassed": False,
        "open": False,
        "reviewer": None,
        "apps": apps,
    }
    job = change(store, job, gate=state, deployment_id=deployment.id)
    if not _agreed(store, environment, job.fields.object("gate")):
        tell_status(site, deployment, starter, "waiting")
        _tell_reviewers(site, run, job, environment)
        _tell_apps(site, run, environment, deployment)
    return job


def _tell_reviewers(site: Site, run: Record, job: Record, environment: Record) -> None:
    if not environment.fields.objects("reviewers"):
        return
    payload: JsonObject = {
        "environment": environment.fields.text("name"),
        "requestor": None,
        "reviewers": [],
        "since": job.fields.object("gate").text("since"),
        "workflow_job_run": {"id": job.id, "name": job.fields.text("name"), "status": "waiting", "conclusion": None},
        "workflow_run": run_body(site, run),
    }
    site.publish("deployment_review", "requested", account(site.store, run.fields.object("triggering_actor")), payload)


def _tell_apps(site: Site, run: Record, environment: Record, deployment: Record) -> None:
    callback = repository_url(site.urls, site.repository, "actions", "runs", str(run.id), "deployment_protection_rule")
    for rule in site.store.children(PROTECTION_RULE, environment.id):
        app = get_app(site.store, rule.peer or 0)
        if app is None:
            continue
        payload: JsonObject = {
            "environment": environment.fields.text("name"),
            "event": run.fields.text("event"),
            "ref": run.fields.text("ref"),
            "sha": run.fields.text("head_sha"),
            "deployment_callback_url": callback,
            "deployment": deployment_body(site, deployment),
            "pull_requests": [],
        }
        who = account(site.store, run.fields.object("triggering_actor"))
        site.publish("deployment_protection_rule", "requested", who, payload, app.id)


def _keep(site: Site, job: Record, **changes: JsonValue) -> None:
    present = site.store.get(job.kind, job.id) or job
    change(site.store, present, gate={**present.fields.object("gate").raw, **changes})


def _starter(site: Site, job: Record) -> User | None:
    run = site.store.get(RUN, job.parent or 0)
    return None if run is None else get_user(site.store, run.fields.object("triggering_actor").number("id"))
