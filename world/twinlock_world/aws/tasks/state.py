"""What is known of one task, and how ECS tells it. Pure.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html and
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from twinlock_world.jsonvalue import JsonObject, JsonValue

PROVISIONING, PENDING, RUNNING, STOPPED = "PROVISIONING", "PENDING", "RUNNING", "STOPPED"
FAILED_TO_START: Final = "TaskFailedToStart"
EXITED: Final = "EssentialContainerExited"
BY_USER: Final = "UserInitiated"


@dataclass(frozen=True, slots=True)
class Identity:
    """Which task.

    Attributes:
        arn: Its ARN.
        account: Where it runs.
        region: As above.
        address: Its private address, which is one of loopback here.
        role: ARN of the role that it acts as; empty where it has none.
        execution: ARN of the role that brings it up.
    """

    arn: str
    account: str
    region: str
    address: str
    role: str
    execution: str

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class State:
    """How far a task has come.

    Attributes:
        status: Its `lastStatus`.
        desired: Its `desiredStatus`.
        code: Why it stopped, as a code.
        reason: As above, in words.
        exit: The exit code of its container; nothing where that never ran.
        times: When it came how far, by the name of the field that tells it.
    """

    status: str = PROVISIONING
    desired: str = RUNNING
    code: str = ""
    reason: str = ""
    exit: int | None = None
    times: Mapping[str, datetime] = field(default_factory=dict)


def shown(told: JsonObject, identity: Identity, state: State) -> JsonObject:
    """Return what ECS says of a task: what is `told` of its definition and its place, with its state."""
    attachment = next((item.get("id") for item in _objects(told.get("attachments"))), None)
    found: dict[str, JsonValue] = {
        **told,
        "availabilityZone": f"{identity.region}a",
        "connectivity": "CONNECTED",
        "desiredStatus": state.desired,
        "enableExecuteCommand": False,
        "lastStatus": state.status,
        "platformFamily": "Linux",
        **{name: moment.timestamp() for name, moment in state.times.items()},
        "attachments": [_attachment(item, identity, state) for item in _objects(told.get("attachments"))],
        "containers": [_container(item, attachment, identity, state) for item in _objects(told.get("containers"))],
    }
    if state.desired == STOPPED:  # as whatever has stopped
        found |= {"stopCode": state.code, "stoppedReason": state.reason}
    else:
        found.pop("stoppedReason", None)
    return found


def _attachment(told: JsonObject, identity: Identity, state: State) -> JsonObject:
    details = [
        {**detail, "value": identity.address} if detail.get("name") == "privateIPv4Address" else detail
        for detail in _objects(told.get("details"))
        if detail.get("value")
    ]
    return {**told, "details": details, "status": "DELETED" if state.status == STOPPED else "ATTACHED"}


def _container(told: JsonObject, attachment: JsonValue, identity: Identity, state: State) -> JsonObject:
    arn, number = identity.arn.replace(":task/", ":container/"), str(told.get("containerArn")).rpartition("/")[2]
    found: dict[str, JsonValue] = {
        **told,
        "containerArn": f"{arn}/{number}",
        "healthStatus": "UNKNOWN",
        "lastStatus": PENDING if state.status == PROVISIONING else state.status,
        "networkBindings": [],
        "networkInterfaces": [{"attachmentId": attachment, "privateIpv4Address": identity.address}],
        "taskArn": identity.arn,
    }
    found.pop("exitCode", None)
    if state.exit is not None:
        found["exitCode"] = state.exit
    elif state.status == STOPPED:
        found["reason"] = state.reason
    return found


def _objects(value: JsonValue) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
