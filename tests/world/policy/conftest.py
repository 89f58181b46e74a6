"""Attempts, rules and facts for the policy kernel, without a world around them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from twinlock_world.jsonvalue import Fields
from twinlock_world.policy.attempt import Actor, ActorKind, Attempt, How
from twinlock_world.policy.facts import (
    Access,
    CheckFact,
    CommitFact,
    FileFact,
    OwnerGroup,
    PullFacts,
    ReviewFact,
    ReviewState,
    WorkflowFact,
)
from twinlock_world.policy.kernel import decide
from twinlock_world.policy.rule import ActiveRule, BypassActor, Source, SourceKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from twinlock_world.policy.verdict import Verdict

OLD: Final = "a" * 40
NEW: Final = "b" * 40
HEAD: Final = "c" * 40
MAIN: Final = "refs/heads/main"
AUTHOR, REVIEWER, OTHER = 1, 2, 3
APP: Final = Actor(ActorKind.APP, 50, "app[bot]")
KEY: Final = Actor(ActorKind.DEPLOY_KEY, 0, "key")


@dataclass
class FakeFacts:
    """`Facts` that are what a test says; they know nothing otherwise."""

    owner: bool = False
    role: Access = Access.PUSH
    teams: frozenset[int] = frozenset()
    members: dict[int, frozenset[int]] = field(default_factory=dict)
    team_roles: dict[int, Access] = field(default_factory=dict)
    forward: bool = True
    brought: Sequence[CommitFact] = ()
    changed: Sequence[FileFact] = ()
    pull: PullFacts | None = None
    checked: Sequence[CheckFact] = ()
    deployed: Collection[str] = ()
    runs: Sequence[WorkflowFact] = ()

    def owns_organization(self) -> bool:
        """Tell what the test says."""
        return self.owner

    def access(self) -> Access:
        """Return what the test says."""
        return self.role

    def in_team(self, team: int) -> bool:
        """Tell what the test says."""
        return team in self.teams

    def team_members(self, team: int) -> Collection[int]:
        """Return what the test says."""
        return self.members.get(team, frozenset())

    def team_name(self, team: int) -> str:
        """Return a name with the number in it."""
        return f"acme/team-{team}"

    def team_access(self, team: int) -> Access:
        """Return what the test says."""
        return self.team_roles.get(team, Access.NONE)

    def is_ancestor(self, _older: str, _newer: str) -> bool:
        """Tell what the test says."""
        return self.forward

    def commits(self) -> Sequence[CommitFact]:
        """Return what the test says."""
        return self.brought

    def files(self) -> Sequence[FileFact]:
        """Return what the test says."""
        return self.changed

    def pull_request(self) -> PullFacts | None:
        """Return what the test says."""
        return self.pull

    def checks(self, sha: str) -> Sequence[CheckFact]:
        """Return what the test says of this commit."""
        return [fact for fact in self.checked if fact.sha == sha]

    def deployed_to(self, _sha: str) -> Collection[str]:
        """Return what the test says."""
        return self.deployed

    def workflow_runs(self, _sha: str) -> Sequence[WorkflowFact]:
        """Return what the test says."""
        return self.runs


@dataclass(frozen=True)
class Court:
    """Builds what a decision is about, and decides."""

    facts: FakeFacts
    attempt: Attempt = field(
        default_factory=lambda: Attempt(Actor(ActorKind.USER, OTHER, "other"), 7, MAIN, OLD, NEW, How.PUSH)
    )

    def rule(self, kind: str, *bypass: BypassActor, classic: bool = False, **parameters: Any) -> ActiveRule:  # noqa: ANN401 - JSON
        """Return a rule of a ruleset, or of classic protection."""
        source = SourceKind.PROTECTED_BRANCH if classic else SourceKind.REPOSITORY
        return ActiveRule(Source(source, 1, "held"), kind, Fields(parameters), bypass)

    def checks(self, *required: dict[str, Any], strict: bool = False) -> ActiveRule:
        """Return a rule that requires these checks."""
        return self.rule(
            "required_status_checks",
            strict_required_status_checks_policy=strict,
            required_status_checks=list(required),
        )

    def reviews(self, **changed: Any) -> ActiveRule:  # noqa: ANN401 - parameters of a rule
        """Return a rule that requires one approval, and what `changed` says."""
        parameters = {
            "required_approving_review_count": 1,
            "dismiss_stale_reviews_on_push": True,
            "require_code_owner_review": False,
            "require_last_push_approval": False,
            "required_review_thread_resolution": False,
            **changed,
        }
        return self.rule("pull_request", **parameters)

    def decide(self, *rules: ActiveRule, **changed: Any) -> Verdict:  # noqa: ANN401 - fields of an attempt
        """Decide an attempt that differs from a push to main by somebody else as said."""
        return decide(replace(self.attempt, **changed), rules, self.facts)

    def problems(self, *rules: ActiveRule, **changed: Any) -> tuple[str, ...]:  # noqa: ANN401 - fields of an attempt
        """Return what forbids such an attempt."""
        return self.decide(*rules, **changed).problems

    def pull(self, **changed: Any) -> PullFacts:  # noqa: ANN401 - fields of a pull request
        """Return a pull request that one person with write has approved, and let facts know it."""
        approval = ReviewFact(REVIEWER, ReviewState.APPROVED, HEAD, Access.PUSH, after_last_push=True)
        whole = PullFacts(5, AUTHOR, MAIN, HEAD, AUTHOR, [approval], ["src/app.py"], (), 0, "squash")
        self.facts.pull = replace(whole, **changed)
        return self.facts.pull

    def review(self, **changed: Any) -> ReviewFact:  # noqa: ANN401 - fields of a review
        """Return an approval that differs as said."""
        return replace(ReviewFact(REVIEWER, ReviewState.APPROVED, HEAD, Access.PUSH, after_last_push=True), **changed)

    def commit(self, **changed: Any) -> CommitFact:  # noqa: ANN401 - fields of a commit
        """Return a commit that differs from a plain one as said."""
        return replace(CommitFact(NEW, (OLD,), "Change", "a@acme.example", "c@acme.example", verified=True), **changed)

    def owners(self, *people: int, name: str = "acme/owners") -> OwnerGroup:
        """Return the owners of a line of CODEOWNERS."""
        return OwnerGroup((name,), frozenset(people))


@pytest.fixture
def court() -> Court:
    """A place to decide attempts in."""
    return Court(FakeFacts())
