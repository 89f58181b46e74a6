"""Workflows of a repository, and starting them by hand: `workflow_dispatch` and `repository_dispatch`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.actions import values
from twinlock_world.actions.workflow import WorkflowError
from twinlock_world.events import Event
from twinlock_world.github.access import READ_ACTIONS, WRITE_CONTENTS
from twinlock_world.github.bodies.workflow import workflow_body
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.errors import forbidden, invalid, not_found
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.routes.runs import WRITE_ACTIONS, runs_page
from twinlock_world.github.routing import Mount
from twinlock_world.github.site import Site
from twinlock_world.github.workflows.known import note_files
from twinlock_world.github.workflows.occasions import HEADS, TAGS, at_ref
from twinlock_world.github.workflows.rights import runs_here
from twinlock_world.github.workflows.runs import GROUND, RUN, WORKFLOW, change
from twinlock_world.github.workflows.sources import Source, load
from twinlock_world.github.workflows.start import start_run, whole_payload

if TYPE_CHECKING:
    from twinlock_world.actions.model import Input, Trigger
    from twinlock_world.github.access import RepositoryNeed
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record

_MOST_INPUTS: Final = 25
_LONGEST_TYPE: Final = 100
_MOST_PROPERTIES: Final = 10


@dataclass(frozen=True, slots=True)
class WorkflowCall(RepositoryCall):
    """A call about a workflow."""

    workflow: Record


def _enter(call: Call, need: RepositoryNeed) -> WorkflowCall:
    inside = REPOSITORY.enter(call, need)
    name = call.params["workflow_id"]
    site = Site.of(inside)
    note_files(site)
    if name.isascii() and name.isdigit():
        found = call.store.get(WORKFLOW, call.parameter_number("workflow_id"))
    else:
        found = call.store.find(WORKFLOW, f"{GROUND}/{name}", parent=inside.repository.id)
    if found is None or found.parent != inside.repository.id:
        raise not_found()
    return WorkflowCall(call.request, call.params, call.identity, call.store, call.git, inside.repository, found)


IN_WORKFLOW: Final = Mount(
    tuple(f"{prefix}/actions/workflows/{{workflow_id}}" for prefix in REPOSITORY.prefixes), _enter
)


def list_workflows(call: RepositoryCall) -> Reply:
    """Return the workflows of the default branch, and those that ran on others."""
    site = Site.of(call)
    note_files(site)
    found = call.store.children(WORKFLOW, call.repository.id)
    return call.counted_page("workflows", found, lambda record: workflow_body(site, record))


def show_workflow(call: WorkflowCall) -> Reply:
    """Return a workflow."""
    return Reply(200, workflow_body(Site.of(call), call.workflow))


def list_runs(call: WorkflowCall) -> Reply:
    """Return a workflow's runs."""
    runs = call.store.children(RUN, call.repository.id)
    return runs_page(call, [run for run in runs if run.fields.number("workflow_id") == call.workflow.id])


def show_timing(_call: WorkflowCall) -> Reply:
    """Return what a workflow is billed: nothing, here."""
    return Reply(200, {"billable": {}})


def enable(call: WorkflowCall) -> Reply:
    """Let a workflow start again."""
    change(call.store, call.workflow, state="active")
    return NO_CONTENT


def disable(call: WorkflowCall) -> Reply:
    """Let a workflow start no more."""
    change(call.store, call.workflow, state="disabled_manually")
    return NO_CONTENT


