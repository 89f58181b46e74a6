"""Which workflows a workflow calls, all the way down, checked before anything runs.

A call that cannot be fails the run at its start. The sentences are GitHub's, as users quote them: for permissions
https://github.com/metal3-io/project-infra/pull/1171 and https://github.com/newrelic/newrelic-browser-agent/pull/1617;
for inputs and secrets, *Reusing workflow configurations* names the rules, their sentences are unconfirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.actions.document import DocumentError
from twinlock_world.actions.permissions import excess
from twinlock_world.actions.uses import Image, Remote, parse_uses
from twinlock_world.actions.workflow import WorkflowError, not_valid
from twinlock_world.github.workflows.sources import called, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock_world.actions.model import Job, Trigger, Workflow
    from twinlock_world.github.site import Site
    from twinlock_world.github.workflows.sources import Source

_DEEPEST: Final = 10
_MOST: Final = 50
"""GitHub allows fifty distinct workflows and ten levels (*Reusing workflow configurations*: limitations)."""
_TOO_MANY: Final = "The workflow calls more than 50 workflows"


@dataclass(frozen=True, slots=True)
class Callee:
    """A called workflow, and the most that its jobs' tokens may do."""

    source: Source
    workflow: Workflow
    most: Mapping[str, str]


def resolve_calls(site: Site, source: Source, workflow: Workflow, default: Mapping[str, str]) -> dict[str, Callee]:
    """Return every workflow that is called, by the path of jobs that leads to it: `deploy`, `deploy/inner`.

    Raises:
        WorkflowError: One cannot be called, or not so.
    """
    found: dict[str, Callee] = {}
    for key, callee in _resolve(site, source, workflow, job_permissions_of(workflow, default)):
        found[key] = callee
        if len(found) > _MOST:  # a workflow that calls itself twice would go on for very long
            raise WorkflowError(source.path, 1, f"{_TOO_MANY}: {source.path}")
    return found


def job_permissions_of(workflow: Workflow, most: Mapping[str, str]) -> Mapping[str, str]:
    """Return what the jobs of a file may do that say nothing themselves."""
    return most if workflow.permissions is None else workflow.permissions


def used_in(workflow: Workflow) -> list[Remote | Image]:
    """Return the actions and workflows of others that a file's jobs use."""
    texts = [text for job in workflow.jobs.values() for text in (job.uses, *(step.uses for step in job.steps))]
    found = (parse_uses(text) for text in texts)
    return [item for item in found if isinstance(item, Remote | Image)]


def _resolve(  # noqa: PLR0913 - the way down
    site: Site, source: Source, workflow: Workflow, default: Mapping[str, str], *, prefix: str = "", depth: int = 0
) -> Iterator[tuple[str, Callee]]:
    for job in workflow.jobs.values():
        if not job.uses:
            continue
        if depth >= _DEEPEST:
            raise _refused(source, job, "exceeds the limit of nested workflows")
        target = called(site, source, job.uses)
        inner = load(site, target)
        trigger = inner.triggers.get("workflow_call")
        if trigger is None:
            message = "workflow is not reusable as it is missing a `on.workflow_call` trigger"
            raise _refused(source, job, message)
        _check_passed(source, job, trigger)
        most = default if job.permissions is None else job.permissions
        _check_permissions(source, job, inner, most)
        yield f"{prefix}{job.key}", Callee(target, inner, most)
        below = job_permissions_of(inner, most)
        yield from _resolve(site, target, inner, below, prefix=f"{prefix}{job.key}/", depth=depth + 1)


def _check_passed(source: Source, job: Job, trigger: Trigger) -> None:
    known = {item.name.casefold(): item for item in trigger.inputs}
    for name in job.inputs:
        if name.casefold() not in known:
            raise _wrong(source, job, f"Invalid input, {name} is not defined in the referenced workflow.")
    given = {name.casefold() for name in job.inputs}
    for item in trigger.inputs:
        if item.required and item.name.casefold() not in given:
            raise _wrong(source, job, f"Input {item.name} is required, but not provided while calling.")
    if isinstance(job.secrets, str):
        return
    declared = trigger.secrets or {}
    for name in job.secrets:
        if name not in declared:
            raise _wrong(source, job, f"Invalid secret, {name} is not defined in the referenced workflow.")
    for name, required in declared.items():
        if required and name not in job.secrets:
            raise _wrong(source, job, f"Secret {name} is required, but not provided while calling.")


def _check_permissions(source: Source, job: Job, inner: Workflow, most: Mapping[str, str]) -> None:
    if inner.permissions is not None:
        _check_excess(source, job, "The workflow is", inner.permissions, most)
    for nested in inner.jobs.values():
        if nested.permissions is not None:
            _check_excess(source, job, f"The nested job '{nested.key}' is", nested.permissions, most)


def _check_excess(source: Source, job: Job, who: str, asked: Mapping[str, str], most: Mapping[str, str]) -> None:
    beyond = excess(asked, most)
    if beyond:
        wanted = ", ".join(f"{name}: {level}" for name, level, _ in beyond)
        allowed = ", ".join(f"{name}: {level}" for name, _, level in beyond)
        raise _refused(source, job, f"{who} requesting '{wanted}', but is only allowed '{allowed}'.")


def _refused(source: Source, job: Job, message: str) -> WorkflowError:
    return _wrong(source, job, f"Error calling workflow '{job.uses}'. {message}")


def _wrong(source: Source, job: Job, message: str) -> WorkflowError:
    return not_valid(source.path, DocumentError(job.place, message))
