"""Rules of a security group as one list: what Pulumi calls `ingress` and `egress`, and EC2 `IpPermissions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_rehearsal.aws import Row, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SOURCES: Mapping[str, tuple[str, str]] = {
    "cidrBlocks": ("IpRanges", "CidrIp"),
    "ipv6CidrBlocks": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListIds": ("PrefixListIds", "PrefixListId"),
    "securityGroups": ("UserIdGroupPairs", "GroupId"),
}
_ALL = "-1"


def told(permissions: object) -> list[dict[str, object]]:
    """Return the rules of a group, one for each source or destination: AWS itself knows no larger ones."""
    return [
        {
            "protocol": permission.get("IpProtocol", _ALL),
            "fromPort": permission.get("FromPort", 0),
            "toPort": permission.get("ToPort", 0),
            property_: [source[field]],
        }
        for permission in rows(permissions)
        for property_, (key, field) in _SOURCES.items()
        for source in rows(permission.get(key))
    ]


def single(rules: object) -> list[dict[str, object]]:
    """Return declared rules likewise, one for each source or destination."""
    return [
        {
            "protocol": rule.get("protocol", _ALL),
            "fromPort": rule.get("fromPort", 0),
            "toPort": rule.get("toPort", 0),
            property_: [source],
        }
        for rule in rows(rules)
        for property_ in _SOURCES
        for source in _listed(rule, property_)
    ]


def permission(rule: Row) -> dict[str, object]:
    """Return a rule as EC2 takes it."""
    ports = {} if rule["protocol"] == _ALL else {"FromPort": rule["fromPort"], "ToPort": rule["toPort"]}
    sources = {
        key: [{field: source} for source in _listed(rule, property_)]
        for property_, (key, field) in _SOURCES.items()
        if rule.get(property_)
    }
    return {"IpProtocol": rule["protocol"], **ports, **sources}


def _listed(rule: Row, property_: str) -> Iterator[object]:
    found = rule.get(property_)
    yield from found if isinstance(found, list | tuple) else ()
