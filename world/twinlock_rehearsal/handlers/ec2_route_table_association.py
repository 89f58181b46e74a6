"""`aws.ec2.RouteTableAssociation`: by which table a subnet routes.

Another table makes another association: AWS gives it another id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.difference import changes
from twinlock.provider.port import Created
from twinlock_rehearsal.aws import Row, rows
from twinlock_rehearsal.handlers._ec2 import Ec2Handler

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Properties

_ID, _SUBNET = "route-table-association-id", "subnet-id"


class RouteTableAssociation(Ec2Handler):
    """Handles associations of subnets; they have no tags."""

    type: ClassVar[str] = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    replaces: ClassVar[frozenset[str]] = frozenset({"subnetId", "routeTableId"})
    kind: ClassVar[str] = "route-table-association"
    inputs: ClassVar[frozenset[str]] = frozenset({"subnetId", "routeTableId"})
    required: ClassVar[tuple[str, ...]] = ("subnetId", "routeTableId")

    def find(self, inputs: Properties) -> str | None:
        """Return the id of the subnet's association: there is one at most."""
        found = self._association(_SUBNET, str(inputs["subnetId"]))
        return str(found["RouteTableAssociationId"]) if found else None

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        answer = self._aws.send(
            "associate_route_table", SubnetId=inputs["subnetId"], RouteTableId=inputs["routeTableId"]
        )
        return Created(str(answer["AssociationId"]), {**inputs, "region": self._aws.region})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        del inputs
        found = self._association(_ID, id)
        if found is None:
            return None
        return {
            "subnetId": found.get("SubnetId", ""),
            "routeTableId": found["RouteTableId"],
            "region": self._aws.region,
        }

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise."""
        return changes(live, inputs)

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Do nothing: whatever differs makes another one."""
        del id
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it."""
        del live
        self._aws.remove("disassociate_route_table", AssociationId=id)

    def _association(self, by: str, value: str) -> Row | None:
        tables = self._aws.rows(
            "describe_route_tables", "RouteTables", Filters=[{"Name": f"association.{by}", "Values": [value]}]
        )
        key = "RouteTableAssociationId" if by == _ID else "SubnetId"
        return next(
            (each for table in tables for each in rows(table.get("Associations")) if each.get(key) == value), None
        )


HANDLER = RouteTableAssociation
