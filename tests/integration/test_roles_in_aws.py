"""A service's roles as AWS evaluates them: what an integration run asks for is allowed, for its own run alone."""

from __future__ import annotations

from typing import Any

import pytest

from twinlock import desired, manifest
from twinlock.aws.policy import encode
from twinlock.manifest import edit, examples
from twinlock.model.account import Purpose
from twinlock.model.organization import Duty
from twinlock_world.aws.enforcement import _needs
from twinlock_world.aws.operation import Operation, Place
from twinlock_world.aws.policy.decision import Policies, Request, decide
from twinlock_world.aws.policy.document import Policy, parse
from twinlock_world.aws.policy.principal import Who

TEAMS = {role: f"payments-{role}" for role in ("authors", "reviewers", "testers", "releasers")}
DUTIES = dict(zip(TEAMS, (Duty.AUTHOR, Duty.REVIEWER, Duty.TESTER, Duty.RELEASER), strict=True))
ACCOUNT = "111111111111"
PLACE = Place(ACCOUNT, "eu-west-1")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/payments-integration"
TAGS = {"TagSpecification.1.Tag.1.Key": "twinlock:run"}
VPC, SUBNET, GROUP, TABLE = "vpc-0123abcd", "subnet-0123abcd", "sg-0123abcd", "rtb-0123abcd"
DESCRIBED = {"tags": [{"key": "twinlock:run", "value": "payments-1"}]}
MARKED = {"tags": {"twinlock:run": "payments-1"}}
FLOW_LOGS = f"arn:aws:iam::{ACCOUNT}:role/twinlock-flow-logs"
MADE = [
    ("ec2", "CreateVpc", TAGS),
    ("ec2", "CreateSubnet", {"VpcId": VPC, **TAGS}),
    ("ec2", "CreateRouteTable", {"VpcId": VPC, **TAGS}),
    ("ec2", "CreateSecurityGroup", {"VpcId": VPC, **TAGS}),
    ("ec2", "CreateVpcEndpoint", {"VpcId": VPC, "SubnetId.1": SUBNET, "SecurityGroupId.1": GROUP, **TAGS}),
    ("ec2", "CreateFlowLogs", {"ResourceId.1": VPC, "DeliverLogsPermissionArn": FLOW_LOGS, **TAGS}),
    ("ecs", "CreateCluster", {"clusterName": "payments-1", **DESCRIBED}),
    ("ecs", "RegisterTaskDefinition", {"family": "payments-1", **DESCRIBED}),
    ("ecr", "CreateRepository", {"repositoryName": "payments/payments-1", **DESCRIBED}),
    ("logs", "CreateLogGroup", {"logGroupName": "/twinlock/payments/payments-1", **MARKED}),
    ("sqs", "CreateQueue", {"QueueName": "payments-1", **MARKED}),
]
USED = [
    ("ec2", "AssociateRouteTable", {"RouteTableId": TABLE, "SubnetId": SUBNET}),
    ("ec2", "AuthorizeSecurityGroupEgress", {"GroupId": GROUP}),
    ("ec2", "RevokeSecurityGroupIngress", {"GroupId": GROUP}),
    ("ec2", "ModifyVpcAttribute", {"VpcId": VPC}),
    ("ec2", "DeleteSubnet", {"SubnetId": SUBNET}),
    ("ec2", "DeleteVpc", {"VpcId": VPC}),
    ("ecr", "InitiateLayerUpload", {"repositoryName": "payments/payments-1"}),
    ("ecr", "PutImage", {"repositoryName": "payments/payments-1"}),
    ("ecr", "DeleteRepository", {"repositoryName": "payments/payments-1"}),
    ("ecs", "RunTask", {"cluster": "payments-1", "taskDefinition": "payments-1:1"}),
    ("ecs", "StopTask", {"cluster": "payments-1", "task": "1"}),
    ("ecs", "DeleteCluster", {"cluster": "payments-1"}),
    ("sqs", "GetQueueAttributes", {"QueueUrl": "http://127.0.0.1/1/payments-1"}),
    ("sqs", "DeleteQueue", {"QueueUrl": "http://127.0.0.1/1/payments-1"}),
]
READ = [
    ("ec2", "DescribeVpcs", {}),
    ("ecs", "DescribeTaskDefinition", {"taskDefinition": "payments-1"}),
    ("ecs", "DeregisterTaskDefinition", {"taskDefinition": "payments-1:1"}),
    ("logs", "DescribeLogGroups", {}),
]


