"""The derivation from the manifest to the Estate."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import pytest

from twinlock import desired, manifest
from twinlock.manifest import edit, examples
from twinlock.model.access import Grant, Permission
from twinlock.model.account import Purpose
from twinlock.model.code_owners import OwnerRule
from twinlock.model.declaration import App
from twinlock.model.environment import BranchPolicy, Reviewer
from twinlock.model.organization import Duty
from twinlock.model.ownership import owners_of
from twinlock.model.policy import Effect
from twinlock.model.ruleset import Actor, ActorKind, BypassMode, Check, Enforcement, RequiredReviewer
from twinlock.model.trust import Request, admits

if TYPE_CHECKING:
    from twinlock.model.declaration import Declaration
    from twinlock.model.estate import Estate
    from twinlock.model.policy import Role

COMMIT = "3f6c" * 10
DUTIES = {"authors": Duty.AUTHOR, "reviewers": Duty.REVIEWER, "testers": Duty.TESTER, "releasers": Duty.RELEASER}
ENDINGS = {"authors": "developers", "reviewers": "reviewers", "testers": "testers", "releasers": "releasers"}
OIDC = "token.actions.githubusercontent.com"


def declared(*services: str) -> Declaration:
    """Return what a platform with these services declares, each with teams and people of its own."""
    platform, people, files = examples.platform_yaml("acme", COMMIT), list(examples.founders()), {}
    for service in services:
        teams = {role: f"{service}-{ending}" for role, ending in ENDINGS.items()}
        platform = edit.add_teams(platform, {slug: DUTIES[role] for role, slug in teams.items()})
        people += examples.crew(service, teams, [person.name for person in people])
        files[f"services/{service}.yaml"] = examples.service_yaml(service, teams).encode()
    roster = examples.roster_yaml("acme", people)
    return manifest.parse({"platform.yaml": platform.encode(), "roster.yaml": roster.encode(), **files})


@pytest.fixture(scope="module")
def estate() -> Estate:
    """The estate of one service."""
    return desired.derive(declared("payments"))


def role(estate: Estate, purpose: Purpose, name: str) -> Role:
    """Return one role by its name."""
    return next(role for role in estate.accounts[purpose].roles if role.name == name)


def test_a_platform_without_services_has_only_the_pipelines() -> None:
    """Nothing is derived for a service that nobody declared."""
    estate = desired.derive(declared())
    assert list(estate.repositories) == ["delivery-pipelines"]
    roles = [[role.name for role in account.roles] for account in estate.accounts.values()]
    assert roles == [[], ["twinlock-flow-logs"], []]
    assert estate.groups == ("platform",)


def test_groups_come_in_the_order_they_are_provisioned() -> None:
    """The platform's own repositories come first, then services by name."""
    estate = desired.derive(declared("payments", "orders"))
    assert estate.groups == ("platform", "orders", "payments")
    assert [r.name for r in estate.group("orders")] == ["orders", "orders-integration-tests"]


def test_an_unknown_group_names_the_known_ones(estate: Estate) -> None:
    """A group that does not exist is refused with those that do."""
    with pytest.raises(Exception, match="There is no group 'nowhere'") as refused:
        estate.group("nowhere")
    assert str(refused.value) == (
        "There is no group 'nowhere'.\n"
        "The groups of this platform are: platform, payments.\n"
        "Name one of them, or add a service with `twinlock new SERVICE`."
    )


def test_teams_have_all_logins_of_their_people_and_nobody_else(estate: Estate) -> None:
    """A team's members are the GitHub accounts of the people whose roster entry names it."""
    assert {team.slug: set(team.members) for team in estate.organization.teams} == {
        "audit": {"ulf", "uma"},
        "payments-developers": {"ahmed", "alice"},
        "payments-releasers": {"lena", "luis"},
        "payments-reviewers": {"rita", "rosa", "ruben"},
        "payments-testers": {"tariq", "tess"},
        "platform": {"paula", "priya"},
    }
    assert estate.organization.owners == {"olga", "otto"}


def test_authors_cannot_touch_tests_and_testers_cannot_touch_the_application(estate: Estate) -> None:
    """Whoever writes one repository only reads the other; nobody maintains or administers."""
    push, pull = Permission.PUSH, Permission.PULL
    assert estate.repositories["payments"].access.teams == {
        Grant("payments-developers", push),
        Grant("payments-reviewers", push),
        Grant("platform", push),
        Grant("payments-testers", pull),
        Grant("payments-releasers", pull),
    }
    assert estate.repositories["payments-integration-tests"].access.teams == {
        Grant("payments-testers", push),
        Grant("platform", push),
        Grant("payments-developers", pull),
        Grant("payments-reviewers", pull),
        Grant("payments-releasers", pull),
    }


