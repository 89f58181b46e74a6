"""The program `protections`: whole declarations of what protects a repository, and the order in which it comes."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from twinlock import programs
from twinlock.components.directory import Directory
from twinlock.desired import derive
from twinlock.errors import BadInput, Incomplete
from twinlock.model.account import Purpose
from twinlock.model.declaration import App
from twinlock.model.ruleset import Actor, ActorKind, BypassMode, Target
from twinlock.provider import handlers
from twinlock.provider.registry import handlers_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock.model.declaration import Declaration
    from twinlock.model.estate import Estate
    from twinlock.provider.connection import Connection

    Declare = Callable[..., Any]

RULESET = "github:index/repositoryRuleset:RepositoryRuleset"
VARIABLE = "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable"
ACTIONS = "github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions"
RELEASE_TAGS = {"refName": {"includes": ["refs/tags/v*"], "excludes": []}}
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


@pytest.fixture
def recorded(declare: Declare, estate: Estate, connection: Connection, references: dict[str, object]) -> Any:  # noqa: ANN401 - of the conftest
    """Return what the program declares for the service."""
    return declare(programs.stack("protections", "payments", estate, connection).declare, references)


def reviewer(patterns: list[str], team: str) -> dict[str, object]:
    """Return a required reviewer; the mocks give each team the length of its slug for an id."""
    return {"filePatterns": patterns, "minimumApprovals": 1, "reviewer": {"id": len(team), "type": "Team"}}


def test_branch_ruleset_is_declared_whole(recorded: Any) -> None:  # noqa: ANN401 - as above
    """Every rule is set, also those it does not have; actors and apps are ids."""
    rules = recorded.inputs(RULESET)["payments:default-branch"]
    required = rules["rules"]["pullRequest"].pop("requiredReviewers")
    assert reviewer(["**", "**/*"], "payments-reviewers") in required
    assert {entry["reviewer"]["id"] for entry in required} == {len("payments-reviewers"), len("platform")}
    assert rules == {
        "name": "default-branch",
        "repository": "payments",
        "target": "branch",
        "enforcement": "active",
        "bypassActors": [],
        "conditions": {"refName": {"includes": ["~DEFAULT_BRANCH"], "excludes": []}},
        "rules": {
            "creation": False,
            "update": False,
            "deletion": True,
            "nonFastForward": True,
            "requiredLinearHistory": True,
            "requiredSignatures": False,
            "pullRequest": {
                "requiredApprovingReviewCount": 2,
                "requireCodeOwnerReview": True,
                "requireLastPushApproval": True,
                "dismissStaleReviewsOnPush": True,
                "requiredReviewThreadResolution": True,
                "allowedMergeMethods": ["squash"],
            },
            "requiredStatusChecks": {
                "strictRequiredStatusChecksPolicy": True,
                "doNotEnforceOnCreate": False,
                "requiredChecks": [{"context": "twinlock/gate", "integrationId": len("twinlock-gate")}],
            },
        },
    }


def test_tag_rulesets_let_the_release_app_create_and_nobody_move(recorded: Any) -> None:  # noqa: ANN401 - as above
    """A bypass holds for a whole ruleset, so there are two."""
    declared = recorded.inputs(RULESET)
    creation = declared["payments:release-tags-creation"]
    protection = declared["payments:release-tags-protection"]
    assert creation["bypassActors"] == [
        {"actorType": "Integration", "actorId": len("twinlock-release"), "bypassMode": "always"}
    ]
    assert protection["bypassActors"] == []
    assert creation["conditions"] == protection["conditions"] == RELEASE_TAGS
    off = {"requiredLinearHistory": False, "requiredSignatures": False}
    assert creation["rules"] == off | {"creation": True, "update": False, "deletion": False, "nonFastForward": False}
    assert protection["rules"] == off | {
        "creation": False,
        "update": True,
        "updateAllowsFetchAndMerge": False,
        "deletion": True,
        "nonFastForward": True,
    }


def test_every_ruleset_is_in_the_inventory_by_its_id(recorded: Any) -> None:  # noqa: ANN401 - as above
    """What the inventory does not name is deleted."""
    names = ("default-branch", "release-tags-creation", "release-tags-protection")
    repositories = ("payments", "payments-integration-tests")
    assert recorded.inputs("twinlock:github:RulesetInventory") == {
        repository: {"repository": repository, "rulesets": {name: f"{repository}:{name}-id" for name in names}}
        for repository in repositories
    }
    assert set(recorded.of(RULESET)) == {f"{repository}:{name}" for repository in repositories for name in names}


def test_environments_are_declared_whole_with_their_constants(recorded: Any) -> None:  # noqa: ANN401 - as above
    """Releasers and the gate decide about production; integration has neither, and both come from main only."""
    common = {
        "waitTimer": 0,
        "canAdminsBypass": False,
        "protectedBranches": False,
        "branchPolicies": [{"type": "branch", "name": "main"}],
    }
    assert recorded.inputs("twinlock:github:EnvironmentProtection") == {
        "payments:production": common
        | {
            "repository": "payments",
            "environment": "production",
            "reviewers": [{"type": "Team", "slug": "payments-releasers"}],
            "preventSelfReview": True,
            "gates": ["twinlock-gate"],
        },
        "payments-integration-tests:integration": common
        | {
            "repository": "payments-integration-tests",
            "environment": "integration",
            "reviewers": [],
            "preventSelfReview": False,
            "gates": [],
        },
    }
    assert recorded.inputs("twinlock:github:EnvironmentInventory") == {
        "payments": {"repository": "payments", "names": ["production"]},
        "payments-integration-tests": {"repository": "payments-integration-tests", "names": ["integration"]},
    }
    assert recorded.inputs(VARIABLE)["payments:production:ROLE_ARN"] == {
        "repository": "payments",
        "environment": "production",
        "variableName": "ROLE_ARN",
        "value": "arn:aws:iam::222222222222:role/payments-release",
    }
    assert len(recorded.of(VARIABLE)) == 4


def test_access_is_declared_whole(recorded: Any) -> None:  # noqa: ANN401 - as above
    """Teams alone come in, and nobody by any other way."""
    assert recorded.inputs("twinlock:github:RepositoryAccess")["payments-integration-tests"] == {
        "repository": "payments-integration-tests",
        "teams": [
            {"team": "payments-developers", "permission": "pull"},
            {"team": "payments-releasers", "permission": "pull"},
            {"team": "payments-reviewers", "permission": "pull"},
            {"team": "payments-testers", "permission": "push"},
            {"team": "platform", "permission": "push"},
        ],
        "collaborators": [],
        "invitations": [],
        "deployKeys": [],
        "webhooks": [],
    }


def test_actions_policy_of_a_repository_is_explicit(recorded: Any) -> None:  # noqa: ANN401 - as above
    """Turned on with selected actions, pinned, a token that reads, and nobody else's calls."""
    permissions = recorded.inputs(ACTIONS)["payments"]
    assert permissions["allowedActionsConfig"].pop("patternsAlloweds")
    assert permissions == {
        "repository": "payments",
        "enabled": True,
        "allowedActions": "selected",
        "allowedActionsConfig": {"githubOwnedAllowed": False, "verifiedAllowed": False},
        "shaPinningRequired": True,
    }
    assert recorded.inputs("github:index/workflowRepositoryPermissions:WorkflowRepositoryPermissions")["payments"] == {
        "repository": "payments",
        "defaultWorkflowPermissions": "read",
        "canApprovePullRequestReviews": False,
    }
    assert recorded.inputs("github:index/actionsRepositoryAccessLevel:ActionsRepositoryAccessLevel")["payments"] == {
        "repository": "payments",
        "accessLevel": "none",
    }


