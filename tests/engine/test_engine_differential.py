"""Both engines leave the same world: of every program, from nothing, after an update, after drift, after destroy.

Two worlds, one provisioned by each engine, go through the same in step. After each step everything is compared that
GitHub and AWS hold. The providers of Pulumi's engine are the official ones for GitHub, so where the two differ the
embedded engine or the world is wrong.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from twinlock.engine.port import Stack
from twinlock.model.account import Purpose
from twinlock.model.declaration import IntegrationPoint, Where
from twinlock.model.integration import Ground, under_test
from twinlock.programs import definitions, integration, run
from twinlock.provider import world_file
from twinlock_cli import compose
from twinlock_cli.engines import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOST = "token.actions.githubusercontent.com"
ENGINES = ("pulumi", "embedded")
RUN = "payments-r1"
EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
UPDATED = {
    "services/payments.yaml": {
        "The payments service.": "Takes payments.",
        "approvals: 2": "approvals: 3",
        "  - {name: orders-queue, kind: aws-sqs, critical: true}": (
            "  - {name: orders-queue, kind: aws-sqs, critical: true}\n"
            "  - {name: refunds, kind: aws-sqs, critical: false}"
        ),
    },
    "roster.yaml": {
        "people:": "people:\n  nora: {identity: nora@acme.example, github: [nora], teams: [payments-developers]}",
    },
    "platform.yaml": {"undeclared_roles: quarantine": "undeclared_roles: report"},
}
"""What a new version of the manifest says otherwise, by file."""


@pytest.fixture(scope="module")
def pair(provisioned: Any, new_platform: Callable[[], Any]) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - the conftest's
    """Return a platform for each engine, and leave Pulumi's as it was declared."""
    other = new_platform()
    before = {name: (provisioned.root / name).read_text() for name in UPDATED}
    done = other.twinlock("up", "--yes", "--engine", "embedded")
    assert done.code == 0, done.err
    yield {"pulumi": provisioned, "embedded": other}
    for name, text in before.items():
        (provisioned.root / name).write_text(text)
    again = provisioned.twinlock("up", "--yes", "--engine", "pulumi")
    assert again.code == 0, again.err


def test_from_nothing(pair: dict[str, Any]) -> None:
    """Organization, repositories, protections: everything is equal that GitHub and AWS would tell."""
    assert compared(pair) == []


def test_after_an_update_of_the_manifest(pair: dict[str, Any]) -> None:
    """Other texts, numbers, people and policies; what is not touched stays as it was."""
    for platform in pair.values():
        for name, changes in UPDATED.items():
            path = platform.root / name
            text = path.read_text()
            for old, new in changes.items():
                assert old in text
                text = text.replace(old, new, 1)
            path.write_text(text)
    changed = applied(pair, "up")
    assert compared(pair) == []
    assert changed["pulumi"] == changed["embedded"]


def test_after_drift(pair: dict[str, Any]) -> None:
    """What an owner and an administrator changed by hand is put back by both, and leaves no trace that differs."""
    before = observed(pair["pulumi"])
    for platform in pair.values():
        weaken(platform)
    assert compared(pair) == []
    applied(pair, "up")
    assert compared(pair) == []
    assert differences(before, observed(pair["pulumi"])) == []


def test_an_integration_environment(pair: dict[str, Any]) -> None:
    """Made, changed, tampered with and destroyed: at each point both engines have left the same."""
    first, later = ("0" * 64, "2026-03-01T11:00:00+01:00"), ("1" * 64, "2026-03-02T11:00:00+01:00")
    for moment in (first, later):
        for kind, platform in pair.items():
            engine, stack = environment(platform, kind, *moment)
            engine.up(stack)
        assert compared(pair) == []
    untouched = observed(pair["pulumi"])
    for kind, platform in pair.items():
        tamper(platform)
        engine, stack = environment(platform, kind, *later)
        engine.up(stack)
    assert compared(pair) == []
    assert network(differences(untouched, observed(pair["pulumi"]))) == []
    for kind, platform in pair.items():
        engine, stack = environment(platform, kind, *later)
        engine.destroy(stack)
    assert compared(pair) == []
    left = observed(pair["pulumi"])["aws"]["111111111111"]["regions"]["eu-west-1"]
    # Every account has this network, and AWS remembers clusters and task definitions that were.
    assert (left.keys(), left["ec2"].keys()) == ({"ec2", "ecs"}, {"172.31.0.0/16"})
    assert {each["status"] for kind in left["ecs"].values() for each in kind.values()} == {"INACTIVE"}


def test_after_destroy(pair: dict[str, Any]) -> None:
    """Everything that was provisioned is deleted, by credentials of this run, and both leave the same."""
    changed = applied(pair, "destroy")
    assert compared(pair) == []
    assert changed["pulumi"] == changed["embedded"]
    assert {operation for operation, _, _ in changed["pulumi"]} == {"delete"}
    assert [platform.request("GET", "/orgs/acme/repos") for platform in pair.values()] == [[], []]


