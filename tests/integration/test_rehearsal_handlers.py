"""The handlers of AWS's types against moto itself: made, found as declared, tampered with, put right, deleted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from twinlock.aws import session
from twinlock.aws.session import BotoServices, Credentials
from twinlock.model.declaration import Where
from twinlock.provider.port import Clients
from twinlock.provider.registry import handlers_in
from twinlock_rehearsal import handlers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twinlock.provider.port import HandlerFactory

ACCOUNT, REGION = "123456789012", "eu-west-1"
TAGS = {"run": "one"}
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
LOOK = {**EVERYTHING, "Statement": [{**EVERYTHING["Statement"][0], "Action": "s3:GetObject"}]}
CONTAINERS = json.dumps([{"name": "one", "image": "one", "memory": 128, "environment": [{"name": "A", "value": "1"}]}])
FACTORIES = handlers_in(handlers)


class Aws:
    """An account in moto: what handlers reach, what a test tampers with, and what others stand in."""

    def __init__(self) -> None:
        keys = Credentials("AKIA", "none")
        services = BotoServices(keys, region=REGION, target=Where.CLOUD)
        self.clients = Clients(iam=services("iam"), account=ACCOUNT, aws=services, region=REGION)
        self.made: dict[str, str] = {}

    def sdk(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
        """Return an SDK client."""
        make: Callable[..., Any] = boto3.client  # its overloads know service names only as literals
        return make(service, region_name=REGION, aws_access_key_id="AKIA", aws_secret_access_key="none")  # noqa: S106 - none

    def __getitem__(self, kind: str) -> str:
        """Return the id of something to stand in, made when it is first asked for."""
        if kind not in self.made:
            ec2 = self.sdk("ec2")
            match kind:
                case "vpc":
                    self.made[kind] = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
                case "subnet":
                    found = ec2.create_subnet(VpcId=self["vpc"], CidrBlock="10.9.0.0/20")
                    self.made[kind] = found["Subnet"]["SubnetId"]
                case "table":
                    self.made[kind] = ec2.create_route_table(VpcId=self["vpc"])["RouteTable"]["RouteTableId"]
                case "repository":
                    self.sdk("ecr").create_repository(repositoryName="held")
                    self.made[kind] = "held"
                case _:
                    made = ec2.create_security_group(VpcId=self["vpc"], GroupName=kind, Description=kind)
                    self.made[kind] = made["GroupId"]
        return self.made[kind]


@pytest.fixture(scope="module", autouse=True)
def _afresh() -> None:
    """Make botocore's session anew: moto hooks into those that are made after it was imported."""
    session._session.cache_clear()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Return an empty account."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with mock_aws():
        yield Aws()


def everywhere(way: str) -> Callable[[Aws, str], object]:
    """Return what opens a group in one direction."""
    rule = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    return lambda aws, id_: getattr(aws.sdk("ec2"), f"authorize_security_group_{way}")(GroupId=id_, IpPermissions=rule)


def tag(aws: Aws, id_: str) -> None:
    """Put another tag on something of EC2, and change one."""
    aws.sdk("ec2").create_tags(Resources=[id_], Tags=[{"Key": "run", "Value": "two"}, {"Key": "more", "Value": "1"}])


