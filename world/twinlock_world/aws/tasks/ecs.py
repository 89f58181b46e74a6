"""ECS's requests about tasks: what moto would accept or overlook is refused, and what it answers is told as it is.

moto registers a task and its network interface; from there on the fleet knows better. Called by the edge with AWS's
lock, for every caller, after policies have allowed the request. Source of the refusals:
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from moto.backends import get_backend
from moto.ec2.models.elastic_network_interfaces import NetworkInterface

from twinlock_world.aws.call import Refusal, RefusedError
from twinlock_world.aws.tasks import order
from twinlock_world.aws.tasks.identities import CREDENTIALS
from twinlock_world.aws.tasks.state import STOPPED, Identity, shown
from twinlock_world.jsonvalue import FieldError, Fields

if TYPE_CHECKING:
    from twinlock_world.aws.call import Call, Request
    from twinlock_world.aws.tasks.fleet import Fleet
    from twinlock_world.aws.tasks.identities import Identities
    from twinlock_world.jsonvalue import JsonObject

_MOST_TASKS: Final = 10
_NO_CAPACITY: Final = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
_BY_USER: Final = "Task stopped by user"


class Ecs:
    """The part of ECS that runs tasks."""

    def __init__(self, fleet: Fleet, identities: Identities) -> None:
        # moto names an interface only where the VPC has DNS host names, and asks every task's for its name.
        NetworkInterface.private_dns_name = ""
        self._fleet = fleet
        self._identities = identities

    credentials_path = CREDENTIALS

    def credentials(self, path: str) -> JsonObject | None:
        """Return the keys that a task finds at a path; nothing where no task that lives has them."""
        return self._identities.credentials(path)

    def stop(self) -> None:
        """End every task."""
        self._fleet.stop()

    def answer(self, account: str, call: Call, request: Request) -> JsonObject | None:
        """Answer what moto cannot; nothing where it can.

        Raises:
            RefusedError: ECS refuses it.
        """
        check = {
            "DeleteCluster": self._delete_cluster,
            "RunTask": self._run_task,
            "StartTask": _start_task,
            "StopTask": _stop_task,
        }.get(call.action)
        if check is None:
            return None
        try:
            return check(_Place(account, call.region), Fields(_document(request.body)))
        except FieldError as error:
            raise _invalid(f"Invalid parameter: {error}") from error

    def told(self, account: str, call: Call, request: Request, answer: bytes) -> bytes:
        """Return moto's answer with what is known of its tasks; a new task begins, one that is to stop is told."""
        document = json.loads(answer)
        asked = Fields(_document(request.body))
        match call.action:
            case "RunTask":
                for task in document["tasks"]:
                    self._begin(_Place(account, call.region), task)
            case "StopTask":
                self._fleet.stop_task(document["task"]["taskArn"], asked.optional_text("reason") or _BY_USER)
                document["task"] = self._shown(document["task"])
            case "DescribeTasks":
                found = [task["taskArn"] for task in document["tasks"]]
                document["failures"] = [
                    {"arn": _task_arn(_Place(account, call.region), asked, name), "reason": "MISSING"}
                    for name in asked.texts("tasks", [])
                    if not any(arn == name or arn.endswith(f"/{name}") for arn in found)
                ]
            case _:
                return answer
        if "tasks" in document:
            document["tasks"] = [self._shown(task) for task in document["tasks"]]
        return json.dumps(document).encode()

    def _run_task(self, place: _Place, asked: Fields) -> JsonObject | None:
        count = asked.number("count") if asked.given("count") else 1
        if not 0 < count <= _MOST_TASKS:
            raise _invalid(f"Count must be between 1 and {_MOST_TASKS}")
        definition = place.definition(asked.text("taskDefinition"))
        strategy = [found.text("capacityProvider") for found in asked.objects("capacityProviderStrategy", [])]
        if (asked.optional_text("launchType") or next(iter(strategy), "EC2")) not in {"FARGATE", "FARGATE_SPOT"}:
            unmodelled = "This world has no ecs:RunTask but of the launch type FARGATE"
            raise RefusedError(Refusal(501, "NotImplemented", unmodelled))
        if definition is None:
            return None  # moto says so
        overrides = asked.object("overrides") if asked.given("overrides") else Fields({})
        overrides.objects("containerOverrides", [])
        wanted = order.Definition(
            (),
            overrides.optional_text("taskRoleArn") or definition.role,
            overrides.optional_text("executionRoleArn") or definition.execution,
        )
        if not wanted.execution:
            message = "Fargate requires task definition to have execution role ARN to support ECR images."
            raise RefusedError(Refusal(400, "ClientException", message))
        place.require_network(asked)
        for role in filter(None, (wanted.role, wanted.execution)):
            self._identities.require_trust(place.account, place.region, role)
        if count > self._fleet.room:
            return {"tasks": [], "failures": [{"reason": _NO_CAPACITY}] * count}
        # moto would add up what instances must have room for, and fail on containers that share their task's memory.
        place.ecs._calculate_task_resource_requirements = lambda _: {}  # noqa: SLF001 - there is no other way in
        return None

    def _delete_cluster(self, place: _Place, asked: Fields) -> None:
        name = asked.text("cluster").rpartition("/")[2]
        tasks = place.ecs.tasks.get(name, {})
        if any((found := self._fleet.find(arn)) is not None and found[1].status != STOPPED for arn in tasks):
            message = "The Cluster cannot be deleted while Tasks are active."
            raise RefusedError(Refusal(400, "ClusterContainsTasksException", message))

    def _begin(self, place: _Place, told: dict[str, Any]) -> None:
        definition = place.definition(told["taskDefinitionArn"])
        overrides = told.get("overrides") or {}
        arn = told["taskArn"]
        identity = Identity(arn, place.account, place.region, self._fleet.address(), "", "")
        if definition is None:
            return
        try:
            wanted = order.read(definition, overrides, identity.id, place.region)
        except order.CannotStartError as error:
            self._fleet.fail(identity, str(error))
            return
        identity = replace(identity, role=wanted.role, execution=wanted.execution)
        place.take_address(told, identity.address)
        self._fleet.begin(identity, wanted, self._identities.variables(identity))

    def _shown(self, told: dict[str, Any]) -> JsonObject:
        found = self._fleet.find(told["taskArn"])
        return told if found is None else shown(told, *found)


