"""What the policy kernel says of each type of rule, in GitHub's words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.world.policy.conftest import APP, AUTHOR, HEAD, KEY, NEW, OLD, OTHER, REVIEWER, Court, FakeFacts

from twinlock_world.github.rules import NOT_MODELLED, RULES
from twinlock_world.jsonvalue import Fields
from twinlock_world.policy.attempt import ABSENT, Actor, ActorKind, How
from twinlock_world.policy.facts import Access, CheckFact, CheckState, ReviewState, WorkflowFact
from twinlock_world.policy.kernel import CHECKS
from twinlock_world.policy.rule import ActiveRule, BypassActor, BypassKind, BypassMode, Source, SourceKind
from twinlock_world.policy.verdict import Outcome

THROUGH_A_PULL = "Changes must be made through a pull request."
NOBODY_SAYS = "New changes require approval from someone other than the last pusher."


def test_every_type_of_rule_is_checked() -> None:
    """Each type that a ruleset may hold has a check; the others are refused when the ruleset is made."""
    assert set(RULES) - NOT_MODELLED <= set(CHECKS)


def test_an_unknown_rule_forbids(court: Court) -> None:
    """What nobody here understands is never taken for satisfied."""
    assert court.problems(court.rule("brand_new")) == ("This world does not model the rule brand_new.",)


@pytest.mark.parametrize(
    ("kind", "creates", "updates", "deletes"),
    [
        ("creation", "Cannot create ref due to creations being restricted.", None, None),
        ("update", None, "Cannot update this protected ref.", None),
        ("deletion", None, None, "Cannot delete this branch"),
        ("merge_queue", None, "Changes must be made through the merge queue", None),
        ("lock_branch", None, "Cannot change this locked branch", None),
        ("pull_request", None, THROUGH_A_PULL, None),
    ],
)
def test_rules_speak_of_one_kind_of_change(
    court: Court, kind: str, creates: str | None, updates: str | None, deletes: str | None
) -> None:
    """Creating, moving and deleting a ref each meet the rules about them, and no others."""
    rule = court.rule(kind)
    said = (court.problems(rule, old=ABSENT), court.problems(rule), court.problems(rule, new=ABSENT))
    assert said == tuple(() if text is None else (text,) for text in (creates, updates, deletes))


def test_only_a_step_back_is_a_force_push(court: Court) -> None:
    """Moving forwards is free, moving elsewhere is not; classic protection has words of its own."""
    assert court.problems(court.rule("non_fast_forward")) == ()
    court.facts.forward = False
    assert court.problems(court.rule("non_fast_forward")) == ("Cannot force-push to this branch",)
    assert court.problems(court.rule("non_fast_forward", classic=True)) == ("Cannot force-push to a protected branch",)
    assert court.problems(court.rule("deletion", classic=True), new=ABSENT) == ("Cannot delete a protected branch",)


def test_commits_are_judged_one_by_one(court: Court) -> None:
    """Merge commits, unsigned ones, messages and addresses: those that are wrong are named."""
    court.facts.brought = [court.commit(parents=(OLD, HEAD)), court.commit(sha=HEAD, verified=False, message="fix: x")]
    ends: dict[str, Any] = {"operator": "ends_with", "pattern": "@acme.example", "name": "", "negate": False}
    not_fix: dict[str, Any] = {"operator": "starts_with", "pattern": "fix", "name": "", "negate": True}
    problems = court.problems(
        court.rule("required_linear_history"),
        court.rule("required_signatures"),
        court.rule("commit_message_pattern", **not_fix),
        court.rule("commit_author_email_pattern", **ends),
        court.rule("committer_email_pattern", **{**ends, "negate": True}),
    )
    assert problems == (
        f"This branch must not contain merge commits.\n  Found 1 violation:\n\n  {NEW}",
        f"Commits must have verified signatures.\n  Found 1 violation:\n\n  {HEAD}",
        f"Commit message must not start with a matching pattern: fix\n  Found 1 violation:\n\n  {HEAD}",
        (
            "Committer email must not end with a matching pattern: @acme.example\n"
            f"  Found 2 violations:\n\n  {NEW}\n  {HEAD}"
        ),
    )


def test_names_of_refs_must_fit(court: Court) -> None:
    """A pattern is about the name without refs/heads or refs/tags."""
    rule = court.rule("branch_name_pattern", operator="regex", pattern="^(main|feature/.+)$", name="", negate=False)
    assert court.problems(rule) == ()
    assert court.problems(rule, ref="refs/heads/wip", old=ABSENT) == (
        "Branch name must match a given regex pattern: ^(main|feature/.+)$",
    )
    tag = court.rule("tag_name_pattern", operator="starts_with", pattern="v", name="", negate=False)
    assert court.problems(tag, ref="refs/tags/v1", old=ABSENT) == ()


PASSED = (CheckState.SUCCESS, CheckState.NEUTRAL, CheckState.SKIPPED)


@pytest.mark.parametrize("state", CheckState)
def test_a_required_check_has_passed_or_is_named(court: Court, state: CheckState) -> None:
    """Success, neutral and skipped pass; anything else is said."""
    court.facts.checked = [CheckFact("ci", 15368, state, NEW)]
    words = {CheckState.FAILURE: "failing", CheckState.PENDING: "pending", CheckState.QUEUED: "queued"}
    expected = () if state in PASSED else (f'Required status check "ci" is {words[state]}.',)
    assert court.problems(court.checks({"context": "ci"})) == expected


def test_a_check_must_be_of_the_required_app_name_and_commit(court: Court) -> None:
    """Another app's, a person's, another name's and another commit's do not count."""
    rule = court.checks({"context": "gate", "integration_id": 99})
    for wrong in (
        CheckFact("gate", 15368, CheckState.SUCCESS, NEW),
        CheckFact("gate", None, CheckState.SUCCESS, NEW),
        CheckFact("Gate", 99, CheckState.SUCCESS, NEW),
        CheckFact("gate", 99, CheckState.SUCCESS, OLD),
    ):
        court.facts.checked = [wrong]
        assert court.problems(rule) == ('Required status check "gate" is expected.',)
    court.facts.checked = [CheckFact("gate", 99, CheckState.SUCCESS, NEW)]
    assert court.problems(rule) == ()


def test_every_author_of_a_name_counts_where_none_is_required(court: Court) -> None:
    """A status and a check, or two apps' checks, of the same name must all have passed."""
    court.facts.checked = [
        CheckFact("ci", 15368, CheckState.SUCCESS, NEW),
        CheckFact("ci", None, CheckState.FAILURE, NEW),
    ]
    assert court.problems(court.checks({"context": "ci"})) == ('Required status check "ci" is failing.',)


