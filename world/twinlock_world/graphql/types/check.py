"""Check runs, statuses, and the one state that they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.graphql.connection import connect
from twinlock_world.graphql.thing import Thing, always, fields, path_of, renamed, rest, same, upper
from twinlock_world.graphql.types.account import actor_of
from twinlock_world.graphql.types.repository import place
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.graphql.context import Context

_FAILED: Final = frozenset({"ACTION_REQUIRED", "CANCELLED", "FAILURE", "STALE", "STARTUP_FAILURE", "TIMED_OUT"})
_FAILED_STATUS: Final = frozenset({"ERROR", "FAILURE"})


def contexts_of(repository: Thing, context: Context, sha: str) -> list[Thing]:
    """Return the newest check runs and statuses of a commit."""
    runs = context.things(
        "CheckRun", repository, *place(repository), "commits", sha, "check-runs", inside="check_runs", filter="latest"
    )
    statuses = context.things(
        "StatusContext", repository, *place(repository), "commits", sha, "status", inside="statuses"
    )
    return [*runs, *statuses]


def rollup_of(repository: Thing, context: Context, sha: str) -> Thing | None:
    """Return what the checks of a commit come to; nothing where there are none."""
    if not contexts_of(repository, context, sha):
        return None
    return Thing("StatusCheckRollup", Fields({"sha": sha}), repository)


def state_of(found: Sequence[Thing]) -> str:
    """Return the one state: a failure before what is pending, and that before success."""
    states = [_state(one) for one in found]
    return next((state for state in ("FAILURE", "PENDING") if state in states), "SUCCESS")


def _state(one: Thing) -> str:
    if one.kind == "StatusContext":
        state = one.body.text("state").upper()
        return "FAILURE" if state in _FAILED_STATUS else state
    if one.body.text("status") != "completed":
        return "PENDING"
    conclusion = one.body.text("conclusion").upper()
    return "FAILURE" if conclusion in _FAILED else "SUCCESS"


def _contexts(rollup: Thing, context: Context, arguments: Fields) -> object:
    found = contexts_of(rollup.place(), context, rollup.body.text("sha"))
    runs = [one for one in found if one.kind == "CheckRun"]
    statuses = [one for one in found if one.kind == "StatusContext"]
    return {
        **connect("contexts", found, arguments),
        "checkRunCount": len(runs),
        "checkRunCountsByState": _counted([_run_state(one) for one in runs]),
        "statusContextCount": len(statuses),
        "statusContextCountsByState": _counted([one.body.text("state").upper() for one in statuses]),
    }


def _run_state(run: Thing) -> str:
    return (run.body.text("conclusion") if run.body.given("conclusion") else run.body.text("status")).upper()


def _counted(states: Sequence[str]) -> list[dict[str, object]]:
    return [{"state": state, "count": states.count(state)} for state in sorted(set(states))]


def _rollup_state(rollup: Thing, context: Context, _arguments: Fields) -> str:
    return state_of(contexts_of(rollup.place(), context, rollup.body.text("sha")))


def _rollup_id(rollup: Thing, _context: Context, _arguments: Fields) -> str:
    return f"SCR_{rollup.place().identifier}_{rollup.body.text('sha')}"


def _required(one: Thing, context: Context, arguments: Fields) -> bool:
    """Tell whether the branch that a pull request goes to asks for this check."""
    if not arguments.given("pullRequestNumber"):
        return False
    where = place(one.place())
    pull = context.body(*where, "pulls", arguments.number("pullRequestNumber"))
    if pull is None:
        return False
    name = one.body.text("name" if one.kind == "CheckRun" else "context")
    app = one.body.object("app").raw.get("id") if one.body.given("app") else None
    for rule in context.items(*where, "rules", "branches", *pull.object("base").text("ref").split("/")):
        if rule.text("type") == "required_status_checks":
            for check in rule.object("parameters").objects("required_status_checks", []):
                if check.text("context") == name and check.raw.get("integration_id") in {None, app}:
                    return True
    return False


def _suite(run: Thing, _context: Context, _arguments: Fields) -> Thing:
    suite = {**run.body.object("check_suite").raw, "app": run.body.raw.get("app"), "head_sha": run.body.raw["head_sha"]}
    return Thing("CheckSuite", Fields(suite), run.home)


def _app(suite: Thing, _context: Context, _arguments: Fields) -> Thing | None:
    return suite.inner("app", "App")


def _workflow_run(suite: Thing, context: Context, _arguments: Fields) -> Thing | None:
    """Return the workflow's run that a suite of Actions belongs to; nothing for other apps' suites."""
    owner = suite.body.object("app").raw.get("slug") if suite.body.given("app") else None
    if owner != "github-actions":
        return None
    where, sha = place(suite.place()), suite.body.text("head_sha")
    runs = context.items(*where, "actions", "runs", inside="workflow_runs", head_sha=sha)
    found = next((run for run in runs if run.raw.get("check_suite_id") == suite.identifier), None)
    return None if found is None else Thing("WorkflowRun", found, suite.home)


def _workflow(run: Thing, _context: Context, _arguments: Fields) -> dict[str, object]:
    return {"name": run.body.raw.get("name"), "databaseId": run.body.raw.get("workflow_id")}


fields(
    "StatusCheckRollup",
    {"contexts": _contexts, "id": _rollup_id, "state": _rollup_state},
)
fields(
    "CheckRun",
    {
        **same("completedAt", "detailsUrl", "externalId", "name", "startedAt"),
        **renamed({"databaseId": "id", "id": "node_id", "permalink": "html_url", "url": "html_url"}),
        "checkSuite": _suite,
        "conclusion": upper("conclusion"),
        "isRequired": _required,
        "resourcePath": path_of(),
        "status": upper("status"),
        "summary": rest("output.summary"),
        "text": rest("output.text"),
        "title": rest("output.title"),
    },
)
fields("CheckSuite", {**renamed({"databaseId": "id"}), "app": _app, "workflowRun": _workflow_run})
fields(
    "StatusContext",
    {
        **same("avatarUrl", "context", "createdAt", "description", "targetUrl"),
        **renamed({"id": "node_id"}),
        "creator": actor_of("creator"),
        "isRequired": _required,
        "state": upper("state"),
    },
)
fields(
    "WorkflowRun",
    {
        **same("createdAt", "event", "runNumber", "updatedAt"),
        **renamed({"databaseId": "id", "id": "node_id", "url": "html_url"}),
        "pendingDeploymentRequests": always(None),
        "workflow": _workflow,
    },
)
