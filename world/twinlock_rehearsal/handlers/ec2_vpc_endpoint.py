"""`aws.ec2.VpcEndpoint`: a private way from a network to a service of AWS.

A gateway stands in route tables, and names the prefix list of its service's addresses; an interface stands in subnets.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.inputs import texts
from twinlock.provider.port import Created
from twinlock_rehearsal.aws import Row, rows
from twinlock_rehearsal.handlers._aws import TAGS
from twinlock_rehearsal.handlers._ec2 import Ec2Handler, matching, required, successful
from twinlock_rehearsal.iam import says

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.provider.port import Properties

_TYPE, _POLICY, _PRIVATE = "vpcEndpointType", "policy", "privateDnsEnabled"
_MEMBERS = {"routeTableIds": "RouteTable", "subnetIds": "Subnet", "securityGroupIds": "SecurityGroup"}
_GONE = ("deleting", "deleted")
_EVERYTHING = says(json.dumps({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}))
"""The policy of an endpoint for which none is declared."""


class VpcEndpoint(Ec2Handler):
    """Handles gateway and interface endpoints."""

    type: ClassVar[str] = "aws:ec2/vpcEndpoint:VpcEndpoint"
    replaces: ClassVar[frozenset[str]] = frozenset({"vpcId", "serviceName", _TYPE})
    kind: ClassVar[str] = "vpc-endpoint"
    inputs: ClassVar[frozenset[str]] = frozenset({"vpcId", "serviceName", _TYPE, _POLICY, _PRIVATE, *_MEMBERS, TAGS})
    required: ClassVar[tuple[str, ...]] = ("vpcId", "serviceName")
    defaults: ClassVar[Mapping[str, object]] = {_TYPE: "Gateway", _PRIVATE: False, _POLICY: _EVERYTHING}

    def find(self, inputs: Properties) -> str | None:
        """Return the id of the network's endpoint of this service."""
        same = matching(vpc_id=inputs["vpcId"], service_name=inputs["serviceName"])
        found = self._aws.rows("describe_vpc_endpoints", "VpcEndpoints", Filters=same)
        return next((str(row["VpcEndpointId"]) for row in found if not _is_gone(row)), None)

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        interface = inputs.get(_TYPE) == "Interface"
        answer = self._aws.get(
            "create_vpc_endpoint",
            "VpcEndpoint",
            VpcId=inputs["vpcId"],
            ServiceName=inputs["serviceName"],
            VpcEndpointType=inputs.get(_TYPE),
            PolicyDocument=inputs.get(_POLICY),
            # A gateway has no names of its own.
            PrivateDnsEnabled=bool(inputs.get(_PRIVATE)) if interface else None,
            TagSpecifications=self._specified(inputs),
            **{f"{field}Ids": list(texts(inputs, name)) or None for name, field in _MEMBERS.items()},
        )
        id_ = str(required(answer, "VpcEndpoint")["VpcEndpointId"])
        return Created(id_, {**inputs, **(self.read(id_, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live, with its service's prefix list."""
        del inputs
        found = self._first("describe_vpc_endpoints", "VpcEndpoints", VpcEndpointIds=[id])
        if found is None or _is_gone(found):
            return None
        gateway = found.get("VpcEndpointType", "Gateway") == "Gateway"
        return {
            **self._described(found, id),
            "vpcId": found["VpcId"],
            "serviceName": found["ServiceName"],
            _TYPE: found.get("VpcEndpointType", "Gateway"),
            _POLICY: says(found.get("PolicyDocument")),
            _PRIVATE: bool(found.get("PrivateDnsEnabled")) and not gateway,
            "routeTableIds": found.get("RouteTableIds", []),
            "subnetIds": found.get("SubnetIds", []),
            "securityGroupIds": [group["GroupId"] for group in rows(found.get("Groups"))],
            "networkInterfaceIds": found.get("NetworkInterfaceIds", []),
            "dnsEntries": [
                {"dnsName": entry.get("DnsName", ""), "hostedZoneId": entry.get("HostedZoneId", "")}
                for entry in rows(found.get("DnsEntries"))
            ],
            "ownerId": self._aws.account,
            "requesterManaged": bool(found.get("RequesterManaged")),
            "state": found.get("State", "available"),
            **(self._prefixes(str(found["ServiceName"])) if gateway else {}),
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change its policy, its names, where it stands, and its tags."""
        wanted = self._wanted(inputs)
        changed: dict[str, object] = {}
        if wanted[_POLICY] != live.get(_POLICY):
            changed["PolicyDocument"] = inputs.get(_POLICY, _EVERYTHING)
        if wanted[_PRIVATE] != live.get(_PRIVATE):
            changed["PrivateDnsEnabled"] = wanted[_PRIVATE]
        for name, field in _MEMBERS.items():
            if name in inputs:
                there, declared = set(texts(live, name)), set(texts(inputs, name))
                moves = {f"Add{field}Ids": declared - there, f"Remove{field}Ids": there - declared}
                changed |= {key: sorted(ids) for key, ids in moves.items() if ids}
        if changed:
            self._aws.send("modify_vpc_endpoint", VpcEndpointId=id, **changed)
        self._retag(id, live, inputs)
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it."""
        if self.read(id, live) is not None:
            successful(self._aws.send("delete_vpc_endpoints", VpcEndpointIds=[id]))

    def _wanted(self, inputs: Properties) -> dict[str, object]:
        wanted = super()._wanted(inputs)
        return {**wanted, _POLICY: says(wanted[_POLICY])}

    def _prefixes(self, service: str) -> dict[str, object]:
        found = self._first("describe_prefix_lists", "PrefixLists", Filters=matching(prefix_list_name=service))
        return {} if found is None else {"prefixListId": found["PrefixListId"], "cidrBlocks": found.get("Cidrs", [])}


def _is_gone(found: Row) -> bool:
    return str(found.get("State", "")).lower() in _GONE


HANDLER = VpcEndpoint
