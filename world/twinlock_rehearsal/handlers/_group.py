"""What handlers of security groups have in common: rules within the group, which are exact once they are declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.difference import same
from twinlock_rehearsal.handlers import _permissions as permissions
from twinlock_rehearsal.handlers._aws import TAGS
from twinlock_rehearsal.handlers._ec2 import Ec2Handler

if TYPE_CHECKING:
    from twinlock.provider.port import Properties
    from twinlock_rehearsal.aws import Row

WAYS = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}
REVOKE = "revokeRulesOnDelete"


class GroupHandler(Ec2Handler):
    """Handles security groups."""

    kind: ClassVar[str] = "security-group"
    unseen: ClassVar[frozenset[str]] = frozenset({REVOKE})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        found = self._first("describe_security_groups", "SecurityGroups", GroupIds=[id])
        if found is None:
            return None
        return {
            **self._described(found, id),
            "name": found["GroupName"],
            "description": found["Description"],
            "vpcId": found["VpcId"],
            **{way: permissions.told(found.get(key)) for way, key in WAYS.items()},
            REVOKE: inputs.get(REVOKE, False),
            "ownerId": self._aws.account,
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Make the tags exact, by which a role may be allowed the rest, and then declared rules, revoking first."""
        self._retag(id, live, inputs)
        self._make_exact(id, live, inputs)
        return {**live, **inputs}

    def _wanted(self, inputs: Properties) -> dict[str, object]:
        declared = {way: permissions.single(inputs[way]) for way in WAYS if way in inputs}
        return {**super()._wanted(inputs), **declared}

    def _make_exact(self, id_: str, live: Properties, inputs: Properties) -> None:
        for way in WAYS:
            if way in inputs:
                there, declared = permissions.single(live.get(way)), permissions.single(inputs[way])
                self._revoke(id_, way, [rule for rule in there if not _among(rule, declared)])
                missing = [permissions.permission(rule) for rule in declared if not _among(rule, there)]
                if missing:
                    self._aws.send(f"authorize_security_group_{way}", GroupId=id_, IpPermissions=missing)

    def _revoke(self, id_: str, way: str, rules: list[dict[str, object]]) -> None:
        if rules:
            given = [permissions.permission(rule) for rule in rules]
            self._aws.remove(f"revoke_security_group_{way}", GroupId=id_, IpPermissions=given)


def _among(rule: Row, rules: list[dict[str, object]]) -> bool:
    return any(same(rule, other) for other in rules)


INPUTS = frozenset({*WAYS, REVOKE, "vpcId", TAGS})