@pytest.mark.parametrize("name", ["payments", "payments-integration-tests"])
def test_the_default_branch_changes_only_by_reviewed_and_tested_pull_requests(estate: Estate, name: str) -> None:
    """The branch ruleset is active, has no bypass, and requires the gate app's own check."""
    branch = next(r for r in estate.repositories[name].rulesets if r.name == "default-branch")
    assert (branch.enforcement, branch.bypass, branch.include, branch.exclude) == (
        Enforcement.ACTIVE,
        frozenset(),
        {"~DEFAULT_BRANCH"},
        frozenset(),
    )
    assert branch.checks == {Check("twinlock/gate", "twinlock-gate")}
    assert branch.strict_checks
    rule = branch.pull_request
    assert rule is not None
    assert (rule.approvals, rule.merge_methods) == (2, {"squash"})
    assert rule.code_owner_review
    assert rule.last_push_approval
    assert rule.dismiss_stale_reviews
    assert rule.resolve_threads
    assert branch.deletion
    assert branch.non_fast_forward
    assert branch.linear_history


def test_release_tags_are_created_by_the_release_app_and_never_move(estate: Estate) -> None:
    """Creation may be bypassed by the release app alone; update and deletion by nobody."""
    tags = {r.name: r for r in estate.repositories["payments"].rulesets if r.target.value == "tag"}
    creation, protection = tags["release-tags-creation"], tags["release-tags-protection"]
    assert creation.bypass == {Actor(ActorKind.APP, "twinlock-release", BypassMode.ALWAYS)}
    assert (creation.creation, creation.update, creation.deletion) == (True, False, False)
    assert protection.bypass == frozenset()
    assert (protection.creation, protection.update, protection.deletion) == (False, True, True)


def test_required_reviewers_and_code_owners_say_the_same(estate: Estate) -> None:
    """Pipeline files are the platform's, everything else the reviewers', in both of GitHub's mechanisms."""
    application = estate.repositories["payments"]
    branch = application.rulesets[0].pull_request
    assert branch is not None
    files = frozenset({".github/**", ".github/**/*", "Dockerfile", ".dockerignore", "requirements.lock"})
    assert branch.required_reviewers == {
        RequiredReviewer(files, "platform", 1),
        RequiredReviewer(frozenset({"**", "**/*"}), "payments-reviewers", 1),
    }
    owners = application.code_owners
    assert owners.rules[0] == OwnerRule("*", ("payments-reviewers",))
    assert owners_of(owners, ".github/workflows/release.yml") == ("platform",)
    assert owners_of(owners, "Dockerfile") == ("platform",)
    assert owners_of(owners, "service/server.py") == ("payments-reviewers",)
    tests = estate.repositories["payments-integration-tests"].code_owners
    assert owners_of(tests, ".github/CODEOWNERS") == ("platform",)
    assert owners_of(tests, "suite/test_messages.py") == ("payments-testers",)


def test_every_code_owner_and_required_reviewer_can_push(estate: Estate) -> None:
    """GitHub ignores an owner without write access, so none may be declared."""
    for repository in estate.repositories.values():
        if not repository.protected:
            continue
        pushers = {grant.holder for grant in repository.access.teams if grant.permission >= Permission.PUSH}
        owners = {owner for rule in repository.code_owners.rules for owner in rule.owners}
        reviewers = {
            reviewer.team
            for ruleset in repository.rulesets
            if ruleset.pull_request
            for reviewer in ruleset.pull_request.required_reviewers
        }
        assert owners | reviewers <= pushers, repository.name


def test_production_waits_for_releasers_and_the_gate(estate: Estate) -> None:
    """Only main deploys, releasers approve but never their own run, administrators cannot pass, the gate must agree."""
    (production,) = estate.repositories["payments"].environments
    assert production.name == "production"
    assert production.reviewers == {Reviewer("Team", "payments-releasers")}
    assert production.prevent_self_review
    assert not production.admins_bypass
    assert production.branches == {BranchPolicy("branch", "main")}
    assert production.gates == {"twinlock-gate"}


def test_constants_stand_in_environments_not_in_repositories(estate: Estate) -> None:
    """The jobs learn region and role from variables that only administrators set."""
    assert estate.repositories["payments"].variables == (
        ("production", "AWS_REGION", "eu-west-1"),
        ("production", "ROLE_ARN", "arn:aws:iam::222222222222:role/payments-release"),
    )


def test_each_role_stands_in_the_account_of_its_purpose(estate: Estate) -> None:
    """Building, testing and releasing never share an account."""
    assert {purpose.value: [role.name for role in account.roles] for purpose, account in estate.accounts.items()} == {
        "build": ["payments-publish"],
        "integration": [
            "twinlock-flow-logs",
            "payments-integration",
            "payments-workload",
            "payments-suite",
            "payments-execution",
        ],
        "production": ["payments-release"],
    }