CASES: dict[str, tuple[Callable[[Aws], dict[str, object]], Callable[[Aws, str], object], list[str]]] = {
    "aws:cloudwatch/logGroup:LogGroup": (
        lambda _: {"name": "/app", "retentionInDays": 30, "tags": TAGS},
        lambda aws, id_: aws.sdk("logs").delete_retention_policy(logGroupName=id_),
        ["retentionInDays"],
    ),
    "aws:ec2/vpc:Vpc": (
        lambda _: {"cidrBlock": "10.8.0.0/16", "enableDnsSupport": True, "enableDnsHostnames": True, "tags": TAGS},
        lambda aws, id_: aws.sdk("ec2").modify_vpc_attribute(VpcId=id_, EnableDnsHostnames={"Value": False}),
        ["enableDnsHostnames"],
    ),
    "aws:ec2/subnet:Subnet": (
        lambda aws: {"vpcId": aws["vpc"], "cidrBlock": "10.9.64.0/20", "mapPublicIpOnLaunch": False, "tags": TAGS},
        tag,
        ["tags.more", "tags.run"],
    ),
    "aws:ec2/routeTable:RouteTable": (
        lambda aws: {"vpcId": aws["vpc"], "routes": [], "tags": TAGS},
        tag,
        ["tags.more", "tags.run"],
    ),
    "aws:ec2/securityGroup:SecurityGroup": (
        lambda aws: {"vpcId": aws["vpc"], "name": "g", "description": "G", "ingress": [], "egress": [], "tags": TAGS},
        everywhere("egress"),
        ["egress"],
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": (
        lambda aws: {"vpcId": aws["vpc"], "ingress": [], "egress": [], "tags": TAGS},
        everywhere("ingress"),
        ["ingress"],
    ),
    "aws:ec2/flowLog:FlowLog": (
        lambda aws: {
            "vpcId": aws["vpc"],
            "trafficType": "ALL",
            "logDestinationType": "cloud-watch-logs",
            "logDestination": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/app",
            "iamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/logs",
            "maxAggregationInterval": 60,
            "tags": TAGS,
        },
        tag,
        ["tags.more", "tags.run"],
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": (
        lambda aws: {
            "vpcId": aws["vpc"],
            "serviceName": f"com.amazonaws.{REGION}.s3",
            "vpcEndpointType": "Gateway",
            "routeTableIds": [aws["table"]],
            "policy": json.dumps(LOOK),
            "tags": TAGS,
        },
        lambda aws, id_: aws.sdk("ec2").modify_vpc_endpoint(VpcEndpointId=id_, PolicyDocument=json.dumps(EVERYTHING)),
        ["policy"],
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (
        lambda aws: {
            "securityGroupId": aws["one"],
            "referencedSecurityGroupId": aws["two"],
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "tags": TAGS,
        },
        tag,
        ["tags.more", "tags.run"],
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        lambda aws: {
            "securityGroupId": aws["one"],
            "cidrIpv4": "10.0.0.0/8",
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "tags": TAGS,
        },
        tag,
        ["tags.more", "tags.run"],
    ),
    "aws:ecs/cluster:Cluster": (
        lambda _: {"name": "c", "settings": [{"name": "containerInsights", "value": "disabled"}], "tags": TAGS},
        lambda aws, id_: aws.sdk("ecs").update_cluster(
            cluster=id_, settings=[{"name": "containerInsights", "value": "enabled"}]
        ),
        ["settings"],
    ),
    "aws:sqs/queue:Queue": (
        lambda _: {"name": "q", "sqsManagedSseEnabled": True, "fifoQueue": False, "tags": TAGS},
        lambda aws, id_: aws.sdk("sqs").set_queue_attributes(QueueUrl=id_, Attributes={"VisibilityTimeout": "1"}),
        ["visibilityTimeoutSeconds"],
    ),
    "aws:ecr/repository:Repository": (
        lambda _: {"name": "images", "imageTagMutability": "IMMUTABLE", "forceDelete": True, "tags": TAGS},
        lambda aws, id_: aws.sdk("ecr").put_image_tag_mutability(repositoryName=id_, imageTagMutability="MUTABLE"),
        ["imageTagMutability"],
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": (
        lambda aws: {"repository": aws["repository"], "policy": json.dumps(LOOK)},
        lambda aws, id_: aws.sdk("ecr").set_repository_policy(repositoryName=id_, policyText=json.dumps(EVERYTHING)),
        ["policy"],
    ),
}
"""By type: what is declared, how it is tampered with, and what then differs."""


@pytest.mark.parametrize("type_", CASES)
def test_a_type_settles(aws: Aws, type_: str) -> None:
    """Nothing differs from what was made; what is tampered with is named and put right; what is deleted is gone."""
    declared, tampered, expected = CASES[type_]
    inputs = declared(aws)
    factory: HandlerFactory = FACTORIES[type_]
    handler = factory(aws.clients)
    assert (handler.check(inputs), handler.find(inputs)) == ((), None)
    id_ = handler.create(inputs).id
    live = handler.read(id_, inputs)
    assert live is not None
    assert handler.diff(live, inputs) == ()
    tampered(aws, id_)
    live = handler.read(id_, inputs)
    assert live is not None
    assert sorted(change.path for change in handler.diff(live, inputs)) == expected
    handler.update(id_, live, inputs)
    live = handler.read(id_, inputs)
    assert live is not None
    assert handler.diff(live, inputs) == ()
    handler.delete(id_, {**inputs, **live})
    if "default" not in type_:
        assert handler.read(id_, inputs) is None
    handler.delete(id_, {**inputs, **live})


def test_a_revision_is_taken_for_no_other(aws: Aws) -> None:
    """A later one that somebody registered is not this one, and a deregistered one is gone."""
    handler = FACTORIES["aws:ecs/taskDefinition:TaskDefinition"](aws.clients)
    inputs = {"family": "job", "containerDefinitions": CONTAINERS, "tags": TAGS}
    id_ = handler.create(inputs).id
    theirs = [{"name": "one", "image": "other", "memory": 128}]
    aws.sdk("ecs").register_task_definition(family="job", containerDefinitions=theirs)
    live = handler.read(id_, inputs)
    assert live is not None
    assert (live["revision"], handler.diff(live, inputs)) == (1, ())
    other = {**inputs, "containerDefinitions": CONTAINERS.replace("128", "256")}
    assert [change.path for change in handler.diff(live, other)] == ["containerDefinitions"]
    handler.delete(id_, live)
    assert handler.read(id_, inputs) is None


def test_a_gateway_names_the_addresses_of_its_service(aws: Aws) -> None:
    """Rules of security groups lead to its prefix list."""
    declared, _, _ = CASES["aws:ec2/vpcEndpoint:VpcEndpoint"]
    made = FACTORIES["aws:ec2/vpcEndpoint:VpcEndpoint"](aws.clients).create(declared(aws))
    assert str(made.outputs["prefixListId"]).startswith("pl-")
