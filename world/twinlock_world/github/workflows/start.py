"""From an event to the runs that it starts.

A file that is no workflow makes a run that failed, as on GitHub; a workflow that calls, uses or asks for what it may
not makes one that failed at its start (`startup_failure`) with GitHub's sentence in its record. Subscribed to the bus
by whoever composes the world; dispatches and schedules call `start_run` themselves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from twinlock_world.actions import values
from twinlock_world.actions.expression import ExpressionError, Scope, interpolate
from twinlock_world.actions.patterns import PatternError
from twinlock_world.actions.policy import refusal, refused
from twinlock_world.actions.triggers import starts
from twinlock_world.actions.workflow import WorkflowError
from twinlock_world.github.access import Role
from twinlock_world.github.accounts import ACTIONS_APP, App, actions_app
from twinlock_world.github.bodies.account import simple_account, simple_organization
from twinlock_world.github.bodies.repository import minimal_repository
from twinlock_world.github.check_runs import open_suite
from twinlock_world.github.repository import get_repository
from twinlock_world.github.site import Site
from twinlock_world.github.workflows.advance import advance
from twinlock_world.github.workflows.calls import job_permissions_of, resolve_calls, used_in
from twinlock_world.github.workflows.contexts import github_context, variables
from twinlock_world.github.workflows.known import moves_files, note_files
from twinlock_world.github.workflows.occasions import at_default_branch, occasions
from twinlock_world.github.workflows.rights import policies, runs_here, token_default
from twinlock_world.github.workflows.runs import COMPLETED, RUN, change, ensure_workflow
from twinlock_world.github.workflows.sources import Source, load, workflow_paths
from twinlock_world.github.workflows.telling import tell_run
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from twinlock_world.actions.cron import Cron
    from twinlock_world.actions.model import Workflow
    from twinlock_world.events import Event
    from twinlock_world.git_objects import GitRepositories
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.urls import Urls
    from twinlock_world.github.workflows.occasions import Occasion
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record, Store

_STARTED_BY_TOKENS: Final = frozenset({"workflow_dispatch", "repository_dispatch"})
_DEEPEST_CHAIN: Final = 3
_TELL_OF_BROKEN_FILES: Final = frozenset({"push"})


def on_event(store: Store, git: GitRepositories, urls: Urls, event: Event) -> None:
    """Start what an event starts."""
    if event.repository_id is None or event.name.startswith("workflow_job"):
        return
    with store.transaction():
        repository = get_repository(store, event.repository_id)
        if repository is None:
            return
        site = Site(store, git, urls, repository)
        if event.name == "push" and moves_files(site, Fields(event.payload)):
            note_files(site)
        if not runs_here(store, repository):
            return
        if _by_a_job(event.actor) and event.name not in _STARTED_BY_TOKENS and event.name != "workflow_run":
            return  # what a job's token does starts nothing, or runs would start each other for ever
        for occasion in occasions(site, event, whole_payload(site, event)):
            if occasion.depth <= _DEEPEST_CHAIN:
                start_all(site, occasion, event.actor)


def start_all(site: Site, occasion: Occasion, actor: Identity | None) -> list[Record]:
    """Start the workflows at an occasion that it starts."""
    started = []
    for path in workflow_paths(site, occasion.source_sha):
        source = Source(site.repository, path, occasion.source_ref, occasion.source_sha)
        try:
            workflow = load(site, source)
        except WorkflowError as error:
            if occasion.event in _TELL_OF_BROKEN_FILES:
                record = ensure_workflow(site, path, path)
                run = _record_run(site, record, occasion, actor, name=path)
                started.append(_fail(site, run, "failure", error.message))
            continue
        record = ensure_workflow(site, path, workflow.title)
        if record.fields.text("state") != "active":
            continue
        try:
            wanted = any(starts(trigger, occasion.occurrence) for trigger in workflow.triggers.values())
        except PatternError:
            wanted = False
        if wanted:
            started.append(start_run(site, source, workflow, occasion, actor))
    return started


def start_run(  # noqa: PLR0913 - what a run is of
    site: Site,
    source: Source,
    workflow: Workflow,
    occasion: Occasion,
    actor: Identity | None,
    *,
    inputs: JsonObject | None = None,
) -> Record:
    """Start one workflow, and move it on as far as it goes by itself."""
    record = ensure_workflow(site, source.path, workflow.title)
    run = _record_run(site, record, occasion, actor, name=workflow.title, inputs=inputs)
    run = change(site.store, run, title=_title(site, run, workflow, occasion), trusted=not _from_fork(occasion))
    try:
        calls = resolve_calls(site, source, workflow, token_default(site.store, site.repository))
        _check_policy(site, workflow, [callee.workflow for callee in calls.values()])
        concurrency = _concurrency(site, run, workflow)
    except WorkflowError as error:
        return _fail(site, run, "startup_failure", error.message)
    kept: dict[str, JsonValue] = {
        key: {**callee.source.document(), "most": dict(callee.most)} for key, callee in calls.items()
    }
    own = job_permissions_of(workflow, token_default(site.store, site.repository))
    run = change(site.store, run, calls=kept, permissions=dict(own), **concurrency)
    tell_run(site, run, "requested")
    return advance(site, run)


def start_schedules(site: Site, cron_due: set[Cron]) -> list[Record]:
    """Start the default branch's workflows that have one of these schedules."""
    started = []
    for occasion in at_default_branch(site, "schedule", None, {}):
        for path in workflow_paths(site, occasion.source_sha):
            source = Source(site.repository, path, occasion.source_ref, occasion.source_sha)
            try:
                workflow = load(site, source)
            except WorkflowError:
                continue
            trigger = workflow.triggers.get("schedule")
            due = [cron for cron in (trigger.crons if trigger else ()) if cron in cron_due]
            record = ensure_workflow(site, path, workflow.title)
            if due and record.fields.text("state") == "active":
                started += [
                    start_run(site, source, workflow, replace(occasion, payload={"schedule": cron.text}), None)
                    for cron in due[:1]
                ]
    return started