def test_several_missing_checks_are_counted(court: Court) -> None:
    """All of one kind are said so; a mixture is told apart."""
    rule = court.checks(*({"context": name} for name in ("a", "b", "c", "d")))
    assert court.problems(rule) == ("4 of 4 required status checks are expected.",)
    court.facts.checked = [
        CheckFact("a", 1, CheckState.SUCCESS, NEW),
        CheckFact("b", 1, CheckState.FAILURE, NEW),
        CheckFact("c", 1, CheckState.PENDING, NEW),
    ]
    assert court.problems(rule) == (
        "3 of 4 required status checks have not succeeded: 1 expected, 1 pending and 1 failing.",
    )


def test_strict_checks_want_a_head_that_has_the_base(court: Court) -> None:
    """When merging, the checks of the head count, and the head must contain the base if the rule is strict."""
    court.pull()
    court.facts.checked = [CheckFact("ci", 1, CheckState.SUCCESS, HEAD)]
    rule = court.checks({"context": "ci"}, strict=True)
    assert court.problems(rule, how=How.MERGE) == ()
    assert court.problems(rule) == ('Required status check "ci" is expected.',)
    court.facts.forward = False
    assert court.problems(rule, how=How.MERGE) == (
        "This branch is out-of-date with the base branch and must be updated before it can be merged.",
    )


def test_checks_may_be_waived_for_a_new_branch(court: Court) -> None:
    """`do_not_enforce_on_create` does what it says, and nothing for a branch that is there."""
    waived = court.rule(
        "required_status_checks",
        strict_required_status_checks_policy=False,
        do_not_enforce_on_create=True,
        required_status_checks=[{"context": "ci"}],
    )
    assert court.problems(waived, old=ABSENT) == ()
    assert len(court.problems(waived)) == 1
    assert len(court.problems(court.checks({"context": "ci"}), old=ABSENT)) == 1


