"""The program `integration`: a closed network, marked everywhere, in the integration account only."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

from twinlock.errors import BadInput
from twinlock.model.account import Purpose
from twinlock.model.integration import Ground, under_test
from twinlock.programs import integration, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock.model.estate import Estate
    from twinlock.provider.connection import Connection

    Declare = Callable[..., Any]

NAME = "payments-r1"
DIGEST = "0" * 64
ARTIFACT = f"444444444444.dkr.ecr.eu-west-1.amazonaws.com/payments@sha256:{DIGEST}"
SUITE = f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/payments/{NAME}@sha256:{DIGEST}"
GROUND = Ground("111111111111", "444444444444", "eu-west-1")
TAGS = {
    "twinlock:run": NAME,
    "twinlock:owner": "payments-testers",
    "twinlock:expires-at": "2026-03-01T12:00:00Z",
    "twinlock:service": "payments",
}
UNTAGGABLE = {"aws:ec2/routeTableAssociation:RouteTableAssociation"}
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


@pytest.fixture
def recorded(declare: Declare, estate: Estate, connection: Connection) -> Any:  # noqa: ANN401 - of the conftest
    """Return what the program declares."""
    service = under_test(estate.services["payments"])
    this = run.parse(service, NAME, ARTIFACT, SUITE, "2026-03-01T11:00:00+01:00")
    return declare(lambda: integration.declare(service, GROUND, this, connection.aws[Purpose.INTEGRATION]))


def test_nothing_leads_out_of_the_network(recorded: Any) -> None:  # noqa: ANN401 - as above
    """No gateway, no peering, no route, no public address, and no rule for everybody."""
    types = {resource.type for resource in recorded.resources}
    assert not [type_ for type_ in types if any(word in type_.lower() for word in ("gateway", "peering", "eip"))]
    assert not [type_ for type_ in types if type_.endswith((":Route", ":NetworkInterface", ":TransitGateway"))]
    for resource in recorded.resources:
        assert "0.0.0.0/0" not in json.dumps(resource.inputs)
        assert "::/0" not in json.dumps(resource.inputs)
    assert recorded.inputs("aws:ec2/routeTable:RouteTable")[NAME]["routes"] == []
    subnets = recorded.inputs("aws:ec2/subnet:Subnet")
    assert {name: subnet["availabilityZone"] for name, subnet in subnets.items()} == {
        f"{NAME}:a": "eu-west-1a",
        f"{NAME}:b": "eu-west-1b",
    }
    assert not any(subnet["mapPublicIpOnLaunch"] for subnet in subnets.values())
    default = recorded.inputs("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")[NAME]
    assert (default["ingress"], default["egress"]) == ([], [])


def test_everything_that_can_be_tagged_is(recorded: Any) -> None:  # noqa: ANN401 - as above
    """The janitor destroys by tag, and the role may touch only what carries its run's."""
    untagged = [
        resource.type
        for resource in recorded.resources
        if resource.type.startswith("aws:") and resource.inputs.get("tags") != TAGS
    ]
    assert set(untagged) == UNTAGGABLE


def test_security_groups_let_out_only_to_endpoints_storage_and_the_service(recorded: Any) -> None:  # noqa: ANN401 - as above
    """Each way is explicit, on one port, and no group has a rule of its own."""

    def ways(type_: str) -> dict[str, tuple[object, ...]]:
        keys = ("securityGroupId", "referencedSecurityGroupId", "prefixListId", "ipProtocol", "fromPort", "toPort")
        return {name: tuple(rule.get(key) for key in keys) for name, rule in recorded.inputs(type_).items()}

    service, suite, endpoints = (f"{NAME}:{group}-id" for group in ("service", "suite", "endpoints"))
    assert ways(EGRESS) == {
        f"{NAME}:suite-to-service": (suite, service, None, "tcp", 8080, 8080),
        f"{NAME}:service-to-endpoints": (service, endpoints, None, "tcp", 443, 443),
        f"{NAME}:suite-to-endpoints": (suite, endpoints, None, "tcp", 443, 443),
        f"{NAME}:service-to-s3": (service, None, "pl-1", "tcp", 443, 443),
        f"{NAME}:suite-to-s3": (suite, None, "pl-1", "tcp", 443, 443),
    }
    assert ways(INGRESS) == {
        f"{NAME}:suite-to-service": (service, suite, None, "tcp", 8080, 8080),
        f"{NAME}:service-to-endpoints": (endpoints, service, None, "tcp", 443, 443),
        f"{NAME}:suite-to-endpoints": (endpoints, suite, None, "tcp", 443, 443),
    }
    for group in recorded.inputs("aws:ec2/securityGroup:SecurityGroup").values():
        assert "ingress" not in group
        assert "egress" not in group


