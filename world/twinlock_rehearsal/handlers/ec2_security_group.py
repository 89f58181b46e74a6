"""`aws.ec2.SecurityGroup`: who may reach whom.

AWS puts a rule into a new group that lets everything out. As the official provider does, it is revoked at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.port import Created
from twinlock_rehearsal.handlers import _permissions as permissions
from twinlock_rehearsal.handlers._ec2 import matching
from twinlock_rehearsal.handlers._group import INPUTS, REVOKE, WAYS, GroupHandler

if TYPE_CHECKING:
    from twinlock.provider.port import Properties


class SecurityGroup(GroupHandler):
    """Handles security groups; within a network their names are unique."""

    type: ClassVar[str] = "aws:ec2/securityGroup:SecurityGroup"
    replaces: ClassVar[frozenset[str]] = frozenset({"name", "description", "vpcId"})
    inputs: ClassVar[frozenset[str]] = frozenset({"name", "description", *INPUTS})
    required: ClassVar[tuple[str, ...]] = ("name", "vpcId")

    def find(self, inputs: Properties) -> str | None:
        """Return the id of the network's group of this name."""
        same = matching(vpc_id=inputs["vpcId"], group_name=inputs["name"])
        found = self._first("describe_security_groups", "SecurityGroups", Filters=same)
        return str(found["GroupId"]) if found else None

    def create(self, inputs: Properties) -> Created:
        """Create it without any rule but the declared."""
        answer = self._aws.send(
            "create_security_group",
            GroupName=inputs["name"],
            Description=inputs.get("description", "Managed by Pulumi"),
            VpcId=inputs["vpcId"],
            TagSpecifications=self._specified(inputs),
        )
        id_ = str(answer["GroupId"])
        self._make_exact(id_, self.read(id_, inputs) or {}, {"egress": [], **inputs})
        return Created(id_, {**inputs, **(self.read(id_, inputs) or {})})

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it, its rules first where it is so declared."""
        if live.get(REVOKE):
            found = self.read(id, {}) or {}
            for way in WAYS:
                self._revoke(id, way, permissions.single(found.get(way)))
        self._aws.remove("delete_security_group", GroupId=id)


HANDLER = SecurityGroup
