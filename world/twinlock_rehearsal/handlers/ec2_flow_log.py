"""`aws.ec2.FlowLog`: what passes through a network, written down. Nothing of it but its tags can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.aws.session import Refused
from twinlock.provider.port import Created
from twinlock_rehearsal.handlers._aws import TAGS
from twinlock_rehearsal.handlers._ec2 import Ec2Handler, matching, successful

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.provider.port import Properties
    from twinlock_rehearsal.aws import Row

_RESOURCES = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}
_FIELDS = {
    "trafficType": "TrafficType",
    "logDestinationType": "LogDestinationType",
    "logDestination": "LogDestination",
    "iamRoleArn": "DeliverLogsPermissionArn",
    "maxAggregationInterval": "MaxAggregationInterval",
    "logFormat": "LogFormat",
}
_CLOUDWATCH = "cloud-watch-logs"


class FlowLog(Ec2Handler):
    """Handles flow logs of networks, subnets and interfaces."""

    type: ClassVar[str] = "aws:ec2/flowLog:FlowLog"
    replaces: ClassVar[frozenset[str]] = frozenset({*_RESOURCES, *_FIELDS})
    kind: ClassVar[str] = "vpc-flow-log"
    inputs: ClassVar[frozenset[str]] = frozenset({*_RESOURCES, *_FIELDS, TAGS})
    required: ClassVar[tuple[str, ...]] = ("logDestination",)
    defaults: ClassVar[Mapping[str, object]] = {"logDestinationType": _CLOUDWATCH, "maxAggregationInterval": 600}

    def find(self, inputs: Properties) -> str | None:
        """Return the id of the log of this resource to this destination: AWS takes no second one."""
        _, id_ = _resource(inputs)
        found = self._aws.rows("describe_flow_logs", "FlowLogs", Filter=matching(resource_id=id_))
        there = (str(row["FlowLogId"]) for row in found if self._destination(row) == inputs["logDestination"])
        return next(there, None)

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        property_, id_ = _resource(inputs)
        answer = successful(
            self._aws.send(
                "create_flow_logs",
                ResourceType=_RESOURCES[property_],
                ResourceIds=[id_],
                TagSpecifications=self._specified(inputs),
                **{field: inputs.get(name) for name, field in _FIELDS.items()},
            )
        )
        made = answer.get("FlowLogIds")
        if not isinstance(made, list) or not made:
            raise Refused("create_flow_logs gave no FlowLogIds")
        return Created(str(made[0]), {**inputs, **(self.read(str(made[0]), inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        found = self._first("describe_flow_logs", "FlowLogs", FlowLogIds=[id])
        if found is None:
            return None
        property_, _ = _resource(inputs) if any(name in inputs for name in _RESOURCES) else ("vpcId", "")
        return {
            **self._described(found, id),
            property_: found["ResourceId"],
            **{name: found.get(field) for name, field in _FIELDS.items() if found.get(field) is not None},
            "logDestination": self._destination(found),
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change tags."""
        self._retag(id, live, inputs)
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it."""
        del live
        if self._first("describe_flow_logs", "FlowLogs", FlowLogIds=[id]) is not None:
            successful(self._aws.send("delete_flow_logs", FlowLogIds=[id]))

    def _destination(self, found: Row) -> str:
        """Return the ARN of where it goes; for a log group AWS may tell the name alone."""
        if found.get("LogDestination"):
            return str(found["LogDestination"])
        return self._aws.arn("logs", f"log-group:{found.get('LogGroupName', '')}")


def _resource(inputs: Properties) -> tuple[str, str]:
    """Return which property names what is logged, and its id."""
    named = next((name for name in _RESOURCES if name in inputs), None)
    if named is None:
        raise Refused("it names no network, subnet or interface")
    return named, str(inputs[named])


HANDLER = FlowLog
