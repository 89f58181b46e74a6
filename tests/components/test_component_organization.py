"""The program `organization`: whole declarations of teams, Actions policy and accounts, and the providers they use."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from twinlock import programs
from twinlock.desired import derive
from twinlock.errors import BadInput
from twinlock.model.declaration import Where

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock.model.declaration import Declaration
    from twinlock.model.estate import Estate
    from twinlock.model.organization import Organization
    from twinlock.provider.connection import Connection

    Declare = Callable[..., Any]

OIDC = "https://token.actions.githubusercontent.com"


@pytest.fixture
def recorded(declare: Declare, estate: Estate, connection: Connection) -> Any:  # noqa: ANN401 - of the conftest
    """Return what the program declares."""
    return declare(programs.stack("organization", "platform", estate, connection).declare)


def test_team_is_declared_with_exactly_its_people(recorded: Any) -> None:  # noqa: ANN401 - as above
    """A team is closed and has no maintainer by accident; its people are one exclusive resource."""
    assert recorded.inputs("github:index/team:Team")["payments-testers"] == {
        "name": "payments-testers",
        "description": "Duty: tester. Managed by twinlock.",
        "privacy": "closed",
        "createDefaultMaintainer": False,
    }
    assert recorded.inputs("twinlock:github:TeamMembers")["payments-testers"] == {
        "team": "payments-testers",
        "members": ["tess"],
        "maintainers": [],
        "children": [],
    }
    teams = {"audit", "payments-developers", "payments-releasers", "payments-reviewers", "payments-testers", "platform"}
    assert set(recorded.of("github:index/team:Team")) == set(recorded.of("twinlock:github:TeamMembers")) == teams


def test_team_of_an_identity_provider_has_no_declared_people(
    declare: Declare, declaration: Declaration, connection: Connection
) -> None:
    """The identity provider fills it; declaring nobody would empty it."""
    teams = dict(declaration.platform.teams)
    teams["payments-testers"] = dataclasses.replace(teams["payments-testers"], source="idp")
    changed = dataclasses.replace(declaration, platform=dataclasses.replace(declaration.platform, teams=teams))
    recorded = declare(programs.stack("organization", "platform", derive(changed), connection).declare)
    assert "payments-testers" in recorded.of("github:index/team:Team")
    assert "payments-testers" not in recorded.of("twinlock:github:TeamMembers")


def test_child_team_waits_for_its_parent(declare: Declare, estate: Estate, connection: Connection) -> None:
    """The parent's id is its output, whatever the order of the slugs."""
    teams = tuple(
        dataclasses.replace(team, parent="platform") if team.slug == "audit" else team
        for team in estate.organization.teams
    )
    organization: Organization = dataclasses.replace(estate.organization, teams=teams)
    changed = dataclasses.replace(estate, organization=organization)
    recorded = declare(programs.stack("organization", "platform", changed, connection).declare)
    assert recorded.inputs("github:index/team:Team")["audit"]["parentTeamId"] == "platform-id"
    assert recorded.inputs("twinlock:github:TeamMembers")["platform"]["children"] == ["audit"]


def test_actions_policy_of_the_organization_is_explicit(recorded: Any) -> None:  # noqa: ANN401 - as above
    """Selected actions, pinned, with a token that reads and cannot approve."""
    (permissions,) = recorded.inputs(
        "github:index/actionsOrganizationPermissions:ActionsOrganizationPermissions"
    ).values()
    patterns = permissions["allowedActionsConfig"].pop("patternsAlloweds")
    assert patterns == sorted(patterns)
    assert "acme/delivery-pipelines/*" in patterns
    assert permissions == {
        "enabledRepositories": "all",
        "allowedActions": "selected",
        "allowedActionsConfig": {"githubOwnedAllowed": False, "verifiedAllowed": False},
        "shaPinningRequired": True,
    }
    assert recorded.inputs(
        "github:index/actionsOrganizationWorkflowPermissions:ActionsOrganizationWorkflowPermissions"
    ) == {
        "acme": {
            "organizationSlug": "acme",
            "defaultWorkflowPermissions": "read",
            "canApprovePullRequestReviews": False,
        }
    }