def applied(pair: dict[str, Any], command: str) -> dict[str, list[tuple[str, str, str]]]:
    """Run a command with each engine, and return what it changed: operation, type, name."""
    changed = {}
    for kind, platform in pair.items():
        done = platform.twinlock(command, "--yes", "--engine", kind, "--format", "json")
        assert done.code == 0, done.err
        changed[kind] = sorted(
            (change["operation"], change["type"], change["name"])
            for stack in done.document["stacks"]
            for change in stack["changes"]
        )
    return changed


def environment(platform: Any, kind: str, digest: str, started: str) -> tuple[Any, Stack]:  # noqa: ANN401 - the conftest's
    """Return an engine and the stack of one run; a later one talks to one queue more."""
    directory = compose.load(platform.root)
    reached = world_file.connection(compose.world(directory), directory.estate, "twinlock-controller")
    account = reached.aws[Purpose.INTEGRATION]
    tested = under_test(directory.estate.services["payments"])
    if digest[0] == "1":
        tested = dataclasses.replace(
            tested, points=(*tested.points, IntegrationPoint("later", "aws-sqs", None, critical=False))
        )
    ground = Ground(account=account.account_id, images=reached.aws[Purpose.BUILD].account_id, region=account.region)
    registry = f".dkr.ecr.{ground.region}.amazonaws.com/"
    artifact, suite = (
        f"{ground.images}{registry}payments@sha256:{digest}",
        f"{ground.account}{registry}payments/r@sha256:{digest}",
    )
    this = run.parse(tested, RUN, artifact, suite, started)
    stack = Stack(
        "integration",
        RUN,
        lambda: integration.declare(tested, ground, this, account),
        providers=lambda: (definitions.aws(account, Purpose.INTEGRATION, Where.WORLD),),
    )
    return compose.engine(directory, Kind(kind)), stack


def weaken(platform: Any) -> None:  # noqa: ANN401 - the conftest's
    """Change by hand what both engines have to put back."""
    application, tests = "/repos/acme/payments", "/repos/acme/payments-integration-tests"
    rulesets = {each["name"]: each["id"] for each in platform.request("GET", f"{application}/rulesets")}
    for method, path, body in (
        ("PATCH", application, {"description": "Other", "allow_merge_commit": True, "delete_branch_on_merge": False}),
        ("PUT", f"{application}/rulesets/{rulesets['default-branch']}", {"enforcement": "disabled"}),
        ("DELETE", f"{application}/rulesets/{rulesets['release-tags-creation']}", None),
        ("PUT", f"{application}/actions/permissions", {"enabled": True, "allowed_actions": "all"}),
        ("PUT", f"{application}/actions/permissions/workflow", {"default_workflow_permissions": "write"}),
        ("PUT", f"{application}/environments/production", {"wait_timer": 1, "prevent_self_review": False}),
        ("PATCH", f"{application}/environments/production/variables/AWS_REGION", {"value": "us-east-1"}),
        ("PUT", "/orgs/acme/teams/payments-testers/repos/acme/payments", {"permission": "push"}),
        ("PUT", "/orgs/acme/teams/payments-testers/memberships/alice", {"role": "member"}),
        ("PATCH", "/orgs/acme/teams/payments-reviewers", {"description": "Other", "privacy": "secret"}),
        ("PUT", "/orgs/acme/actions/permissions/workflow", {"default_workflow_permissions": "write"}),
        ("PUT", f"{tests}/collaborators/alice", {"permission": "admin"}),
        ("PUT", f"{tests}/environments/surprise", {}),
    ):
        platform.request(method, path, body)
    production, built = platform.aws("iam", "production"), platform.aws("iam", "build")
    role = "payments-release"
    production.update_role(RoleName=role, MaxSessionDuration=7200, Description="Other")
    production.put_role_policy(RoleName=role, PolicyName="convenience", PolicyDocument=EVERYTHING)
    production.delete_role_policy(RoleName=role, PolicyName="twinlock-closed")
    production.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    production.delete_role_permissions_boundary(RoleName=role)
    production.tag_role(
        RoleName=role, Tags=[{"Key": "twinlock:service", "Value": "other"}, {"Key": "more", "Value": "1"}]
    )
    boundary = "arn:aws:iam::222222222222:policy/twinlock-boundary"
    production.create_policy_version(PolicyArn=boundary, PolicyDocument=EVERYTHING, SetAsDefault=True)
    provider = f"arn:aws:iam::222222222222:oidc-provider/{HOST}"
    production.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=provider, ClientID="other")
    trust = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    )
    built.update_assume_role_policy(RoleName="payments-publish", PolicyDocument=trust)