@pytest.fixture(scope="module")
def policies() -> tuple[Policy, ...]:
    """Return what the integration role of a service holds."""
    platform = edit.add_teams(examples.platform_yaml("acme", "3f6c" * 10), {t: DUTIES[r] for r, t in TEAMS.items()})
    founders = list(examples.founders())
    people = [*founders, *examples.crew("payments", TEAMS, [person.name for person in founders])]
    files = {
        "platform.yaml": platform.encode(),
        "roster.yaml": examples.roster_yaml("acme", people).encode(),
        "services/payments.yaml": examples.service_yaml("payments", TEAMS).encode(),
    }
    estate = desired.derive(manifest.parse(files))
    roles = estate.accounts[Purpose.INTEGRATION].roles
    held = next(role for role in roles if role.name == "payments-integration")
    return tuple(parse(policy.name, encode(policy.document)) for policy in held.inline)


def tags(whose: str, run: str, service: str | None = None) -> dict[str, tuple[str, ...]]:
    """Return the condition keys of a run's tags; none without a run."""
    if not run:
        return {}
    owner = service or run.rpartition("-")[0]
    return {f"aws:{whose}tag/twinlock:run": (run,), f"aws:{whose}tag/twinlock:service": (owner,)}


def allowed(policies: tuple[Policy, ...], asked: tuple[str, str, dict[str, Any]], *, asks: str, carries: str) -> bool:
    """Tell whether all that a request needs is allowed, where it sets one run's tags on what carries another's."""
    service, name, parameters = asked
    operation = Operation(service, name, parameters, "POST", "/", {}, {})
    return all(
        decide(Request(Who("AWS", ROLE, ACCOUNT), need.action, need.resource, context), Policies(policies)).allowed
        for need in _needs(operation, PLACE, b"")
        for context in [
            {
                **need.context,
                **(tags("request", asks) if need.tagged else {}),
                **(tags("resource", carries) if "*" not in need.resource else {}),
            }
        ]
    )


@pytest.mark.parametrize("asked", MADE, ids=lambda asked: asked[1])
def test_a_run_makes_what_carries_its_tag(policies: tuple[Policy, ...], asked: tuple[str, str, dict[str, Any]]) -> None:
    """In what carries it too, and nothing with another service's tag, or in another service's network."""
    assert allowed(policies, asked, asks="payments-1", carries="payments-1")
    assert not allowed(policies, asked, asks="orders-1", carries="payments-1")
    assert not allowed(policies, asked, asks="payments-eu-1", carries="payments-1")
    assert not allowed(policies, asked, asks="", carries="payments-1")
    if "VpcId" in asked[2] or "ResourceId.1" in asked[2]:
        assert not allowed(policies, asked, asks="payments-1", carries="orders-1")
        assert not allowed(policies, asked, asks="payments-1", carries="")


@pytest.mark.parametrize("asked", USED, ids=lambda asked: asked[1])
def test_a_run_uses_what_carries_its_tag(policies: tuple[Policy, ...], asked: tuple[str, str, dict[str, Any]]) -> None:
    """And nothing that carries another's, or none."""
    assert allowed(policies, asked, asks="", carries="payments-1")
    assert not allowed(policies, asked, asks="", carries="orders-1")
    assert not allowed(policies, asked, asks="", carries="payments-eu-1")
    assert not allowed(policies, asked, asks="", carries="")


@pytest.mark.parametrize(
    ("resource", "carries", "fits"), [(GROUP, "", True), (GROUP, "orders-1", False), (VPC, "", False)]
)
def test_a_run_marks_only_what_nobody_owns(
    policies: tuple[Policy, ...],
    resource: str,
    carries: str,
    fits: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """A network's default group comes without a tag; a run that could mark another's things could delete them."""
    asked = ("ec2", "CreateTags", {"ResourceId.1": resource, "Tag.1.Key": "twinlock:run"})
    assert allowed(policies, asked, asks="payments-1", carries=carries) is fits


@pytest.mark.parametrize("asked", READ, ids=lambda asked: asked[1])
def test_what_aws_judges_by_no_resource(policies: tuple[Policy, ...], asked: tuple[str, str, dict[str, Any]]) -> None:
    """Tags cannot narrow it."""
    assert allowed(policies, asked, asks="", carries="")


@pytest.mark.parametrize("name", ["payments-release", "twinlock-apply", "admin"])
def test_a_run_passes_no_other_role(policies: tuple[Policy, ...], name: str) -> None:
    """Tasks run as the workload or the suite, logs flow by their own role, and neither poses as the other."""
    other = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    for role in (other, FLOW_LOGS):
        asked = ("ecs", "RegisterTaskDefinition", {"family": "payments-1", "taskRoleArn": role, **DESCRIBED})
        assert not allowed(policies, asked, asks="payments-1", carries="payments-1")
    flow = {"ResourceId.1": VPC, "DeliverLogsPermissionArn": other, **TAGS}
    assert not allowed(policies, ("ec2", "CreateFlowLogs", flow), asks="payments-1", carries="payments-1")