def test_each_account_has_provider_boundary_and_inventory(recorded: Any) -> None:  # noqa: ANN401 - as above
    """The identity provider accepts AWS's audience only; the boundary denies identities; the inventory is exclusive."""
    providers = recorded.inputs("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    accounts = ("build", "integration", "production")
    assert providers == {account: {"url": OIDC, "clientIdLists": ["sts.amazonaws.com"]} for account in accounts}
    boundary = recorded.inputs("aws:iam/policy:Policy")["production"]
    assert (boundary["name"], boundary["path"]) == ("twinlock-boundary", "/")
    statements = json.loads(boundary["policy"])["Statement"]
    assert [statement["Effect"] for statement in statements] == ["Deny", "Allow"]
    assert "iam:put*" in statements[0]["Action"]
    assert recorded.inputs("twinlock:aws:RoleInventory")["integration"] == {
        "accountId": "111111111111",
        "roles": [
            "payments-execution",
            "payments-integration",
            "payments-suite",
            "payments-workload",
            "twinlock-flow-logs",
        ],
        "undeclared": "quarantine",
    }


def test_the_role_of_flow_logs_comes_after_its_boundary(recorded: Any) -> None:  # noqa: ANN401 - as above
    """It belongs to no service, so it stands with its account; AWS alone assumes it, to write logs of runs."""
    (role,) = recorded.of("aws:iam/role:Role").values()
    assert (role.name, role.options["provider"]) == ("twinlock-flow-logs", "aws-integration")
    assert role.options["after"] == ["integration"]
    assert role.inputs["tags"] == {"twinlock:service": "platform"}
    (trusted,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert trusted == {
        "Action": ["sts:AssumeRole"],
        "Condition": {"StringEquals": {"aws:sourceaccount": ["111111111111"]}},
        "Effect": "Allow",
        "Principal": {"Service": ["vpc-flow-logs.amazonaws.com"]},
    }
    (written,) = recorded.inputs("aws:iam/rolePolicy:RolePolicy").values()
    assert [statement["Action"] for statement in json.loads(written["policy"])["Statement"]] == [
        ["logs:createlogstream", "logs:describelogstreams", "logs:putlogevents"],
        ["logs:describeloggroups"],
    ]


def test_every_resource_uses_the_provider_of_its_account(recorded: Any) -> None:  # noqa: ANN401 - as above
    """A default provider would take address and credentials from the environment."""
    used = {
        (resource.type.partition(":")[0], resource.options["provider"])
        for resource in recorded.resources
        if resource.inputs and not resource.type.startswith("pulumi:")
    }
    accounts = ("build", "integration", "production")
    assert used == {
        ("github", "github"),
        ("twinlock", "twinlock"),
        *(("aws", f"aws-{account}") for account in accounts),
        *(("twinlock", f"twinlock-{account}") for account in accounts),
    }


def test_providers_of_the_world_reach_the_world_only(recorded: Any) -> None:  # noqa: ANN401 - as above
    """Addresses are explicit, the client reads truly, and every secret is marked as one."""
    assert recorded.inputs("pulumi:providers:github")["github"] == {
        "owner": "acme",
        "token": {"secret": "token-of-the-controller"},
        "baseUrl": "http://127.0.0.1:1/",
        "legacyClient": "false",
        "writeDelayMs": "0",
    }
    assert recorded.inputs("pulumi:providers:twinlock")["twinlock"] == {
        "githubUrl": "http://127.0.0.1:1",
        "githubToken": {"secret": "token-of-the-controller"},
        "organization": "acme",
    }
    assert recorded.inputs("pulumi:providers:twinlock")["twinlock-build"] == {
        "awsAccountId": "444444444444",
        "awsRegion": "eu-west-1",
        "awsEndpoint": "http://127.0.0.1:2",
        "awsAccessKey": "public-half",
        "awsSecretKey": {"secret": "secret-of-the-account"},
    }
    aws = recorded.inputs("pulumi:providers:aws")["aws-build"]
    assert aws["allowedAccountIds"] == '["444444444444"]'
    assert aws["secretKey"] == {"secret": "secret-of-the-account"}
    assert set(json.loads(aws["endpoints"])[0].values()) == {"http://127.0.0.1:2"}


def test_providers_of_the_cloud_have_no_endpoint_and_enter_by_role(
    declare: Declare, declaration: Declaration, connection: Connection
) -> None:
    """No check is skipped, GitHub's pause is kept, and no key is long-lived."""
    platform = dataclasses.replace(declaration.platform, target=Where.CLOUD)
    estate = derive(dataclasses.replace(declaration, platform=platform))
    aws = {
        purpose: dataclasses.replace(
            account,
            endpoint=None,
            access_key=None,
            secret_key=None,
            role_arn=f"arn:aws:iam::{account.account_id}:role/r",
        )
        for purpose, account in connection.aws.items()
    }
    cloud = dataclasses.replace(connection, aws=aws)
    recorded = declare(programs.stack("organization", "platform", estate, cloud).declare)
    provider = recorded.inputs("pulumi:providers:aws")["aws-build"]
    assert "endpoints" not in provider
    assert "accessKey" not in provider
    assert json.loads(provider["assumeRoles"]) == [{"roleArn": "arn:aws:iam::444444444444:role/r"}]
    assert (provider["skipCredentialsValidation"], provider["skipMetadataApiCheck"]) == ("false", "false")
    assert recorded.inputs("pulumi:providers:github")["github"]["writeDelayMs"] == "1000"


def test_unknown_program_is_refused(estate: Estate, connection: Connection) -> None:
    """A typing error names what there is."""
    with pytest.raises(BadInput) as raised:
        programs.stack("organisation", "platform", estate, connection)
    assert str(raised.value) == (
        "There is no program 'organisation'.\n"
        "The programs are: state, organization, repositories, protections.\n"
        "Name one of them."
    )