def tamper(platform: Any) -> None:  # noqa: ANN401 - the conftest's
    """Change by hand what is in the network of a run, and beside it."""
    ec2 = platform.aws("ec2", "integration")
    own = [{"Name": "tag:twinlock:run", "Values": [RUN]}]
    (vpc,) = (each["VpcId"] for each in ec2.describe_vpcs(Filters=own)["Vpcs"])
    everywhere = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    for group in ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]:
        if group["GroupName"] == "default":
            ec2.authorize_security_group_egress(GroupId=group["GroupId"], IpPermissions=everywhere)
        elif group["GroupName"].endswith("-suite"):
            (rule, *_) = ec2.describe_security_group_rules(
                Filters=[{"Name": "group-id", "Values": [group["GroupId"]]}]
            )["SecurityGroupRules"]
            ec2.revoke_security_group_egress(
                GroupId=group["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
            )
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "more", "Value": "1"}, {"Key": "twinlock:owner", "Value": "other"}])
    (subnet, *_) = ec2.describe_subnets(Filters=own)["Subnets"]
    ec2.modify_subnet_attribute(SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch={"Value": True})
    (table,) = ec2.describe_route_tables(Filters=own)["RouteTables"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    for endpoint in ec2.describe_vpc_endpoints(Filters=own)["VpcEndpoints"]:
        if endpoint["ServiceName"].endswith(".kms"):
            ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
        elif endpoint["ServiceName"].endswith(".sts"):
            ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], PolicyDocument=EVERYTHING)
    ec2.delete_flow_logs(FlowLogIds=[each["FlowLogId"] for each in ec2.describe_flow_logs()["FlowLogs"]])
    logs = platform.aws("logs", "integration")
    logs.put_retention_policy(logGroupName=f"/twinlock/payments/{RUN}", retentionInDays=1)
    queues = platform.aws("sqs", "integration")
    for url in queues.list_queues()["QueueUrls"]:
        queues.set_queue_attributes(
            QueueUrl=url, Attributes={"VisibilityTimeout": "1", "SqsManagedSseEnabled": "false"}
        )
    tasks = platform.aws("ecs", "integration")
    (revision,) = tasks.list_task_definitions(familyPrefix=f"{RUN}-suite", status="ACTIVE")["taskDefinitionArns"]
    tasks.deregister_task_definition(taskDefinition=revision)
    tasks.update_cluster(cluster=RUN, settings=[{"name": "containerInsights", "value": "enabled"}])
    images = platform.aws("ecr", "integration")
    images.put_image_tag_mutability(repositoryName=f"payments/{RUN}", imageTagMutability="MUTABLE")


def network(found: list[str]) -> list[str]:
    """Return differences without revisions of task definitions: those that were stay known to AWS."""
    return [each for each in found if "/task_definitions/" not in each]


def compared(pair: dict[str, Any]) -> list[str]:
    """Return how the two worlds differ."""
    return differences(*(observed(pair[kind]) for kind in ENGINES))


POLICIES = ("permissions", "permissions/selected-actions", "permissions/workflow", "permissions/access")


def observed(platform: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a world as it is to be compared.

    A policy that was never written counts as what GitHub answers for it, an empty text as none; lists have no order.
    """
    dump = platform.dump()
    for organization, held in dump["github"]["organizations"].items():
        held["actions_policies"] = policies(platform, f"/orgs/{organization}/actions", POLICIES[:-1])
        for name, repository in held["repositories"].items():
            path = f"/repos/{organization}/{name}/actions"
            repository["actions_policies"] = policies(platform, path, POLICIES)
    for account in dump["aws"].values():
        for region in account["regions"].values():
            region["ec2"] = {each["cidr_block"]: each for each in region.get("ec2", [])}
    return canonical(dump)


def policies(platform: Any, path: str, kinds: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return what GitHub answers for what Actions may do, without addresses."""
    selects = platform.request("GET", f"{path}/permissions").get("allowed_actions") == "selected"
    asked = [kind for kind in kinds if selects or not kind.endswith("/selected-actions")]
    found = {kind: platform.request("GET", f"{path}/{kind}") for kind in asked}
    return {kind: {k: v for k, v in each.items() if not k.endswith("_url")} for kind, each in found.items()}


def canonical(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a document in which lists are sorted and an empty text is nothing."""
    if isinstance(value, dict):
        return {key: canonical(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted((canonical(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    return None if value == "" else value


def differences(one: Any, other: Any, path: str = "") -> list[str]:  # noqa: ANN401 - JSON
    """Return the paths at which two documents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted(one.keys() | other.keys())
        return [each for key in keys for each in differences(one.get(key), other.get(key), f"{path}/{key}")]
    return [] if one == other else [f"{path}: {json.dumps(one)[:200]} != {json.dumps(other)[:200]}"]