@pytest.mark.parametrize("repository", ["payments", "payments-integration-tests"])
def test_rules_stand_before_people_come_and_people_before_actions_run(recorded: Any, repository: str) -> None:  # noqa: ANN401 - as above
    """No moment lets anybody push past the rules, and no workflow runs before all of it stands."""
    order = [resource.type for resource in recorded.resources if resource.name.split(":")[0] == repository]

    def first(type_: str) -> int:
        return order.index(type_)

    def last(type_: str) -> int:
        return len(order) - 1 - order[::-1].index(type_)

    assert last(RULESET) < first("twinlock:github:RulesetInventory")
    assert first("twinlock:github:RulesetInventory") < first("twinlock:github:EnvironmentProtection")
    assert first("twinlock:github:RulesetInventory") < first("twinlock:github:RepositoryAccess")
    assert last(VARIABLE) < first("twinlock:github:EnvironmentInventory")
    assert first("twinlock:github:EnvironmentInventory") < first(ACTIONS)
    assert first("twinlock:github:RepositoryAccess") < first(ACTIONS)
    assert first("github:index/workflowRepositoryPermissions:WorkflowRepositoryPermissions") < first(ACTIONS)


def test_each_team_and_app_is_asked_for_once(recorded: Any) -> None:  # noqa: ANN401 - as above
    """Both repositories name the same ones."""
    team, app = "github:index/getTeam:getTeam", "github:index/getGithubApp:getGithubApp"
    asked = sorted((token, arguments["slug"]) for token, arguments in recorded.calls)
    assert asked == [
        (app, "twinlock-gate"),
        (app, "twinlock-release"),
        (team, "payments-reviewers"),
        (team, "payments-testers"),
        (team, "platform"),
    ]