def test_endpoints_are_those_that_the_run_needs(recorded: Any) -> None:  # noqa: ANN401 - as above
    """Private names, own credentials, and of S3 only the images' layers."""
    endpoints = recorded.inputs(ENDPOINT)
    kinds = {name.removeprefix(f"{NAME}:"): endpoint["vpcEndpointType"] for name, endpoint in endpoints.items()}
    interfaces = ("ecr.api", "ecr.dkr", "kms", "logs", "sqs", "sts")
    assert kinds == dict.fromkeys(interfaces, "Interface") | {"s3": "Gateway"}
    queue = endpoints[f"{NAME}:sqs"]
    assert queue["serviceName"] == "com.amazonaws.eu-west-1.sqs"
    assert queue["privateDnsEnabled"] is True
    assert queue["securityGroupIds"] == [f"{NAME}:endpoints-id"]
    assert json.loads(queue["policy"])["Statement"][0]["Condition"] == {
        "StringEquals": {"aws:PrincipalAccount": "111111111111"},
        "StringEqualsIfExists": {"aws:ResourceAccount": ["111111111111", "444444444444"]},
    }
    (storage,) = json.loads(endpoints[f"{NAME}:s3"]["policy"])["Statement"]
    assert (storage["Action"], storage["Resource"]) == (
        "s3:GetObject",
        "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*",
    )


def test_queue_s_endpoint_is_declared_only_with_a_queue(
    declare: Declare, estate: Estate, connection: Connection
) -> None:
    """An endpoint that nobody needs is a way out that nobody watches."""
    service = dataclasses.replace(under_test(estate.services["payments"]), points=())
    this = run.parse(service, NAME, ARTIFACT, SUITE, "2026-03-01T10:00:00Z")
    recorded = declare(lambda: integration.declare(service, GROUND, this, connection.aws[Purpose.INTEGRATION]))
    assert f"{NAME}:sqs" not in recorded.of(ENDPOINT)
    assert recorded.of("aws:sqs/queue:Queue") == {}


def test_traffic_is_logged(recorded: Any) -> None:  # noqa: ANN401 - as above
    """All of it, into the run's own group."""
    log = recorded.inputs("aws:ec2/flowLog:FlowLog")[NAME]
    del log["tags"]
    assert log == {
        "vpcId": f"{NAME}-id",
        "trafficType": "ALL",
        "logDestinationType": "cloud-watch-logs",
        "logDestination": "arn:aws:logs:eu-west-1:111111111111:log-group:run",
        "iamRoleArn": "arn:aws:iam::111111111111:role/twinlock-flow-logs",
        "maxAggregationInterval": 60,
    }
    group = recorded.inputs("aws:cloudwatch/logGroup:LogGroup")[NAME]
    assert (group["name"], group["retentionInDays"]) == (f"/twinlock/payments/{NAME}", 30)


def test_tasks_run_under_the_estate_s_roles_and_by_digest(recorded: Any) -> None:  # noqa: ANN401 - as above
    """Service and suite are separate tasks with separate identities, read-only and unprivileged; neither logs."""
    tasks = recorded.inputs("aws:ecs/taskDefinition:TaskDefinition")
    assert {name: task["taskRoleArn"] for name, task in tasks.items()} == {
        f"{NAME}:service": "arn:aws:iam::111111111111:role/payments-workload",
        f"{NAME}:suite": "arn:aws:iam::111111111111:role/payments-suite",
    }
    assert {task["executionRoleArn"] for task in tasks.values()} == {
        "arn:aws:iam::111111111111:role/payments-execution"
    }
    (service,) = json.loads(tasks[f"{NAME}:service"]["containerDefinitions"])
    (suite,) = json.loads(tasks[f"{NAME}:suite"]["containerDefinitions"])
    assert (service["image"], suite["image"]) == (ARTIFACT, SUITE)
    queue = "https://sqs.eu-west-1.amazonaws.com/111111111111/queue"
    assert service == {
        "name": "service",
        "image": ARTIFACT,
        "essential": True,
        "privileged": False,
        "readonlyRootFilesystem": True,
        "environment": [
            {"name": "AWS_REGION", "value": "eu-west-1"},
            {"name": "HOST", "value": "0.0.0.0"},  # noqa: S104 - the container's own network
            {"name": "ORDERS_QUEUE_URL", "value": queue},
            {"name": "PORT", "value": "8080"},
        ],
        "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": f"/twinlock/payments/{NAME}",
                "awslogs-region": "eu-west-1",
                "awslogs-stream-prefix": "service",
            },
        },
    }
    assert suite["portMappings"] == []
    queues = recorded.inputs("aws:sqs/queue:Queue")
    assert queues[f"{NAME}:orders-queue"]["name"] == "payments-orders-queue-r1"
    assert set(recorded.of("aws:ecs/cluster:Cluster")) == {NAME}


