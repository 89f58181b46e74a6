"""`aws.ec2.DefaultSecurityGroup`: the group that every network has; it can be emptied, and neither made nor deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.aws.session import Refused
from twinlock.provider.port import Created
from twinlock_rehearsal.handlers._ec2 import matching
from twinlock_rehearsal.handlers._group import INPUTS, GroupHandler

if TYPE_CHECKING:
    from twinlock.provider.port import Properties


class DefaultSecurityGroup(GroupHandler):
    """Handles networks' own groups: what is not declared in them is revoked."""

    type: ClassVar[str] = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    replaces: ClassVar[frozenset[str]] = frozenset({"vpcId"})
    inputs: ClassVar[frozenset[str]] = INPUTS
    required: ClassVar[tuple[str, ...]] = ("vpcId",)

    def find(self, inputs: Properties) -> None:
        """Return nothing: each network has one, and to take it over is to make it."""
        del inputs

    def create(self, inputs: Properties) -> Created:
        """Take it over and empty it.

        Raises:
            Refused: There is no such network.
        """
        same = matching(vpc_id=inputs["vpcId"], group_name="default")
        found = self._first("describe_security_groups", "SecurityGroups", Filters=same)
        id_ = str(found["GroupId"]) if found else ""
        live = self.read(id_, inputs) if found else None
        if live is None:
            raise Refused(f"there is no network {inputs['vpcId']}")
        return Created(id_, self.update(id_, live, inputs))

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Leave it as it is: AWS deletes it with its network."""

    def _wanted(self, inputs: Properties) -> dict[str, object]:
        return super()._wanted({"ingress": [], "egress": [], **inputs})

    def _make_exact(self, id_: str, live: Properties, inputs: Properties) -> None:
        super()._make_exact(id_, live, {"ingress": [], "egress": [], **inputs})


HANDLER = DefaultSecurityGroup