class _Place:
    """An account's ECS and network in one region, as moto holds them."""

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.ecs: Any = get_backend("ecs")[account][region]  # moto's own classes
        self.ec2: Any = get_backend("ec2")[account][region]

    def definition(self, name: str) -> order.Definition | None:
        try:
            found = self.ecs.describe_task_definition(name)
        except Exception:  # noqa: BLE001 - moto's many ways to say that there is none
            return None
        role, execution = (getattr(found, name, None) or "" for name in ("task_role_arn", "execution_role_arn"))
        return order.Definition(found.container_definitions, role, execution)

    def require_network(self, asked: Fields) -> None:
        """Let a request pass whose subnets and security groups are there, and named as moto needs them.

        Raises:
            RefusedError: They are not.
        """
        if not asked.given("networkConfiguration"):
            return  # moto says so
        network = asked.object("networkConfiguration").object("awsvpcConfiguration")
        subnets, groups = network.texts("subnets"), network.texts("securityGroups", [])
        if not subnets:
            raise _invalid("subnets can not be empty.")
        known = {subnet for zone in self.ec2.subnets.values() for subnet in zone}
        for subnet in subnets:
            if subnet not in known:
                code = "InvalidSubnetID.NotFound"
                raise _invalid(
                    f"Error retrieving subnet information for [{subnet}]: The subnet ID '{subnet}' does not exist "
                    f"(ErrorCode: {code})"
                )
        for group in groups:
            if self.ec2.get_security_group_from_id(group) is None:
                raise _invalid(
                    f"Error retrieving security group information for [{group}]: The security group '{group}' does "
                    "not exist (ErrorCode: InvalidGroup.NotFound)"
                )
        if not groups:
            unmodelled = "This world has no ecs:RunTask without security groups"
            raise RefusedError(Refusal(501, "NotImplemented", unmodelled))

    def take_address(self, told: dict[str, Any], address: str) -> None:
        """Let a task's network interface have the task's address."""
        details = [detail for attachment in told.get("attachments", []) for detail in attachment["details"]]
        for name in (detail["value"] for detail in details if detail["name"] == "networkInterfaceId"):
            interface = self.ec2.enis.get(name)
            if interface is not None:
                interface.private_ip_address = address
                for held in interface.private_ip_addresses[:1]:
                    held["PrivateIpAddress"] = address


def _start_task(_place: _Place, _asked: Fields) -> None:
    raise RefusedError(Refusal(501, "NotImplemented", "This world has no container instances, and no ecs:StartTask"))


def _stop_task(place: _Place, asked: Fields) -> None:
    task, cluster = asked.text("task"), asked.text("cluster", "default").rpartition("/")[2]
    asked.optional_text("reason")
    known = any(arn.endswith(f"/{task.rpartition('/')[2]}") for arn in place.ecs.tasks.get(cluster, {}))
    if cluster in place.ecs.clusters and not known:
        raise _invalid("The referenced task was not found.")


def _task_arn(place: _Place, asked: Fields, name: str) -> str:
    cluster = asked.text("cluster", "default").rpartition("/")[2]
    return name if name.startswith("arn:") else f"arn:aws:ecs:{place.region}:{place.account}:task/{cluster}/{name}"


def _document(body: bytes) -> JsonObject:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise RefusedError(Refusal(400, "SerializationException", "The request cannot be read.")) from error
    return found if isinstance(found, dict) else {}


def _invalid(message: str) -> RefusedError:
    return RefusedError(Refusal(400, "InvalidParameterException", message))