def _record_run(  # noqa: PLR0913 - what a run is of
    site: Site,
    workflow: Record,
    occasion: Occasion,
    actor: Identity | None,
    *,
    name: str,
    inputs: JsonObject | None = None,
) -> Record:
    store = site.store
    number = workflow.fields.number("runs") + 1
    change(store, workflow, runs=number)
    who = _who(site, actor)
    document: JsonObject = {
        "workflow_id": workflow.id,
        "number": number,
        "attempt": 1,
        "name": name,
        "title": occasion.title or name,
        "event": occasion.event,
        "activity": occasion.occurrence.activity,
        "path": workflow.fields.text("path"),
        "ref": occasion.ref,
        "sha": occasion.sha,
        "head_branch": occasion.head_branch,
        "head_sha": occasion.head_sha,
        "workflow_ref": occasion.source_ref,
        "workflow_sha": occasion.source_sha,
        "actor": who,
        "triggering_actor": who,
        "payload": dict(occasion.payload),
        "inputs": inputs or {},
        "depth": occasion.depth,
        "status": "queued",
        "conclusion": None,
        "message": None,
        "started_at": store.timestamp(),
        "units": {},
        "calls": {},
        "permissions": {},
        "trusted": True,
        "cancelling": False,
        "group": None,
        "cancel_in_progress": False,
        "suite_id": None,
    }
    run = store.insert(RUN, f"{workflow.id}/{number}", document, parent=site.repository.id)
    suite = open_suite(site, actions_app(store), occasion.head_sha, name=str(run.id), head_branch=occasion.head_branch)
    return change(store, run, suite_id=suite.id)


def _fail(site: Site, run: Record, conclusion: str, message: str) -> Record:
    run = change(site.store, run, status=COMPLETED, conclusion=conclusion, message=message)
    tell_run(site, run, "requested")
    tell_run(site, run, "completed")
    return run


def _check_policy(site: Site, workflow: Workflow, called: list[Workflow]) -> None:
    used = [item for each in (workflow, *called) for item in used_in(each)]
    for policy in policies(site.store, site.repository):
        items = refused(policy, used)
        if items:
            raise WorkflowError(workflow.path, 1, refusal(policy, items, site.repository.full_name))


def _concurrency(site: Site, run: Record, workflow: Workflow) -> dict[str, JsonValue]:
    if workflow.concurrency is None:
        return {}
    scope = Scope(
        {"github": github_context(site, run), "inputs": run.fields.object("inputs").raw, "vars": variables(site)}
    )
    try:
        group = values.as_text(interpolate(workflow.concurrency.group, scope))
        cancel = workflow.concurrency.cancel_in_progress
        cancels = values.is_true(interpolate(cancel, scope) if isinstance(cancel, str) else cancel)
    except ExpressionError as error:
        raise WorkflowError(workflow.path, 1, f"The workflow is not valid. {workflow.path}: {error}") from error
    return {"group": group.casefold() or None, "cancel_in_progress": cancels}


def _title(site: Site, run: Record, workflow: Workflow, occasion: Occasion) -> str:
    if workflow.run_name:
        scope = Scope({"github": github_context(site, run), "inputs": run.fields.object("inputs").raw, "vars": {}})
        try:
            return values.as_text(interpolate(workflow.run_name, scope)) or workflow.title
        except ExpressionError:
            return workflow.title
    return occasion.title or workflow.title


def _from_fork(occasion: Occasion) -> bool:
    """A pull request from another repository: its code gets neither secrets nor identity."""
    payload = occasion.payload
    pull = values.as_object(payload.get("pull_request"))
    if not pull or occasion.event == "pull_request_target":
        return False
    head, base = (values.as_object(values.as_object(pull.get(side)).get("repo")) for side in ("head", "base"))
    return head.get("id") != base.get("id")


def _by_a_job(actor: Identity | None) -> bool:
    return isinstance(actor, App) and actor.id == ACTIONS_APP


def _who(site: Site, actor: Identity | None) -> JsonObject:
    """The world itself, as for a schedule, acts as Actions; GitHub names who last changed the schedule's file."""
    found = actor or actions_app(site.store)
    return {"id": found.id, "type": "Bot" if isinstance(found, App) else "User", "login": found.login}


def whole_payload(site: Site, event: Event) -> JsonObject:
    """Return an event's payload as jobs and webhooks see it: with where it happened and who did it."""
    sender = event.actor or actions_app(site.store)
    return {
        **({} if event.action is None else {"action": event.action}),
        **event.payload,
        "repository": {
            **minimal_repository(site.urls, site.repository, Role.PULL),
            "default_branch": site.repository.default_branch,
            "visibility": site.repository.visibility,
        },
        "organization": simple_organization(site.urls, site.repository.owner),
        "sender": simple_account(site.urls, sender),
    }
