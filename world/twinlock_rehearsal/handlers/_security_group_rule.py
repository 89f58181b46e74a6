"""What handlers of single rules of security groups have in common; one source or destination each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.aws.session import Refused
from twinlock.provider.port import Created
from twinlock_rehearsal.aws import Row, rows
from twinlock_rehearsal.handlers._aws import TAGS
from twinlock_rehearsal.handlers._ec2 import Ec2Handler, matching

if TYPE_CHECKING:
    from twinlock.provider.port import Properties

_GROUP, _REFERENCED = "securityGroupId", "referencedSecurityGroupId"
_SOURCES = {
    "cidrIpv4": ("IpRanges", "CidrIp"),
    "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListId": ("PrefixListIds", "PrefixListId"),
    _REFERENCED: ("UserIdGroupPairs", "GroupId"),
}
_NO_PORT = -1
_FIELDS = {
    "ipProtocol": "IpProtocol",
    "fromPort": "FromPort",
    "toPort": "ToPort",
    "cidrIpv4": "CidrIpv4",
    "cidrIpv6": "CidrIpv6",
    "prefixListId": "PrefixListId",
    "description": "Description",
}


class RuleHandler(Ec2Handler):
    """Handles the rules of one direction.

    Attributes:
        way: `ingress` or `egress`.
    """

    kind: ClassVar[str] = "security-group-rule"
    way: ClassVar[str]
    replaces: ClassVar[frozenset[str]] = frozenset({_GROUP})
    inputs: ClassVar[frozenset[str]] = frozenset({_GROUP, *_FIELDS, *_SOURCES, TAGS})
    required: ClassVar[tuple[str, ...]] = (_GROUP, "ipProtocol")

    def find(self, inputs: Properties) -> str | None:
        """Return the id of the group's equal rule: AWS takes no second one."""
        declared = {name: value for name, value in inputs.items() if name not in (TAGS, "description")}
        found = self._aws.rows(
            "describe_security_group_rules",
            "SecurityGroupRules",
            Filters=matching(group_id=inputs[_GROUP]),
        )
        for row in found:
            told = self._told(row)
            if row.get("IsEgress") is (self.way == "egress") and all(told.get(k) == v for k, v in declared.items()):
                return str(row["SecurityGroupRuleId"])
        return None

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        described = {"Description": inputs["description"]} if "description" in inputs else {}
        ports = {field: inputs.get(name) for name, field in (("fromPort", "FromPort"), ("toPort", "ToPort"))}
        permission = {
            "IpProtocol": inputs["ipProtocol"],
            **{field: port for field, port in ports.items() if port is not None},
            **{key: [{field: inputs[n], **described}] for n, (key, field) in _SOURCES.items() if n in inputs},
        }
        answer = self._aws.send(
            f"authorize_security_group_{self.way}",
            GroupId=inputs[_GROUP],
            IpPermissions=[permission],
            TagSpecifications=self._specified(inputs),
        )
        made = rows(answer.get("SecurityGroupRules"))
        if not made:
            raise Refused("EC2 gave no SecurityGroupRules")
        id_ = str(made[0]["SecurityGroupRuleId"])
        return Created(id_, {**inputs, **(self.read(id_, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        del inputs
        found = self._first("describe_security_group_rules", "SecurityGroupRules", SecurityGroupRuleIds=[id])
        if found is None:
            return None
        return {**self._described(found, id), **self._told(found), "securityGroupRuleId": id}

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change it where it stands, and its tags."""
        if self._differing(live, inputs) - {TAGS}:
            rule = {field: inputs[name] for name, field in _FIELDS.items() if name in inputs}
            if _REFERENCED in inputs:
                rule["ReferencedGroupId"] = inputs[_REFERENCED]
            changed = [{"SecurityGroupRuleId": id, "SecurityGroupRule": rule}]
            self._aws.send("modify_security_group_rules", GroupId=inputs[_GROUP], SecurityGroupRules=changed)
        self._retag(id, live, inputs)
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it."""
        if self.read(id, live) is not None:
            self._aws.remove(f"revoke_security_group_{self.way}", GroupId=live[_GROUP], SecurityGroupRuleIds=[id])

    def _told(self, found: Row) -> dict[str, object]:
        referenced = found.get("ReferencedGroupInfo")
        group = referenced.get("GroupId") if isinstance(referenced, dict) else None
        told: dict[str, object] = {name: found.get(field) for name, field in _FIELDS.items()}
        told |= {_GROUP: found["GroupId"], _REFERENCED: group}
        nothing = (None, "", _NO_PORT)
        return {name: value for name, value in told.items() if value not in nothing}
