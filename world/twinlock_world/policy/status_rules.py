"""Rules about what was found out of a commit: status checks, deployments, required workflows.

Wording: facts, "Wording to reproduce"; `4 of 4 required status checks have not succeeded: 3 expected.` was seen by
others where states differ. Those of deployments, workflows and of a head behind its base are unconfirmed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from twinlock_world.policy.attempt import How
from twinlock_world.policy.facts import CheckState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from twinlock_world.jsonvalue import Fields
    from twinlock_world.policy.attempt import Attempt
    from twinlock_world.policy.facts import CheckFact, Facts
    from twinlock_world.policy.rule import ActiveRule, Check

_PASSED: Final = frozenset({CheckState.SUCCESS, CheckState.NEUTRAL, CheckState.SKIPPED})
_ANY_APP: Final = -1
OUT_OF_DATE: Final = "This branch is out-of-date with the base branch and must be updated before it can be merged."
_WORDS: Final = ("expected", "queued", "pending", "failing")
"""What a required check is that has not passed, the least known first."""


def _status_checks(attempt: Attempt, rule: ActiveRule, facts: Facts) -> Iterable[str]:
    parameters = rule.parameters
    if attempt.deletes or (attempt.creates and parameters.flag("do_not_enforce_on_create", default=False)):
        return
    head = _head(attempt, facts)
    found = facts.checks(head)
    required = parameters.objects("required_status_checks")
    missing = [(check.text("context"), _lacks(check, found)) for check in required]
    yield from _describe([(name, word) for name, word in missing if word is not None], len(required))
    strict = parameters.flag("strict_required_status_checks_policy", default=False)
    if strict and attempt.how is How.MERGE and not facts.is_ancestor(attempt.old, head):
        yield OUT_OF_DATE


def _lacks(required: Fields, found: Sequence[CheckFact]) -> str | None:
    """Return what a required check still is, or nothing where it has passed.

    Where a check and a status, or two apps' checks, have the name and no app is required, all of them must have passed:
    https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/.../troubleshooting-required-status-checks
    """
    app = required.number("integration_id") if required.given("integration_id") else _ANY_APP
    named = [fact for fact in found if fact.context == required.text("context")]
    states = [fact.state for fact in named if app in {_ANY_APP, fact.app_id}]
    if not states:
        return "expected"
    if all(state in _PASSED for state in states):
        return None
    if CheckState.FAILURE in states:
        return "failing"
    return "pending" if CheckState.PENDING in states else "queued"


def _describe(missing: Sequence[tuple[str, str]], required: int) -> Iterable[str]:
    counts = Counter(word for _, word in missing)
    if len(missing) == 1:
        name, word = missing[0]
        yield f'Required status check "{name}" is {word}.'
    elif len(counts) == 1:
        yield f"{len(missing)} of {required} required status checks are {missing[0][1]}."
    elif counts:
        *before, last = [f"{counts[word]} {word}" for word in _WORDS if word in counts]
        several = f"{', '.join(before)} and {last}"
        yield f"{len(missing)} of {required} required status checks have not succeeded: {several}."


def _deployments(attempt: Attempt, rule: ActiveRule, facts: Facts) -> Iterable[str]:
    if attempt.deletes:
        return
    wanted = rule.parameters.texts("required_deployment_environments")
    deployed = facts.deployed_to(_head(attempt, facts)) if wanted else ()
    missing = [name for name in wanted if name not in deployed]
    if missing:
        yield f"Required deployments to {', '.join(missing)} have not succeeded."


def _workflows(attempt: Attempt, rule: ActiveRule, facts: Facts) -> Iterable[str]:
    parameters = rule.parameters
    if attempt.deletes or (attempt.creates and parameters.flag("do_not_enforce_on_create", default=False)):
        return
    runs = facts.workflow_runs(_head(attempt, facts))
    for workflow in parameters.objects("workflows"):
        place = (workflow.number("repository_id"), workflow.text("path"))
        states = [run.state for run in runs if (run.repository, run.path) == place]
        if not states or any(state not in _PASSED for state in states):
            yield f"Required workflow '{place[1]}' is expected."


def _head(attempt: Attempt, facts: Facts) -> str:
    """Return the commit that must have passed: a merged pull request's head, otherwise what is pushed."""
    pull = facts.pull_request() if attempt.how is How.MERGE else None
    return attempt.new if pull is None else pull.head


CHECKS: Final[Mapping[str, Check]] = {
    "required_status_checks": _status_checks,
    "required_deployments": _deployments,
    "workflows": _workflows,
    "copilot_code_review": lambda _attempt, _rule, _facts: (),  # asks for an opinion and blocks nothing
}
