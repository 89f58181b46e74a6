"""EC2: every resource that a request names must be allowed, and the one that it makes.

Conditions on the request's tags hold for what is made alone, as the service authorization reference lists them: an
Allow with `aws:RequestTag` does not cover the network that a new subnet is put into.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from moto.ec2.models import ec2_backends

from twinlock_world.aws.needs.need import Need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.aws.operation import Operation, Place

_TYPES: Final = {
    "acl": "network-acl",
    "ami": "image",
    "dopt": "dhcp-options",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "snap": "snapshot",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "vgw": "vpn-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""What an id's prefix says."""

_MADE: Final = {
    "AllocateAddress": ("elastic-ip",),
    "CreateFlowLogs": ("vpc-flow-log",),
    "CreateNatGateway": ("natgateway",),
    "RunInstances": ("instance", "network-interface", "volume"),
}
_MAKES_NOTHING: Final = frozenset(
    {"CreateNetworkAclEntry", "CreateRoute", "CreateTags", "CreateVpnConnectionRoute", "CreateDefaultVpc"}
)
_ID: Final = re.compile(r"(?P<type>[a-z]+)-[0-9a-f]{6,40}")
_WORD: Final = re.compile(r"(?<!^)(?=[A-Z])")
_READING: Final = ("Describe", "Get", "Search", "List")


def needs(operation: Operation, place: Place) -> Iterator[Need]:
    """Yield what a request to EC2 needs."""
    action = f"ec2:{operation.name}"
    if operation.name.startswith(_READING):
        yield Need(action)
        return
    tagging = operation.name in {"CreateTags", "DeleteTags"}
    existing = [Need(action, arn, tagged=tagging) for arn in sorted(_existing(operation, place))]
    tags = any(field.startswith("TagSpecification.") for field in operation.parameters)
    made = [place.arn("ec2", f"{kind}/*") for kind in _made(operation.name, tags=tags)]
    yield from existing
    yield from (Need(action, arn) for arn in made)
    if not existing and not made:
        yield Need(action)
    role = operation.text("DeliverLogsPermissionArn")
    if role:
        yield Need("iam:PassRole", role, {"iam:passedtoservice": ("vpc-flow-logs.amazonaws.com",)}, tagged=False)
    if tags:
        context = {"ec2:createaction": (operation.name,)}
        yield from (Need("ec2:CreateTags", arn, context) for arn in made)


def _existing(operation: Operation, place: Place) -> set[str]:
    """Return the ARNs of what a request names by an id, filters and tags aside."""
    found = set()
    for field, value in operation.parameters.items():
        if not isinstance(value, str) or field.startswith(("Filter.", "Tag.", "TagSpecification.")):
            continue
        named = _table_of(value, place) if value.startswith("rtbassoc-") else value
        match = _ID.fullmatch(named)
        if match is not None and match["type"] in _TYPES.keys() - _unasked(operation.name):
            owner = "" if match["type"] == "ami" else place.account
            found.add(f"arn:aws:ec2:{place.region}:{owner}:{_TYPES[match['type']]}/{named}")
    return found


def _unasked(name: str) -> frozenset[str]:
    """Return the types that a request may name without being allowed anything on them: where a rule leads to.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html, whose rows of these
    operations have security groups and their rules alone.
    """
    return frozenset({"pl"}) if name.startswith(("AuthorizeSecurityGroup", "RevokeSecurityGroup")) else frozenset()


def _table_of(association: str, place: Place) -> str:
    """Return the id of the route table that an association belongs to."""
    tables = ec2_backends[place.account][place.region].route_tables.values()
    return next((str(table.id) for table in tables if association in table.all_associations_ids), association)


def _made(name: str, *, tags: bool) -> tuple[str, ...]:
    """Return what kinds of things a request makes; a rule of a security group is judged by itself if it gets tags."""
    if name.startswith("AuthorizeSecurityGroup"):
        return ("security-group-rule",) if tags else ()
    if name in _MADE:
        return _MADE[name]
    if not name.startswith("Create") or name in _MAKES_NOTHING:
        return ()
    return (_WORD.sub("-", name.removeprefix("Create")).lower(),)