def test_role_trusts_what_github_reports_of_the_repository(recorded: Any) -> None:  # noqa: ANN401 - as above
    """Subject prefix and id come from the other stack; session, boundary and tag are explicit."""
    role = recorded.inputs(ROLE)["payments-release"]
    (statement,) = json.loads(role.pop("assumeRolePolicy"))["Statement"]
    host = "token.actions.githubusercontent.com"
    conditions = statement["Condition"]["StringEquals"]
    assert conditions[f"{host}:sub"] == ["repo:acme@7/payments@1001:environment:production"]
    assert conditions[f"{host}:repository_id"] == ["1001"]
    assert statement["Principal"] == {"Federated": [f"arn:aws:iam::222222222222:oidc-provider/{host}"]}
    assert role == {
        "name": "payments-release",
        "path": "/",
        "permissionsBoundary": "arn:aws:iam::222222222222:policy/twinlock-boundary",
        "maxSessionDuration": 3600,
        "forceDetachPolicies": True,
        "tags": {"twinlock:service": "payments"},
    }
    assert recorded.of(ROLE)["payments-release"].options["provider"] == "aws-production"
    assert set(recorded.of(ROLE)) == {
        "payments-publish",
        "payments-integration",
        "payments-workload",
        "payments-suite",
        "payments-execution",
        "payments-release",
    }


def test_role_has_exactly_its_policies_and_the_denial_first(recorded: Any) -> None:  # noqa: ANN401 - as above
    """While no gate app is recorded the release role can do nothing, from its first moment."""
    exclusive = recorded.inputs("aws:iam/rolePoliciesExclusive:RolePoliciesExclusive")["payments-release"]
    assert exclusive == {"roleName": "payments-release", "policyNames": ["release", "twinlock-closed"]}
    attached = recorded.inputs("aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive")
    assert attached["payments-release"] == {"roleName": "payments-release", "policyArns": []}
    closed, release = (recorded.of(ROLE_POLICY)[f"payments-release:{name}"] for name in ("twinlock-closed", "release"))
    assert json.loads(closed.inputs["policy"])["Statement"] == [{"Effect": "Deny", "Action": ["*"], "Resource": ["*"]}]
    assert "payments-release:twinlock-closed" in release.options["after"]


def test_release_role_opens_once_a_gate_app_is_recorded(
    declare: Declare, declaration: Declaration, connection: Connection, references: dict[str, object]
) -> None:
    """The denial is there only as long as nobody checks a dossier."""
    apps = {**declaration.platform.apps, "gate": App(42, 43, "kms")}
    changed = dataclasses.replace(declaration, platform=dataclasses.replace(declaration.platform, apps=apps))
    recorded = declare(programs.stack("protections", "payments", derive(changed), connection).declare, references)
    exclusive = recorded.inputs("aws:iam/rolePoliciesExclusive:RolePoliciesExclusive")["payments-release"]
    assert exclusive["policyNames"] == ["release"]


def test_role_of_a_repository_that_nobody_created_is_refused(
    declare: Declare, estate: Estate, connection: Connection
) -> None:
    """Without the observed id there is no trust policy, rather than one by name."""
    with pytest.raises(Incomplete) as raised:
        declare(programs.stack("protections", "payments", estate, connection).declare)
    assert raised.value.why == "GitHub has not reported that repository yet."
    assert raised.value.mend == "Provision the repositories first: `twinlock up`."


def test_roles_of_another_service_are_not_declared(
    declare: Declare, declaration: Declaration, connection: Connection, make_service: Callable[..., Any]
) -> None:
    """A service whose name begins like another's has its own stack."""
    services = {"payments": make_service("payments"), "payments-suite": make_service("payments-suite")}
    estate = derive(dataclasses.replace(declaration, services=services))
    reported = {
        name: {"repositoryId": 1.0, "nodeId": "R", "subjectPrefix": f"repo:acme@7/{name}@1"}
        for name in ("payments-suite", "payments-suite-integration-tests")
    }
    references = {"organization/twinlock-repositories/payments-suite": {"repositories": reported}}
    recorded = declare(programs.stack("protections", "payments-suite", estate, connection).declare, references)
    assert set(recorded.of(ROLE)) == {
        f"payments-suite-{name}" for name in ("publish", "integration", "workload", "suite", "execution", "release")
    }


