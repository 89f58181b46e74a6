"""The decision: every rule is asked, each by itself, and one that fails forbids unless the actor may pass it by.

Rules are independent of each other, so that adding one never allows more, and a bypass only ever turns a failure into
a pass, so that taking one away never allows more (tests hold both). A type of rule that nobody here knows fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.policy import commit_rules, file_rules, ref_rules, review_rules, status_rules
from twinlock_world.policy.bypass import bypass_mode
from twinlock_world.policy.rule import BypassMode
from twinlock_world.policy.verdict import Evaluation, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from twinlock_world.policy.attempt import Attempt
    from twinlock_world.policy.facts import Facts
    from twinlock_world.policy.rule import ActiveRule, Check

CHECKS: Final[Mapping[str, Check]] = {
    **ref_rules.CHECKS,
    **commit_rules.CHECKS,
    **file_rules.CHECKS,
    **review_rules.CHECKS,
    **status_rules.CHECKS,
}


def decide(attempt: Attempt, rules: Sequence[ActiveRule], facts: Facts) -> Verdict:
    """Return what every rule says of an attempt."""
    found = (_evaluate(attempt, rule, facts) for rule in rules)
    return Verdict(tuple(evaluation for evaluation in found if evaluation is not None))


def _evaluate(attempt: Attempt, rule: ActiveRule, facts: Facts) -> Evaluation | None:
    mode = bypass_mode(attempt, rule, facts)
    if mode is BypassMode.EXEMPT:
        return None
    problems = tuple(_problems(attempt, rule, facts))
    if not problems:
        return Evaluation(rule, Outcome.PASS)
    return Evaluation(rule, Outcome.FAIL if mode is None else Outcome.BYPASS, problems)


def _problems(attempt: Attempt, rule: ActiveRule, facts: Facts) -> Iterable[str]:
    check = CHECKS.get(rule.type)
    if check is None:
        return [f"This world does not model the rule {rule.type}."]
    return check(attempt, rule, facts)
