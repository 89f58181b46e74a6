"""The rule that changes come through a pull request, and what its reviews must be.

Wording: `At least 1 approving review is required by reviewers with write access.`, `Waiting on code owner review from
A and/or B.`, `New changes require approval from someone other than the last pusher.` and `A conversation must be
resolved before this pull request can be merged.` stand in many public logs. Those of requested changes and of
required reviewers are unconfirmed. A rule says all that is missing; GitHub may stop at the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.policy.attempt import How
from twinlock_world.policy.facts import Access, ReviewState
from twinlock_world.policy.file_pattern import any_matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinlock_world.jsonvalue import Fields
    from twinlock_world.policy.attempt import Attempt
    from twinlock_world.policy.facts import Facts, PullFacts, ReviewFact
    from twinlock_world.policy.rule import ActiveRule, Check

_METHODS: Final = {
    "merge": "Merge commits are not allowed on this repository.",
    "squash": "Squash merges are not allowed on this repository.",
    "rebase": "Rebase merges are not allowed on this repository.",
}


def _pull_request(attempt: Attempt, rule: ActiveRule, facts: Facts) -> Iterable[str]:
    """A new branch needs none: the rule is about changes to one that is there."""
    if attempt.creates or attempt.deletes:
        return
    pull = facts.pull_request() if attempt.how is How.MERGE else None
    if pull is None or pull.base_ref != attempt.ref:
        yield "Changes must be made through a pull request."
        return
    parameters = rule.parameters
    yield from _reviews(pull, parameters)
    for reviewer in parameters.objects("required_reviewers", []):
        yield from _required_reviewer(pull, reviewer, facts)
    if parameters.flag("required_review_thread_resolution", default=False):
        yield from _threads(pull)
    methods = parameters.texts("allowed_merge_methods", ["merge", "squash", "rebase"])
    if pull.merge_method not in methods:
        yield _METHODS[pull.merge_method]


def _reviews(pull: PullFacts, parameters: Fields) -> Iterable[str]:
    wanted = parameters.number("required_approving_review_count", 0)
    by_owners = parameters.flag("require_code_owner_review", default=False)
    approvals = _approvals(pull)
    if (wanted or by_owners) and any(
        review.state is ReviewState.CHANGES_REQUESTED and review.access >= Access.PUSH for review in pull.reviews
    ):
        yield "Changes were requested by reviewers with write access."
    if len(approvals) < wanted:
        counted = "1 approving review is" if wanted == 1 else f"{wanted} approving reviews are"
        yield f"At least {counted} required by reviewers with write access."
    if by_owners:
        yield from _code_owners(pull, {review.reviewer for review in approvals})
    if parameters.flag("require_last_push_approval", default=False) and not any(
        review.after_last_push and review.reviewer != pull.last_pusher for review in approvals
    ):
        yield "New changes require approval from someone other than the last pusher."


def _code_owners(pull: PullFacts, approved: set[int]) -> Iterable[str]:
    missing = [group for group in pull.owners if not group.people & approved]
    names = dict.fromkeys(name for group in missing for name in group.names)
    if missing:
        yield f"Waiting on code owner review from {' and/or '.join(names)}."


def _required_reviewer(pull: PullFacts, reviewer: Fields, facts: Facts) -> Iterable[str]:
    """A team without write is ignored, as GitHub ignores it (facts, bypasses: code owners' teams need access)."""
    team, wanted = reviewer.object("reviewer").number("id"), reviewer.number("minimum_approvals")
    patterns = reviewer.texts("file_patterns")
    if not any(any_matches(patterns, path) for path in pull.files) or facts.team_access(team) < Access.PUSH:
        return
    members = facts.team_members(team)
    held = sum(review.reviewer in members for review in _approvals(pull))
    if held < wanted:
        counted = "1 approving review is" if wanted == 1 else f"{wanted} approving reviews are"
        yield f"At least {counted} required from {facts.team_name(team)}."


def _threads(pull: PullFacts) -> Iterable[str]:
    if pull.unresolved_threads:
        yield "A conversation must be resolved before this pull request can be merged."


def _approvals(pull: PullFacts) -> list[ReviewFact]:
    """Return the approvals that count: of people with write who did not open the pull request."""
    return [
        review
        for review in pull.reviews
        if review.state is ReviewState.APPROVED and review.access >= Access.PUSH and review.reviewer != pull.author
    ]


def _conversations(attempt: Attempt, _rule: ActiveRule, facts: Facts) -> Iterable[str]:
    pull = facts.pull_request() if attempt.how is How.MERGE else None
    if pull is not None:
        yield from _threads(pull)


CHECKS: Final[Mapping[str, Check]] = {
    "pull_request": _pull_request,
    "required_conversation_resolution": _conversations,  # a setting of classic protection's own
}
