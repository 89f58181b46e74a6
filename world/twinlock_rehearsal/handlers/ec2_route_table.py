"""`aws.ec2.RouteTable`: where a subnet's packets go.

Declared routes are exactly those of the table; beside them stand the network's own, and those of gateway endpoints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.difference import same
from twinlock.provider.port import Created
from twinlock_rehearsal.aws import Row, rows
from twinlock_rehearsal.handlers._aws import TAGS
from twinlock_rehearsal.handlers._ec2 import Ec2Handler, matching, required, tagged

if TYPE_CHECKING:
    from twinlock.provider.port import Properties

_ROUTES = "routes"
_DESTINATIONS = {
    "cidrBlock": "DestinationCidrBlock",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
_TARGETS = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "transitGatewayId": "TransitGatewayId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
}
_NOT_THE_TABLES = ("local", "vpce-")


class RouteTable(Ec2Handler):
    """Handles route tables."""

    type: ClassVar[str] = "aws:ec2/routeTable:RouteTable"
    replaces: ClassVar[frozenset[str]] = frozenset({"vpcId"})
    kind: ClassVar[str] = "route-table"
    inputs: ClassVar[frozenset[str]] = frozenset({"vpcId", _ROUTES, TAGS})
    required: ClassVar[tuple[str, ...]] = ("vpcId",)

    def find(self, inputs: Properties) -> str | None:
        """Return the id of the network's table with these tags; its main table has none."""
        tags = tagged(inputs)
        if tags is None:
            return None
        found = self._first("describe_route_tables", "RouteTables", Filters=[*tags, *matching(vpc_id=inputs["vpcId"])])
        return str(found["RouteTableId"]) if found else None

    def create(self, inputs: Properties) -> Created:
        """Create it with its routes."""
        answer = self._aws.get(
            "create_route_table",
            "RouteTable",
            VpcId=inputs["vpcId"],
            TagSpecifications=self._specified(inputs),
        )
        id_ = str(required(answer, "RouteTable")["RouteTableId"])
        for route in rows(inputs.get(_ROUTES)):
            self._aws.send("create_route", RouteTableId=id_, **_sent(route))
        return Created(id_, {**inputs, **(self.read(id_, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        del inputs
        found = self._first("describe_route_tables", "RouteTables", RouteTableIds=[id])
        if found is None:
            return None
        return {
            **self._described(found, id),
            "vpcId": found["VpcId"],
            _ROUTES: [_told(route) for route in rows(found.get("Routes")) if not _is_given(route)],
            "propagatingVgws": [],
            "ownerId": self._aws.account,
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Remove the routes that nobody declared, and add those that are missing."""
        if _ROUTES in inputs:
            declared, there = rows(inputs[_ROUTES]), rows(live.get(_ROUTES))
            for route in there:
                if not any(same(route, other) for other in declared):
                    destination = {_DESTINATIONS[name]: route[name] for name in _DESTINATIONS if name in route}
                    self._aws.remove("delete_route", RouteTableId=id, **destination)
            for route in declared:
                if not any(same(route, other) for other in there):
                    self._aws.send("create_route", RouteTableId=id, **_sent(route))
        self._retag(id, live, inputs)
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it."""
        del live
        self._aws.remove("delete_route_table", RouteTableId=id)


def _is_given(route: Row) -> bool:
    return str(route.get("GatewayId", "")).startswith(_NOT_THE_TABLES) or route.get("Origin") == "CreateRouteTable"


def _told(route: Row) -> dict[str, object]:
    both = {**_DESTINATIONS, **_TARGETS}
    return {name: route[field] for name, field in both.items() if route.get(field)}


def _sent(route: Row) -> dict[str, object]:
    both = {**_DESTINATIONS, **_TARGETS}
    return {field: route[name] for name, field in both.items() if route.get(name)}


HANDLER = RouteTable