def dispatch(call: WorkflowCall) -> Reply:
    """Start a workflow by hand, as its file stands at the named ref.

    The sentences for inputs and a missing trigger are GitHub's.

    Raises:
        GitHubError: 422, it cannot be started so; 404, there is no such workflow.
    """
    body, site, path = call.body(), Site.of(call), call.workflow.fields.text("path")
    if not runs_here(call.store, call.repository):
        raise forbidden("Actions has been disabled for this repository.")
    if call.workflow.fields.text("state") != "active":
        raise invalid("Cannot trigger a 'workflow_dispatch' on a disabled workflow")
    asked, given = body.text("ref"), body.object("inputs").raw if body.given("inputs") else {}
    occasion = at_ref(site, "workflow_dispatch", _full_ref(site, asked), {})
    if occasion is None:
        raise invalid(f"No ref found for: {asked}")
    source = Source(call.repository, path, occasion.source_ref, occasion.source_sha)
    try:
        workflow = load(site, source)
    except WorkflowError as error:
        raise invalid(error.message) from error
    trigger = workflow.triggers.get("workflow_dispatch")
    if trigger is None:
        raise invalid("Workflow does not have 'workflow_dispatch' trigger")
    inputs = _inputs(trigger, given)
    actor = call.caller()
    content: JsonObject = {"ref": occasion.ref, "inputs": inputs, "workflow": path}
    event = Event("workflow_dispatch", None, call.repository.owner.id, call.repository.id, actor, content)
    call.store.events.publish(event)
    occasion = at_ref(site, "workflow_dispatch", occasion.ref, whole_payload(site, event)) or occasion
    run = start_run(site, source, workflow, occasion, actor, inputs=inputs)
    if not body.flag("return_run_details", default=False):
        return NO_CONTENT
    where = call.urls.api("repos", call.repository.owner.login, call.repository.name, "actions", "runs", run.id)
    page = call.urls.html(call.repository.full_name, "actions", "runs", run.id)
    return Reply(200, {"workflow_run_id": run.id, "run_url": where, "html_url": page})


def repository_dispatch(call: RepositoryCall) -> Reply:
    """Tell the default branch's workflows of something outside."""
    body = call.body()
    kind = body.text("event_type")
    content = body.object("client_payload").raw if body.given("client_payload") else {}
    if not 0 < len(kind) <= _LONGEST_TYPE:
        raise invalid("Invalid request.\n\nFor 'properties/event_type', it must have 1 to 100 characters.")
    if len(content) > _MOST_PROPERTIES:
        raise invalid(
            f"Invalid request.\n\nNo more than {_MOST_PROPERTIES} properties are allowed; {len(content)} were supplied."
        )
    payload: JsonObject = {"branch": call.repository.default_branch, "client_payload": content}
    Site.of(call).publish("repository_dispatch", kind, call.caller(), payload)
    return NO_CONTENT


def _full_ref(site: Site, name: str) -> str:
    if name.startswith("refs/"):
        return name
    return HEADS + name if site.objects.ref(HEADS + name) is not None else TAGS + name


def _inputs(trigger: Trigger, given: JsonObject) -> JsonObject:
    if len(given) > _MOST_INPUTS:
        raise invalid(
            f"Invalid request.\n\nNo more than {_MOST_INPUTS} properties are allowed; {len(given)} were supplied."
        )
    known = {item.name.casefold(): item for item in trigger.inputs}
    unknown = [name for name in given if name.casefold() not in known]
    if unknown:
        raise invalid(f"Unexpected inputs provided: {json.dumps(unknown)}")
    found: dict[str, JsonValue] = {}
    lowered = {name.casefold(): value for name, value in given.items()}
    for item in trigger.inputs:
        found[item.name] = _input(item, lowered.get(item.name.casefold()))
    return found


def _input(item: Input, value: JsonValue) -> JsonValue:
    if value is None or value == "":
        if item.required and item.default is None:
            raise invalid(f"Required input '{item.name}' not provided")
        return values.as_text(item.default)
    text = values.as_text(value)
    if item.type == "choice" and text not in item.options:
        raise invalid(f"Provided value '{text}' for input '{item.name}' not in the list of allowed values")
    if item.type == "boolean" and text not in {"true", "false"}:
        raise invalid(f"Provided value '{text}' for input '{item.name}' not in the list of allowed values")
    return text


ROUTES: Final = (
    *REPOSITORY.get("/actions/workflows", READ_ACTIONS, list_workflows),
    *REPOSITORY.post("/dispatches", WRITE_CONTENTS, repository_dispatch),
    *IN_WORKFLOW.get("", READ_ACTIONS, show_workflow),
    *IN_WORKFLOW.get("/runs", READ_ACTIONS, list_runs),
    *IN_WORKFLOW.get("/timing", READ_ACTIONS, show_timing),
    *IN_WORKFLOW.put("/enable", WRITE_ACTIONS, enable),
    *IN_WORKFLOW.put("/disable", WRITE_ACTIONS, disable),
    *IN_WORKFLOW.post("/dispatches", WRITE_ACTIONS, dispatch),
)