def test_deployments_and_workflows_must_have_succeeded(court: Court) -> None:
    """Each environment and each workflow that is required, on the commit in question."""
    deployments = court.rule("required_deployments", required_deployment_environments=["staging", "canary"])
    place = {"repository_id": 9, "path": ".github/workflows/gate.yml"}
    workflows = court.rule("workflows", workflows=[place])
    assert court.problems(deployments, workflows) == (
        "Required deployments to staging, canary have not succeeded.",
        "Required workflow '.github/workflows/gate.yml' is expected.",
    )
    court.facts.deployed = ("canary", "staging")
    court.facts.runs = [WorkflowFact(9, ".github/workflows/gate.yml", CheckState.SUCCESS)]
    assert court.problems(deployments, workflows) == ()
    court.facts.runs = [WorkflowFact(8, ".github/workflows/gate.yml", CheckState.SUCCESS)]
    assert len(court.problems(workflows)) == 1


def test_a_pull_request_with_an_approval_goes_through(court: Court) -> None:
    """The honest path: the pull request of this base, approved, merged."""
    court.pull()
    rule = court.reviews(require_last_push_approval=True, required_review_thread_resolution=True)
    assert court.problems(rule, how=How.MERGE) == ()
    assert court.problems(rule, how=How.PUSH) == (THROUGH_A_PULL,)
    court.pull(base_ref="refs/heads/other")
    assert court.problems(rule, how=How.MERGE) == (THROUGH_A_PULL,)


ONE_NEEDED = "At least 1 approving review is required by reviewers with write access."


@pytest.mark.parametrize(
    ("reviews", "problem"),
    [
        ([], ONE_NEEDED),
        ([{"state": ReviewState.DISMISSED}], ONE_NEEDED),
        ([{"access": Access.TRIAGE}], ONE_NEEDED),
        ([{"reviewer": AUTHOR}], ONE_NEEDED),
        (
            [{}, {"reviewer": OTHER, "state": ReviewState.CHANGES_REQUESTED}],
            "Changes were requested by reviewers with write access.",
        ),
    ],
    ids=["none", "dismissed", "without write", "the author's own", "changes requested"],
)
def test_approvals_that_do_not_count(court: Court, reviews: list[dict[str, Any]], problem: str) -> None:
    """No review, a dismissed one, one without write, one's own; and somebody who wants changes."""
    court.pull(reviews=[court.review(**changed) for changed in reviews])
    assert court.problems(court.reviews(), how=How.MERGE) == (problem,)


def test_more_approvals_are_counted(court: Court) -> None:
    """The number stands in the sentence."""
    court.pull()
    assert court.problems(court.reviews(required_approving_review_count=2), how=How.MERGE) == (
        "At least 2 approving reviews are required by reviewers with write access.",
    )


@pytest.mark.parametrize(
    "changed", [{"last_pusher": REVIEWER}, {"after": False}], ids=["approved by the last pusher", "approved before"]
)
def test_the_last_push_needs_somebody_elses_approval(court: Court, changed: dict[str, Any]) -> None:
    """Neither the last pusher's approval nor one from before the last push is enough."""
    review = court.review(after_last_push=changed.get("after", True))
    court.pull(last_pusher=changed.get("last_pusher", AUTHOR), reviews=[review])
    assert court.problems(court.reviews(require_last_push_approval=True), how=How.MERGE) == (NOBODY_SAYS,)
    assert court.problems(court.reviews(), how=How.MERGE) == ()


def test_each_group_of_owners_must_approve(court: Court) -> None:
    """An approval of any of a group is enough for it; those whose approval is missing are named together."""
    rule = court.reviews(require_code_owner_review=True)
    court.pull(owners=[court.owners(REVIEWER, OTHER), court.owners(8, name="acme/b"), court.owners(9, name="carl")])
    assert court.problems(rule, how=How.MERGE) == ("Waiting on code owner review from acme/b and/or carl.",)
    court.pull(owners=[court.owners(REVIEWER, 9)])
    assert court.problems(rule, how=How.MERGE) == ()
    court.pull(owners=[court.owners(AUTHOR)], reviews=[court.review(), court.review(reviewer=AUTHOR)])
    assert court.problems(rule, how=How.MERGE) == ("Waiting on code owner review from acme/owners.",)


