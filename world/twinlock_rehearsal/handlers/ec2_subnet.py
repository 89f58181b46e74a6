"""`aws.ec2.Subnet`: a part of a network, in one zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.port import Created
from twinlock_rehearsal.handlers._aws import TAGS
from twinlock_rehearsal.handlers._ec2 import Ec2Handler, matching, required

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.provider.port import Properties

_PUBLIC, _IPV6 = "mapPublicIpOnLaunch", "assignIpv6AddressOnCreation"
_ATTRIBUTES = {_PUBLIC: "MapPublicIpOnLaunch", _IPV6: "AssignIpv6AddressOnCreation"}


class Subnet(Ec2Handler):
    """Handles subnets."""

    type: ClassVar[str] = "aws:ec2/subnet:Subnet"
    replaces: ClassVar[frozenset[str]] = frozenset({"vpcId", "cidrBlock", "availabilityZone"})
    kind: ClassVar[str] = "subnet"
    inputs: ClassVar[frozenset[str]] = frozenset({"vpcId", "cidrBlock", "availabilityZone", *_ATTRIBUTES, TAGS})
    required: ClassVar[tuple[str, ...]] = ("vpcId", "cidrBlock")
    defaults: ClassVar[Mapping[str, object]] = {_PUBLIC: False, _IPV6: False}

    def find(self, inputs: Properties) -> str | None:
        """Return the id of the network's subnet with these addresses: there is one at most."""
        same = matching(vpc_id=inputs["vpcId"], cidr_block=inputs["cidrBlock"])
        found = self._first("describe_subnets", "Subnets", Filters=same)
        return str(found["SubnetId"]) if found else None

    def create(self, inputs: Properties) -> Created:
        """Create it, and then set what a creation cannot say."""
        answer = self._aws.get(
            "create_subnet",
            "Subnet",
            VpcId=inputs["vpcId"],
            CidrBlock=inputs["cidrBlock"],
            AvailabilityZone=inputs.get("availabilityZone"),
            TagSpecifications=self._specified(inputs),
        )
        id_ = str(required(answer, "Subnet")["SubnetId"])
        self._set_attributes(id_, self.defaults, self._wanted(inputs))
        return Created(id_, {**inputs, **(self.read(id_, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        del inputs
        found = self._first("describe_subnets", "Subnets", SubnetIds=[id])
        if found is None:
            return None
        return {
            **self._described(found, id),
            "vpcId": found["VpcId"],
            "cidrBlock": found["CidrBlock"],
            "availabilityZone": found["AvailabilityZone"],
            "availabilityZoneId": found.get("AvailabilityZoneId", ""),
            **{name: bool(found.get(attribute)) for name, attribute in _ATTRIBUTES.items()},
            "ownerId": self._aws.account,
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change attributes and tags."""
        self._set_attributes(id, live, self._wanted(inputs))
        self._retag(id, live, inputs)
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it."""
        del live
        self._aws.remove("delete_subnet", SubnetId=id)

    def _set_attributes(self, id_: str, before: Properties, wanted: Properties) -> None:
        for name, attribute in _ATTRIBUTES.items():
            if wanted[name] != before[name]:
                self._aws.send("modify_subnet_attribute", SubnetId=id_, **{attribute: {"Value": wanted[name]}})


HANDLER = Subnet
