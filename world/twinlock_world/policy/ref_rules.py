"""Rules about what may happen to a ref at all: creation, update, deletion, force pushes, locks.

Wording: facts, "Wording to reproduce"; the texts for rulesets' force pushes and deletions were also seen by others as
`remote: - Cannot force-push to this branch` and `Cannot delete this branch`. Classic branch protection has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.policy.attempt import How
from twinlock_world.policy.rule import SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinlock_world.policy.attempt import Attempt
    from twinlock_world.policy.facts import Facts
    from twinlock_world.policy.rule import ActiveRule, Check

NOT_AUTHORIZED: Final = (
    "You're not authorized to push to this branch. Visit "
    "https://docs.github.com/articles/about-protected-branches/ for more information."
)


def _creation(attempt: Attempt, _rule: ActiveRule, _facts: Facts) -> Iterable[str]:
    if attempt.creates:
        yield "Cannot create ref due to creations being restricted."


def _update(attempt: Attempt, rule: ActiveRule, _facts: Facts) -> Iterable[str]:
    synchronizes = attempt.how is How.MERGE_UPSTREAM and rule.parameters.flag(
        "update_allows_fetch_and_merge", default=False
    )
    if not (attempt.creates or attempt.deletes or synchronizes):
        yield "Cannot update this protected ref."


def _deletion(attempt: Attempt, rule: ActiveRule, _facts: Facts) -> Iterable[str]:
    if attempt.deletes:
        yield "Cannot delete a protected branch" if _is_classic(rule) else "Cannot delete this branch"


def _non_fast_forward(attempt: Attempt, rule: ActiveRule, facts: Facts) -> Iterable[str]:
    if attempt.creates or attempt.deletes or facts.is_ancestor(attempt.old, attempt.new):
        return
    yield "Cannot force-push to a protected branch" if _is_classic(rule) else "Cannot force-push to this branch"


def _push_allowance(attempt: Attempt, rule: ActiveRule, _facts: Facts) -> Iterable[str]:
    """Whoever may not push may still delete where that is allowed, and create where that is not restricted too."""
    if not attempt.deletes and (not attempt.creates or rule.parameters.flag("block_creations", default=False)):
        yield NOT_AUTHORIZED


def _lock(attempt: Attempt, rule: ActiveRule, _facts: Facts) -> Iterable[str]:
    synchronizes = attempt.how is How.MERGE_UPSTREAM and rule.parameters.flag("allow_fork_syncing", default=False)
    if not (attempt.creates or attempt.deletes or synchronizes):
        yield "Cannot change this locked branch"


def _merge_queue(attempt: Attempt, _rule: ActiveRule, _facts: Facts) -> Iterable[str]:
    if not (attempt.creates or attempt.deletes):
        yield "Changes must be made through the merge queue"


def _is_classic(rule: ActiveRule) -> bool:
    return rule.source.kind is SourceKind.PROTECTED_BRANCH


CHECKS: Final[Mapping[str, Check]] = {
    "creation": _creation,
    "update": _update,
    "deletion": _deletion,
    "non_fast_forward": _non_fast_forward,
    "merge_queue": _merge_queue,
    "push_allowance": _push_allowance,  # classic protection's "restrict who can push"; its bypass is who may
    "lock_branch": _lock,
}
