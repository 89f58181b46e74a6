"""Whether a pull request can be merged: by git, and by the rules.

The words of `mergeable_state` are GitHub's: https://docs.github.com/en/graphql/reference/enums#mergestatestatus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.git_history import between, is_behind, replay
from twinlock_world.github.checks import check_facts
from twinlock_world.github.pulls.facts import pull_facts
from twinlock_world.github.pulls.pull import HEADS, UNKNOWN, Mergeability
from twinlock_world.github.pulls.rules import allowed_methods
from twinlock_world.github.pulls.trial_merge import update_test_merge, web_flow
from twinlock_world.github.ruling import Change, judged
from twinlock_world.policy.attempt import How
from twinlock_world.policy.facts import CheckState
from twinlock_world.policy.status_rules import OUT_OF_DATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site

_PASSED: Final = frozenset({CheckState.SUCCESS, CheckState.NEUTRAL, CheckState.SKIPPED})


def mergeability(site: Site, pull: PullRequest, viewer: Identity | None) -> Mergeability:
    """Return whether a pull request can be merged, for everybody alike: who may pass rules by is not considered."""
    if not pull.is_open:
        return UNKNOWN
    merge = update_test_merge(site, pull)
    if merge is None:
        return Mergeability(mergeable=False, rebaseable=False, state="dirty")
    rebaseable = can_rebase(site, pull)
    if pull.draft:
        return Mergeability(mergeable=True, rebaseable=rebaseable, state="draft")
    problems = what_rules_lack(site, pull, viewer, merge)
    if problems:
        state = "behind" if set(problems) == {OUT_OF_DATE} else "blocked"
    else:
        states = {fact.state for fact in check_facts(site.store, site.repository, pull.head_sha)}
        state = "clean" if states <= _PASSED else "unstable"
    return Mergeability(mergeable=True, rebaseable=rebaseable, state=state, problems=problems)


def what_rules_lack(site: Site, pull: PullRequest, viewer: Identity | None, merge: str) -> tuple[str, ...]:
    """Return what the rules on the base have against merging now, in GitHub's sentences."""
    method = next(iter(allowed_methods(site, pull)), "merge")
    change = Change(HEADS + pull.base_ref, pull.base_sha, merge, How.MERGE, signed=method != "rebase")
    verdict = judged(site, viewer, change, pull_facts(site, pull, method))
    return tuple(dict.fromkeys((*verdict.problems, *verdict.bypassed_problems)))


def can_rebase(site: Site, pull: PullRequest) -> bool:
    """Tell whether git could replay the commits on the base."""
    objects = site.objects
    commits = commits_of(site, pull)
    if not is_behind(objects, pull.base_sha, pull.head_sha):
        return all((commit := objects.commit(sha)) is not None and len(commit.parents) == 1 for sha in commits)
    return replay(objects, pull.base_sha, commits, web_flow(site.store.timestamp())) is not None


def commits_of(site: Site, pull: PullRequest) -> Sequence[str]:
    """Return the commits that a pull request would bring, oldest first."""
    return between(site.objects, pull.base_sha, pull.head_sha)