def test_group_without_protected_repositories_declares_none(
    declare: Declare, estate: Estate, connection: Connection
) -> None:
    """The platform's own repositories are protected by a later stage."""
    recorded = declare(programs.stack("protections", "platform", estate, connection).declare)
    assert {resource.type for resource in recorded.resources} == {
        "pulumi:providers:github",
        "pulumi:providers:twinlock",
    }


def test_ruleset_with_bypass_by_a_person_is_refused(declare: Declare, estate: Estate, connection: Connection) -> None:
    """The desired estate names no person; a program that would is stopped before it declares anything of the kind."""
    repository = estate.repositories["payments"]
    actor = Actor(ActorKind.USER, "mallory", BypassMode.ALWAYS)
    rulesets = tuple(
        dataclasses.replace(ruleset, bypass=frozenset({actor})) if ruleset.target is Target.BRANCH else ruleset
        for ruleset in repository.rulesets
    )
    changed = dataclasses.replace(
        estate, repositories={**estate.repositories, "payments": dataclasses.replace(repository, rulesets=rulesets)}
    )
    with pytest.raises(BadInput, match="User mallory cannot bypass a ruleset"):
        declare(programs.stack("protections", "payments", changed, connection).declare)


def test_actors_that_need_no_lookup_have_github_s_fixed_ids(declare: Declare) -> None:
    """Built-in roles and organization administrators have ids of their own; deploy keys have none."""
    import pulumi_github as github  # noqa: PLC0415 - Pulumi is heavy, and one test needs it

    found: list[object] = []

    def program() -> None:
        directory = Directory(github.Provider("github", owner="acme", token="t", base_url="http://127.0.0.1:1/"))  # noqa: S106 - no secret
        kinds = (ActorKind.REPOSITORY_ROLE, ActorKind.ORGANIZATION_ADMIN, ActorKind.DEPLOY_KEY)
        found.extend(directory.actor(kind, "maintain") for kind in kinds)

    recorded = declare(program)
    assert found == [2, 1, None]
    assert recorded.calls == []


def test_no_component_shares_a_type_with_a_resource_of_the_provider(recorded: Any) -> None:  # noqa: ANN401 - as above
    """An engine tells them apart by the token alone."""
    components = {resource.type for resource in recorded.resources if not resource.inputs}
    assert components == {
        "twinlock:aws:ImageRepository",
        "twinlock:aws:Role",
        "twinlock:github:Environment",
        "twinlock:github:RepositoryActions",
        "twinlock:github:RepositoryProtection",
        "twinlock:github:RepositoryRuleset",
    }
    assert components.isdisjoint(handlers_in(handlers))


def test_images_are_pulled_by_who_runs_them_and_no_tag_moves(recorded: Any) -> None:  # noqa: ANN401 - as above
    """In the build account alone; other accounts are named whole, and the one role of each by a condition."""
    (name,) = recorded.of("aws:ecr/repository:Repository")
    assert name == "payments"
    assert recorded.of("aws:ecr/repository:Repository")[name].options["provider"] == "aws-build"
    assert recorded.inputs("aws:ecr/repository:Repository")[name] == {
        "name": "payments",
        "imageTagMutability": "IMMUTABLE",
        "forceDelete": True,
        "tags": {"twinlock:service": "payments"},
    }
    policy = recorded.inputs("aws:ecr/repositoryPolicy:RepositoryPolicy")[name]
    assert policy["repository"] == "payments"
    (statement,) = json.loads(policy["policy"])["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]},
        "Action": ["ecr:batchchecklayeravailability", "ecr:batchgetimage", "ecr:getdownloadurlforlayer"],
        "Condition": {
            "ArnEquals": {
                "aws:principalarn": [
                    "arn:aws:iam::111111111111:role/payments-execution",
                    "arn:aws:iam::222222222222:role/payments",
                ]
            }
        },
    }


def test_only_accounts_with_roles_of_the_service_are_entered(recorded: Any) -> None:  # noqa: ANN401 - as above
    """No provider is opened for nothing."""
    assert set(recorded.of("pulumi:providers:aws")) == {
        f"aws-{purpose.value}" for purpose in (Purpose.BUILD, Purpose.INTEGRATION, Purpose.PRODUCTION)
    }
    assert set(recorded.of("pulumi:providers:twinlock")) == {"twinlock"}