def test_release_is_assumed_by_one_workflow_at_one_commit_from_one_environment(estate: Estate) -> None:
    """The trust policy is exact: changing any one claim of the right token makes AWS refuse it."""
    trusted = role(estate, Purpose.PRODUCTION, "payments-release").trust
    claims = {
        f"{OIDC}:aud": "sts.amazonaws.com",
        f"{OIDC}:sub": "{acme/payments}:environment:production",
        f"{OIDC}:repository_id": "{acme/payments}",
        f"{OIDC}:ref": "refs/heads/main",
        f"{OIDC}:job_workflow_ref": f"acme/delivery-pipelines/.github/workflows/release.yml@{COMMIT}",
        f"{OIDC}:environment": "production",
    }
    principal = f"Federated arn:aws:iam::222222222222:oidc-provider/{OIDC}"
    action = "sts:assumerolewithwebidentity"
    assert admits(trusted, Request(principal, action, claims))
    for claim in claims:
        assert not admits(trusted, Request(principal, action, {**claims, claim: "other"})), claim
        without = {key: value for key, value in claims.items() if key != claim}
        assert not admits(trusted, Request(principal, action, without)), claim


def test_no_trust_policy_holds_a_wildcard(estate: Estate) -> None:
    """Every value of every trust condition is exact."""
    for account in estate.accounts.values():
        for trusted in account.roles:
            for statement in trusted.trust:
                assert "*" not in statement.principals
                assert statement.conditions
                for condition in statement.conditions:
                    assert condition.operator == "StringEquals"
                    assert not any(re.search(r"[*?]", value) for value in condition.values)


def test_a_roll_trusts_the_previous_commit_too() -> None:
    """While `previous` stands in the manifest, both commits of the pipelines are trusted, and no third."""
    declaration = declared("payments")
    pipelines = dataclasses.replace(declaration.platform.pipelines, previous="a" * 40)
    rolling = dataclasses.replace(declaration, platform=dataclasses.replace(declaration.platform, pipelines=pipelines))
    (statement,) = role(desired.derive(rolling), Purpose.BUILD, "payments-publish").trust
    values = next(c.values for c in statement.conditions if c.key.endswith(":job_workflow_ref"))
    assert values == {f"acme/delivery-pipelines/.github/workflows/build.yml@{commit}" for commit in (COMMIT, "a" * 40)}


def test_release_denies_everything_until_a_gate_is_recorded() -> None:
    """Releases fail closed: without a gate app the release role may do nothing; with one it may deploy."""
    declaration = declared("payments")
    closed = role(desired.derive(declaration), Purpose.PRODUCTION, "payments-release")
    assert {policy.name for policy in closed.inline} == {"release", "twinlock-closed"}
    (denial,) = next(policy.document for policy in closed.inline if policy.name == "twinlock-closed")
    assert (denial.effect, denial.actions, denial.resources, denial.conditions) == (
        Effect.DENY,
        {"*"},
        {"*"},
        frozenset(),
    )
    apps = {**declaration.platform.apps, "gate": App(id=7, installation=8, key="arn:aws:kms:key")}
    opened = dataclasses.replace(declaration, platform=dataclasses.replace(declaration.platform, apps=apps))
    released = role(desired.derive(opened), Purpose.PRODUCTION, "payments-release")
    assert {policy.name for policy in released.inline} == {"release"}


def test_every_role_is_under_the_boundary_and_none_may_change_identities(estate: Estate) -> None:
    """A boundary lets no role touch IAM, whatever its own policies come to say."""
    for account in estate.accounts.values():
        denied = next(s for s in account.boundary.document if s.effect is Effect.DENY)
        assert {"iam:create*", "iam:put*", "iam:attach*", "iam:update*"} <= denied.actions
        for trusted in account.roles:
            assert trusted.boundary == account.boundary.arn
            assert trusted.attached == frozenset()
            allowed = {a for p in trusted.inline for s in p.document if s.effect is Effect.ALLOW for a in s.actions}
            assert {a for a in allowed if a.startswith("iam:")} <= {"iam:passrole"}


def test_tasks_reach_the_declared_queues_alone(estate: Estate) -> None:
    """A workload may use the queues of its service's integration points, and no other."""
    workload = role(estate, Purpose.INTEGRATION, "payments-workload")
    queues = {r for p in workload.inline for s in p.document for r in s.resources if ":sqs:" in r}
    assert len(queues) == 1
    assert queues.pop().startswith("arn:aws:sqs:eu-west-1:111111111111:payments-")


def test_services_do_not_share_anything_but_the_platform() -> None:
    """No team, role or repository of one service occurs in another's grants or trust."""
    estate = desired.derive(declared("payments", "orders"))
    for name, other in (("payments", "orders"), ("orders", "payments")):
        for repository in estate.group(name):
            assert not [grant for grant in repository.access.teams if grant.holder.startswith(f"{other}-")]
        for account in estate.accounts.values():
            for trusted in account.roles:
                if trusted.name.startswith(f"{name}-"):
                    assert f"acme/{other}" not in str(trusted.trust)