def test_required_reviewers_are_teams_with_write(court: Court) -> None:
    """The team of a pattern that a changed file meets must approve, unless GitHub ignores it for lack of write."""
    reviewer = {"minimum_approvals": 1, "file_patterns": [".github/**"], "reviewer": {"id": 4, "type": "Team"}}
    rule = court.reviews(required_reviewers=[reviewer])
    court.facts.members, court.facts.team_roles = {4: frozenset({9})}, {4: Access.PUSH}
    court.pull(files=["src/app.py"])
    assert court.problems(rule, how=How.MERGE) == ()
    court.pull(files=["src/app.py", ".github/workflows/build.yml"])
    assert court.problems(rule, how=How.MERGE) == ("At least 1 approving review is required from acme/team-4.",)
    court.pull(files=[".github/workflows/build.yml"], reviews=[court.review(), court.review(reviewer=9)])
    assert court.problems(rule, how=How.MERGE) == ()
    court.pull(files=[".github/workflows/build.yml"])
    court.facts.team_roles = {4: Access.TRIAGE}
    assert court.problems(rule, how=How.MERGE) == ()


def test_threads_and_merge_methods(court: Court) -> None:
    """Open conversations and methods that are not allowed stop a merge; classic protection has the first by itself."""
    court.pull(unresolved_threads=1, merge_method="rebase")
    rule = court.reviews(required_review_thread_resolution=True, allowed_merge_methods=["squash"])
    resolved = "A conversation must be resolved before this pull request can be merged."
    assert court.problems(rule, how=How.MERGE) == (resolved, "Rebase merges are not allowed on this repository.")
    assert court.problems(court.rule("required_conversation_resolution", classic=True), how=How.MERGE) == (resolved,)


ALWAYS, FOR_PULLS, EXEMPT = BypassMode.ALWAYS, BypassMode.PULL_REQUEST, BypassMode.EXEMPT


@pytest.mark.parametrize(
    ("kind", "number", "facts", "actor"),
    [
        (BypassKind.USER, OTHER, {}, None),
        (BypassKind.TEAM, 4, {"teams": frozenset({4})}, None),
        (BypassKind.ORGANIZATION_ADMIN, 0, {"owner": True}, None),
        (BypassKind.REPOSITORY_ROLE, 5, {"role": Access.ADMIN}, None),
        (BypassKind.REPOSITORY_ROLE, 2, {"role": Access.ADMIN}, None),
        (BypassKind.INTEGRATION, 50, {}, APP),
        (BypassKind.DEPLOY_KEY, 0, {}, KEY),
    ],
    ids=str,
)
def test_each_kind_of_bypass_actor(kind: BypassKind, number: int, facts: dict[str, Any], actor: Actor | None) -> None:
    """Whom a bypass names passes, and another one of the same kind doesn't."""
    court, stranger = Court(FakeFacts(**facts)), Court(FakeFacts())
    who = actor or court.attempt.actor
    rule = court.rule("update", BypassActor(kind, number, ALWAYS))
    assert [found.outcome for found in court.decide(rule, actor=who).evaluations] == [Outcome.BYPASS]
    others = {APP: replace(APP, id=51), KEY: replace(KEY, kind=ActorKind.USER)}
    other = others.get(who, replace(who, id=77))
    assert not stranger.decide(rule, actor=other).allowed


def test_modes_of_bypass(court: Court) -> None:
    """Always counts everywhere, pull_request only when merging, exempt so that the rule is not even recorded."""
    outcomes = {
        (mode, how): [found.outcome for found in court.decide(_update(court, mode), how=how).evaluations]
        for mode in BypassMode
        for how in (How.PUSH, How.MERGE)
    }
    assert outcomes == {
        (ALWAYS, How.PUSH): [Outcome.BYPASS],
        (ALWAYS, How.MERGE): [Outcome.BYPASS],
        (FOR_PULLS, How.PUSH): [Outcome.FAIL],
        (FOR_PULLS, How.MERGE): [Outcome.BYPASS],
        (EXEMPT, How.PUSH): [],
        (EXEMPT, How.MERGE): [],
    }


def test_an_evaluated_rule_says_and_does_not_forbid(court: Court) -> None:
    """It stands in the verdict with its problems, and the attempt is allowed."""
    verdict = court.decide(replace(court.rule("update"), binding=False))
    assert verdict.allowed
    assert [found.outcome for found in verdict.evaluations] == [Outcome.FAIL]


def _update(court: Court, mode: BypassMode) -> ActiveRule:
    return court.rule("update", BypassActor(BypassKind.USER, OTHER, mode))


def test_classic_protection_stands_beside_rulesets() -> None:
    """Both are asked, and either can forbid."""
    classic = ActiveRule(Source(SourceKind.PROTECTED_BRANCH, 2, "main"), "pull_request", Fields({}), ())
    court = Court(FakeFacts())
    assert court.problems(court.rule("update"), classic) == ("Cannot update this protected ref.", THROUGH_A_PULL)
