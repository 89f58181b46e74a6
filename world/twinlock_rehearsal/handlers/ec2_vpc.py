"""`aws.ec2.Vpc`: a network; AWS makes a security group, a route table and an ACL with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.port import Created
from twinlock_rehearsal.handlers._aws import TAGS
from twinlock_rehearsal.handlers._ec2 import Ec2Handler, matching, required, tagged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.provider.port import Properties

_SUPPORT, _HOSTNAMES = "enableDnsSupport", "enableDnsHostnames"
_ATTRIBUTES = {_SUPPORT: "EnableDnsSupport", _HOSTNAMES: "EnableDnsHostnames"}
_IPV6 = "assignGeneratedIpv6CidrBlock"


class Vpc(Ec2Handler):
    """Handles networks."""

    type: ClassVar[str] = "aws:ec2/vpc:Vpc"
    replaces: ClassVar[frozenset[str]] = frozenset({"cidrBlock", "instanceTenancy", _IPV6})
    kind: ClassVar[str] = "vpc"
    inputs: ClassVar[frozenset[str]] = frozenset({"cidrBlock", "instanceTenancy", _IPV6, *_ATTRIBUTES, TAGS})
    required: ClassVar[tuple[str, ...]] = ("cidrBlock",)
    defaults: ClassVar[Mapping[str, object]] = {
        "instanceTenancy": "default",
        _SUPPORT: True,
        _HOSTNAMES: False,
        _IPV6: False,
    }

    def find(self, inputs: Properties) -> str | None:
        """Return the id of the network with these addresses and tags."""
        tags = tagged(inputs)
        if tags is None:
            return None
        found = self._first("describe_vpcs", "Vpcs", Filters=[*tags, *matching(cidr=inputs["cidrBlock"])])
        return str(found["VpcId"]) if found else None

    def create(self, inputs: Properties) -> Created:
        """Create it, and then set what a creation cannot say."""
        answer = self._aws.get(
            "create_vpc",
            "Vpc",
            CidrBlock=inputs["cidrBlock"],
            InstanceTenancy=inputs.get("instanceTenancy"),
            AmazonProvidedIpv6CidrBlock=inputs.get(_IPV6) or None,
            TagSpecifications=self._specified(inputs),
        )
        id_ = str(required(answer, "Vpc")["VpcId"])
        self._set_attributes(id_, self.defaults, self._wanted(inputs))
        return Created(id_, {**inputs, **(self.read(id_, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live, with what AWS made beside it."""
        del inputs
        found = self._first("describe_vpcs", "Vpcs", VpcIds=[id])
        if found is None:
            return None
        return {
            **self._described(found, id),
            "cidrBlock": found["CidrBlock"],
            "instanceTenancy": found.get("InstanceTenancy", "default"),
            **{name: self._attribute(id, attribute) for name, attribute in _ATTRIBUTES.items()},
            _IPV6: bool(found.get("Ipv6CidrBlockAssociationSet")),
            "dhcpOptionsId": found.get("DhcpOptionsId", ""),
            "ownerId": self._aws.account,
            **self._beside(id),
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change attributes and tags."""
        self._set_attributes(id, live, self._wanted(inputs))
        self._retag(id, live, inputs)
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it."""
        del live
        self._aws.remove("delete_vpc", VpcId=id)

    def _set_attributes(self, id_: str, before: Properties, wanted: Properties) -> None:
        for name, attribute in _ATTRIBUTES.items():  # support first: host names need it
            if wanted[name] != before[name]:
                self._aws.send("modify_vpc_attribute", VpcId=id_, **{attribute: {"Value": wanted[name]}})

    def _attribute(self, id_: str, attribute: str) -> bool:
        name = f"{attribute[0].lower()}{attribute[1:]}"
        found = self._aws.get("describe_vpc_attribute", attribute, VpcId=id_, Attribute=name)
        return bool(required(found, attribute)["Value"])

    def _beside(self, id_: str) -> dict[str, object]:
        groups = matching(vpc_id=id_, group_name="default")
        tables = [*matching(vpc_id=id_), {"Name": "association.main", "Values": ["true"]}]
        acls = matching(vpc_id=id_, default="true")
        group = self._first("describe_security_groups", "SecurityGroups", Filters=groups) or {}
        table = self._first("describe_route_tables", "RouteTables", Filters=tables) or {}
        acl = self._first("describe_network_acls", "NetworkAcls", Filters=acls) or {}
        return {
            "defaultSecurityGroupId": group.get("GroupId", ""),
            "mainRouteTableId": table.get("RouteTableId", ""),
            "defaultRouteTableId": table.get("RouteTableId", ""),
            "defaultNetworkAclId": acl.get("NetworkAclId", ""),
        }


HANDLER = Vpc
