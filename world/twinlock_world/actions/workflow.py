"""From a workflow file's text to a `Workflow`, or to the sentence with which GitHub refuses it.

What may stand where follows
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax. Pure; called when an event looks for
the workflows that it starts, and for each called workflow.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twinlock_world.actions import expression
from twinlock_world.actions.document import DocumentError, Items, Node, Scalar, read
from twinlock_world.actions.model import Concurrency, Environment, Job, Step, Strategy, Workflow
from twinlock_world.actions.permissions import read_permissions
from twinlock_world.actions.reading import Section, table, text
from twinlock_world.actions.triggers import read_triggers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.actions.document import Entry
    from twinlock_world.jsonvalue import JsonObject

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_TOP: Final = ("name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs")
_BOTH: Final = ("name", "needs", "if", "permissions", "concurrency", "strategy")
_JOB: Final = (
    *_BOTH,
    "runs-on",
    "environment",
    "outputs",
    "env",
    "defaults",
    "steps",
    "timeout-minutes",
    "continue-on-error",
    "container",
    "services",
    "snapshot",
    "cancel-timeout-minutes",
)
_CALL: Final = (*_BOTH, "uses", "with", "secrets")
_STEP: Final = (
    "id",
    "if",
    "name",
    "uses",
    "run",
    "working-directory",
    "shell",
    "with",
    "env",
    "continue-on-error",
    "timeout-minutes",
)
_MOST_STEPS: Final = 1000


class WorkflowError(Exception):
    """A workflow cannot be; the text is GitHub's, the line where it is wrong goes with it."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.line = line
        self.message = message


def parse(source: str, path: str) -> Workflow:
    """Return the workflow that a file holds.

    Raises:
        WorkflowError: It holds none.
    """
    try:
        return _workflow(read(source), path)
    except DocumentError as error:
        if error.problem.startswith("You have an error"):
            raise WorkflowError(path, error.place.line, error.problem) from error
        raise not_valid(path, error) from error


def not_valid(path: str, error: DocumentError) -> WorkflowError:
    """Return GitHub's sentence for a file that is YAML but no workflow."""
    return WorkflowError(path, error.place.line, f"The workflow is not valid. {path} {error}")


def _workflow(root: Node, path: str) -> Workflow:
    top = Section.of(root, _TOP)
    triggers = read_triggers(top.required("on"))
    jobs_node = top.required("jobs")
    jobs = {entry.key: _job(entry) for entry in table(jobs_node)}
    if not jobs:
        raise DocumentError(
            jobs_node.place, "There's not enough info to determine what you meant. Add at least one job"
        )
    _check_needs(jobs)
    permissions, concurrency = top.node("permissions"), top.node("concurrency")
    return Workflow(
        path=path,
        name=top.text("name"),
        run_name=top.text("run-name"),
        triggers=triggers,
        permissions=None if permissions is None else read_permissions(permissions),
        concurrency=None if concurrency is None else _concurrency(concurrency),
        env=_object(top.node("env")),
        defaults=_object(top.node("defaults")),
        jobs=jobs,
    )


def _job(entry: Entry) -> Job:
    if not _NAME.fullmatch(entry.key):
        raise DocumentError(
            entry.place,
            f"The identifier '{entry.key}' is invalid. IDs may only contain alphanumeric characters, '_', and '-'. "
            "IDs must start with a letter or '_' and must be less than 100 characters.",
        )
    calls = table(entry.value).find("uses") is not None
    found = Section.of(entry.value, _CALL if calls else _JOB)
    if not calls:
        found.required("runs-on")
    steps = () if calls else _steps(found)
    permissions, concurrency = found.node("permissions"), found.node("concurrency")
    secrets = found.node("secrets")
    return Job(
        key=entry.key,
        place=entry.place,
        name=found.text("name"),
        needs=found.texts("needs") or (),
        condition=_condition(found),
        runs_on=found.json("runs-on"),
        permissions=None if permissions is None else read_permissions(permissions),
        environment=_environment(found.node("environment")),
        concurrency=None if concurrency is None else _concurrency(concurrency),
        strategy=_strategy(found.node("strategy")),
        outputs=found.text_map("outputs"),
        continue_on_error=found.json("continue-on-error"),
        timeout_minutes=found.json("timeout-minutes"),
        steps=steps,
        uses=found.text("uses") or "",
        inputs=found.object("with"),
        secrets=_secrets(secrets),
        raw=table(entry.value).json(),
    )


def _steps(job: Section) -> tuple[Step, ...]:
    found = job.node("steps")
    if not isinstance(found, Items) or not found.items:
        place = job.table.place if found is None else found.place
        raise DocumentError(place, "Required property is missing: steps")
    if len(found.items) > _MOST_STEPS:
        raise DocumentError(found.place, "Maximum object size exceeded")
    return tuple(_step(item) for item in found)


def _step(node: Node) -> Step:
    found = Section.of(node, _STEP)
    uses, run = found.text("uses"), found.text("run")
    if (uses is None) == (run is None):
        problem = "Every step must define a 'uses' or 'run' key" if uses is None else "Unexpected value 'run'"
        raise DocumentError(node.place, problem)
    title = uses if uses is not None else next(iter((run or "").strip().splitlines()), "")
    return Step(found.text("name") or f"Run {title}", found.text("id") or "", uses or "", run or "", node.place)


def _condition(job: Section) -> str:
    found = job.node("if")
    if found is None:
        return ""
    condition = text(found)
    try:
        expression.parse_condition(condition)
    except expression.ExpressionError as error:
        raise DocumentError(found.place, f"{error}") from error
    return condition


def _environment(node: Node | None) -> Environment | None:
    if node is None:
        return None
    if isinstance(node, Scalar):
        return Environment(node.text, "")
    found = Section.of(node, ("name", "url", "deployment"))
    return Environment(text(found.required("name")), found.text("url") or "")


def _concurrency(node: Node) -> Concurrency:
    if isinstance(node, Scalar):
        return Concurrency(node.text, cancel_in_progress=False)
    found = Section.of(node, ("group", "cancel-in-progress", "queue"))
    return Concurrency(text(found.required("group")), found.json("cancel-in-progress"))


def _strategy(node: Node | None) -> Strategy | None:
    if node is None:
        return None
    found = Section.of(node, ("matrix", "fail-fast", "max-parallel"))
    return Strategy(found.json("matrix"), found.json("fail-fast"), found.json("max-parallel"))


def _secrets(node: Node | None) -> JsonObject | str:
    if node is None:
        return {}
    if isinstance(node, Scalar) and node.value is not None:
        if node.text != "inherit":
            raise DocumentError(node.place, f"Unexpected value '{node.text}'")
        return "inherit"
    return table(node).json()


def _object(node: Node | None) -> JsonObject:
    if node is None:
        return {}
    if isinstance(node, Scalar) and isinstance(node.value, str) and "${{" in node.text:
        return {}
    return table(node).json()


def _check_needs(jobs: Mapping[str, Job]) -> None:
    for job in jobs.values():
        for needed in job.needs:
            if needed not in jobs:
                raise DocumentError(job.place, f"Job '{job.key}' depends on unknown job '{needed}'.")
    done: set[str] = set()
    while len(done) < len(jobs):
        ready = [job for job in jobs.values() if job.key not in done and set(job.needs) <= done]
        if not ready:
            stuck = next(job for job in jobs.values() if job.key not in done)
            raise DocumentError(
                stuck.place, f"Job '{stuck.key}' depends on itself through its needs: the jobs form a cycle."
            )
        done |= {job.key for job in ready}
