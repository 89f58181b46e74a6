"""IAM's state as one document, written by the AWS SDK and read by `/_world/dump`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.aws.state import document

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.conftest import RunningWorld


def test_a_dump_shows_all_of_iam(start_world: Callable[..., RunningWorld]) -> None:
    """Roles with everything on them, policies and providers, by account; the administrator is not part of it."""
    world = start_world()
    assert world.request("GET", "/_world/status").json()["aws"]["empty_since_start"] is True
    iam = world.aws("iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    assert world.request("GET", "/_world/status").json()["aws"]["empty_since_start"] is True
    policy = iam.create_policy(PolicyName="edge", PolicyDocument=json.dumps(deny), Tags=[{"Key": "b", "Value": "2"}])
    boundary = policy["Policy"]["Arn"]
    iam.create_role(
        RoleName="worker",
        AssumeRolePolicyDocument=json.dumps(trust),
        Description="Works",
        MaxSessionDuration=7200,
        PermissionsBoundary=boundary,
        Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}],
    )
    iam.put_role_policy(RoleName="worker", PolicyName="inline", PolicyDocument=json.dumps(deny))
    iam.attach_role_policy(RoleName="worker", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.create_open_id_connect_provider(
        Url="https://issuer.example", ClientIDList=["b", "a"], ThumbprintList=["f" * 40]
    )
    assert world.request("GET", "/_world/status").json()["aws"]["empty_since_start"] is False
    found = world.request("GET", "/_world/dump?normalised=true").json()["aws"]
    assert found == {
        "111111111111": {
            "oidc_providers": {
                "arn:aws:iam::111111111111:oidc-provider/issuer.example": {
                    "audiences": ["a", "b"],
                    "host": "issuer.example",
                    "tags": {},
                    "thumbprints": ["f" * 40],
                }
            },
            "policies": {
                boundary: {"description": "", "document": deny, "name": "edge", "path": "/", "tags": {"b": "2"}},
            },
            "roles": {
                "worker": {
                    "arn": "arn:aws:iam::111111111111:role/worker",
                    "attached": ["arn:aws:iam::aws:policy/AdministratorAccess"],
                    "boundary": boundary,
                    "description": "Works",
                    "inline": {"inline": deny},
                    "max_session_duration": 7200,
                    "path": "/",
                    "tags": {"a": "1", "b": "2"},
                    "trust": trust,
                }
            },
            "regions": {},
        },
        "222222222222": {"oidc_providers": {}, "policies": {}, "roles": {}, "regions": {}},
    }


def test_a_policy_is_dumped_as_its_default_version(world: RunningWorld) -> None:
    """What a policy says now counts, not what it once said."""
    iam = world.aws("iam")
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    texts = [json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": sid, **statement}]}) for sid in ("Old", "New")]
    arn = iam.create_policy(PolicyName="turned", PolicyDocument=texts[0])["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=texts[1], SetAsDefault=True)
    shown = world.request("GET", "/_world/dump").json()["aws"]["111111111111"]["policies"][arn]
    assert shown["document"] == json.loads(texts[1])


def test_networks_are_told_by_what_they_are(world: RunningWorld) -> None:
    """Made twice, with other ids each time, a network looks the same; what was deleted is not told."""
    ec2 = world.aws("ec2", "second")
    seen = []
    for _ in range(2):
        vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/20", AvailabilityZone="eu-west-1a")["Subnet"]
        group = ec2.create_security_group(VpcId=vpc, GroupName="inner", Description="Inner")["GroupId"]
        pair = [{"GroupId": group}]
        opened = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": pair}]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=opened)
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet["SubnetId"])
        service = {"VpcId": vpc, "ServiceName": "com.amazonaws.eu-west-1.s3", "RouteTableIds": [table]}
        made = ec2.create_vpc_endpoint(**service, VpcEndpointType="Gateway")
        networks = world.request("GET", "/_world/dump?normalised=true").json()["aws"]["222222222222"]["regions"]
        (found,) = [each for each in networks["eu-west-1"]["ec2"] if each["cidr_block"] == "10.7.0.0/16"]
        seen.append(found)
        ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpoint"]["VpcEndpointId"]])
        (joined,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Associations"]
        ec2.disassociate_route_table(AssociationId=joined["RouteTableAssociationId"])
        ec2.delete_route_table(RouteTableId=table)
        ec2.delete_security_group(GroupId=group)
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        ec2.delete_vpc(VpcId=vpc)
    assert seen[0] == seen[1]
    first = seen[0]
    assert (first["subnets"].keys(), first["security_groups"]["inner"]["ingress"]) == (
        {"10.7.0.0/20"},
        [
            {
                "addresses": None,
                "description": None,
                "group": "inner",
                "ports": "443-443",
                "prefix_list": None,
                "protocol": "tcp",
                "tags": {},
            }
        ],
    )
    own = {"destination": "10.7.0.0/16", "target": "local"}
    storage = {"destination": "com.amazonaws.eu-west-1.s3", "target": "com.amazonaws.eu-west-1.s3"}
    assert [(each["main"], each["subnets"], each["routes"]) for each in first["route_tables"]] == [
        (True, [], [own]),
        (False, ["10.7.0.0/20"], [own, storage]),
    ]
    after = world.request("GET", "/_world/dump?normalised=true").json()["aws"]["222222222222"]["regions"]
    assert [each["cidr_block"] for each in after["eu-west-1"]["ec2"]] == ["172.31.0.0/16"]


def test_regional_services_are_told(world: RunningWorld) -> None:
    """What was made in them stands under its name; of services that nobody used nothing is told."""
    containers = [{"name": "one", "image": "one", "memory": 128}]
    world.aws("ecs", "second").create_cluster(clusterName="blue", tags=[{"key": "a", "value": "1"}])
    world.aws("ecs", "second").register_task_definition(family="job", containerDefinitions=containers)
    world.aws("ecr", "second").create_repository(repositoryName="images", imageTagMutability="IMMUTABLE")
    world.aws("logs", "second").create_log_group(logGroupName="/app", tags={"a": "1"})
    world.aws("sqs", "second").create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "5"}, tags={"a": "1"})
    dumped = world.request("GET", "/_world/dump?normalised=true").json()["aws"]["222222222222"]["regions"]
    found = dumped["eu-west-1"]
    settings = [{"name": "containerInsights", "value": "disabled"}]
    assert found["ecs"]["clusters"] == {"blue": {"status": "ACTIVE", "settings": settings, "tags": {"a": "1"}}}
    (revision,) = found["ecs"]["task_definitions"].values()
    assert (revision["status"], [each["image"] for each in revision["containers"]]) == ("ACTIVE", ["one"])
    assert found["ecr"] == {
        "images": {
            "images": [],
            "mutability": "IMMUTABLE",
            "policy": None,
            "scanning": {"scanOnPush": False},
            "tags": {},
        }
    }
    assert found["logs"] == {"/app": {"days": None, "key": None, "tags": {"a": "1"}}}
    assert (found["sqs"]["orders"]["visibility"], found["sqs"]["orders"]["tags"]) == (5, {"a": "1"})


@given(st.text(max_size=60))
def test_what_is_no_json_stays_text(text: str) -> None:
    """Two texts of one document are equal; a text that is none is shown as it stands."""
    assert document(json.dumps({"key": text})) == document(json.dumps({"key": text}, indent=2)) == {"key": text}
    assert document("{" + text.replace("}", "")) == "{" + text.replace("}", "")