def test_the_suite_s_image_has_a_place_that_goes_with_the_run(recorded: Any) -> None:  # noqa: ANN401 - as above
    """The runner puts it there by digest, and no tag of it moves."""
    images = recorded.inputs("aws:ecr/repository:Repository")[NAME]
    assert images == {
        "name": f"payments/{NAME}",
        "imageTagMutability": "IMMUTABLE",
        "forceDelete": True,
        "tags": TAGS,
    }


def test_only_the_integration_account_is_entered(recorded: Any) -> None:  # noqa: ANN401 - as above
    """A run cannot reach production, whatever it declares."""
    assert set(recorded.of("pulumi:providers:aws")) == {"aws-integration"}
    used = {r.options["provider"] for r in recorded.resources if r.type.startswith("aws:")}
    assert used == {"aws-integration"}


def test_what_a_runner_needs_is_exported(recorded: Any) -> None:  # noqa: ANN401 - as above
    """It looks for nothing by itself."""
    assert recorded.outputs == {
        "cluster": NAME,
        "images": f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/payments/{NAME}",
        "logs": f"/twinlock/payments/{NAME}",
        "port": 8080,
        "tags": TAGS,
        "taskDefinitions": dict.fromkeys(
            ("service", "suite"), "arn:aws:ecs:eu-west-1:111111111111:task-definition/task:1"
        ),
        "subnets": [f"{NAME}:a-id", f"{NAME}:b-id"],
        "securityGroups": {"service": f"{NAME}:service-id", "suite": f"{NAME}:suite-id"},
    }


def test_run_lives_as_long_as_its_service_says(estate: Estate) -> None:
    """The end follows from the start, so that declaring the stack again changes nothing."""
    this = run.parse(under_test(estate.services["payments"]), NAME, ARTIFACT, SUITE, "2026-03-01T11:00:00+01:00")
    assert this.expires_at == dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("values", "key", "why"),
    [
        (("orders-r1", ARTIFACT, SUITE, "2026-03-01T10:00:00Z"), "run", "A run of payments is called payments-SUFFIX"),
        (("payments-", ARTIFACT, SUITE, "2026-03-01T10:00:00Z"), "run", "A run of payments is called payments-SUFFIX"),
        (("payments-R_1", ARTIFACT, SUITE, "2026-03-01T10:00:00Z"), "run", "in small letters and digits"),
        ((NAME, "payments:latest", SUITE, "2026-03-01T10:00:00Z"), "artifact", "named by registry and digest"),
        ((NAME, ARTIFACT, f"{SUITE}0", "2026-03-01T10:00:00Z"), "suite", "named by registry and digest"),
        ((NAME, ARTIFACT, SUITE, "yesterday"), "started", "It is not a time in ISO 8601."),
        ((NAME, ARTIFACT, SUITE, "2026-03-01T10:00:00"), "started", "It has no offset from UTC."),
    ],
)
def test_run_that_cannot_be_right_is_refused(estate: Estate, values: tuple[str, ...], key: str, why: str) -> None:
    """A tag that moves, a foreign name and a time without a zone each get their own reason."""
    with pytest.raises(BadInput) as raised:
        run.parse(under_test(estate.services["payments"]), *values)
    assert raised.value.what.startswith(f"twinlock:{key} is ")
    assert why in raised.value.why
    assert raised.value.mend == f"Set it: `pulumi config set twinlock:{key} VALUE`."
