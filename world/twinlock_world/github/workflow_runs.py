"""What rulesets ask of workflow runs: which workflows ran on a commit, and how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.workflows.runs import RUN
from twinlock_world.policy.facts import CheckState, WorkflowFact

if TYPE_CHECKING:
    from twinlock_world.github.repository import Repository
    from twinlock_world.store import Record, Store


def workflow_facts(store: Store, repository: Repository, sha: str) -> tuple[WorkflowFact, ...]:
    """Return the newest run of each workflow on a commit."""
    newest: dict[str, Record] = {}
    for run in store.children(RUN, repository.id):
        if run.fields.text("head_sha") == sha:
            newest[run.fields.text("path")] = run
    return tuple(WorkflowFact(repository.id, path, _state(run)) for path, run in newest.items())


def _state(run: Record) -> CheckState:
    conclusion = run.fields.optional_text("conclusion")
    if conclusion is None:
        return CheckState.PENDING
    known = {"success": CheckState.SUCCESS, "neutral": CheckState.NEUTRAL, "skipped": CheckState.SKIPPED}
    return known.get(conclusion, CheckState.FAILURE)
