"""The rulesets: the default branch is reviewed and tested, release tags are the release app's and never move."""

from __future__ import annotations

from twinlock.model.ruleset import (
    Actor,
    ActorKind,
    BypassMode,
    Check,
    Enforcement,
    PullRequestRule,
    RequiredReviewer,
    Ruleset,
    Target,
)
from twinlock.names import (
    BRANCH_RULESET,
    GATE_APP,
    GATE_CHECK,
    RELEASE_APP,
    TAG_CREATION_RULESET,
    TAG_PROTECTION_RULESET,
)

RELEASE_TAGS = frozenset({"refs/tags/v*"})


def rulesets(approvals: int, required_reviewers: frozenset[RequiredReviewer]) -> tuple[Ruleset, ...]:
    """Return the rulesets of one repository.

    Args:
        approvals: How many approvals a change needs.
        required_reviewers: Which teams must be among them, by files.
    """
    return (
        Ruleset(
            name=BRANCH_RULESET,
            target=Target.BRANCH,
            enforcement=Enforcement.ACTIVE,
            include=frozenset({"~DEFAULT_BRANCH"}),
            exclude=frozenset(),
            bypass=frozenset(),
            creation=False,
            update=False,
            deletion=True,
            non_fast_forward=True,
            linear_history=True,
            signatures=False,
            pull_request=PullRequestRule(
                approvals=approvals,
                code_owner_review=True,
                last_push_approval=True,
                dismiss_stale_reviews=True,
                resolve_threads=True,
                merge_methods=frozenset({"squash"}),
                required_reviewers=required_reviewers,
            ),
            strict_checks=True,
            checks=frozenset({Check(GATE_CHECK, GATE_APP)}),
        ),
        _tags(TAG_CREATION_RULESET, creation=True, bypass=frozenset({_RELEASE})),
        _tags(TAG_PROTECTION_RULESET, creation=False, bypass=frozenset()),
    )


_RELEASE = Actor(ActorKind.APP, RELEASE_APP, BypassMode.ALWAYS)


def _tags(name: str, *, creation: bool, bypass: frozenset[Actor]) -> Ruleset:
    # Two rulesets, because a bypass holds for a whole ruleset: whoever may create a tag must not be able to move it.
    return Ruleset(
        name=name,
        target=Target.TAG,
        enforcement=Enforcement.ACTIVE,
        include=RELEASE_TAGS,
        exclude=frozenset(),
        bypass=bypass,
        creation=creation,
        update=not creation,
        deletion=not creation,
        non_fast_forward=not creation,
        linear_history=False,
        signatures=False,
        pull_request=None,
        strict_checks=False,
        checks=frozenset(),
    )
