"""The networks of one account in one region as JSON, for `/_world/dump`.

EC2 knows things by random ids. Here each stands within its network and is called by what it is (a group by its name, a
subnet by its addresses, an endpoint by its service), so that two accounts in which the same was done look the same.
What AWS still remembers of what was deleted is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twinlock_world.aws.state import document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moto.ec2.models import EC2Backend

    from twinlock_world.jsonvalue import JsonObject, JsonValue


def snapshot(backend: EC2Backend) -> JsonValue:
    """Return the networks, each with all that lies in it."""
    network = _Network(backend)
    return [network.vpc(vpc) for vpc in backend.vpcs.values()]


class _Network:
    """Reads moto's memory; its classes have no types in common."""

    def __init__(self, backend: EC2Backend) -> None:
        self._backend = backend
        groups = [group for within in backend.groups.values() for group in within.values()]
        subnets = [subnet for within in backend.subnets.values() for subnet in within.values()]
        self._groups, self._subnets = groups, subnets
        self._names: dict[str, str] = {
            **{group.id: group.name for group in groups},
            **{subnet.id: subnet.cidr_block for subnet in subnets},
            **{endpoint.id: endpoint.service_name for endpoint in backend.vpc_end_points.values()},
            **{held.id: held.prefix_list_name or held.id for held in backend.managed_prefix_lists.values()},
        }

    def vpc(self, vpc: Any) -> JsonObject:  # noqa: ANN401 - as of the class
        """Return a network."""
        return {
            "id": vpc.id,
            "cidr_block": vpc.cidr_block,
            "default": vpc.is_default,
            "dns_support": _flag(vpc.enable_dns_support),
            "dns_hostnames": _flag(vpc.enable_dns_hostnames),
            "tags": self._tags(vpc.id),
            "subnets": {found.cidr_block: self._subnet(found) for found in self._subnets if found.vpc_id == vpc.id},
            "security_groups": {found.name: self._group(found) for found in self._groups if found.vpc_id == vpc.id},
            "route_tables": [
                self._table(found) for found in self._backend.route_tables.values() if found.vpc_id == vpc.id
            ],
            "endpoints": [
                self._endpoint(found)
                for found in self._backend.vpc_end_points.values()
                if found.vpc_id == vpc.id and found.state != "deleted"
            ],
            "flow_logs": [
                self._flow_log(found) for found in self._backend.flow_logs.values() if found.resource_id == vpc.id
            ],
        }

    def _subnet(self, subnet: Any) -> JsonObject:  # noqa: ANN401 - as of the class
        return {
            "id": subnet.id,
            "zone": subnet.availability_zone,
            "public_addresses": _flag(subnet.map_public_ip_on_launch),
            "tags": self._tags(subnet.id),
        }

    def _group(self, group: Any) -> JsonObject:  # noqa: ANN401 - as of the class
        return {
            "id": group.id,
            "description": group.description,
            "ingress": self._rules(group.ingress_rules),
            "egress": self._rules(group.egress_rules),
            "tags": self._tags(group.id),
        }

    def _rules(self, rules: Iterable[Any]) -> list[JsonValue]:
        return [
            {
                "id": rule.id,
                "protocol": rule.ip_protocol,
                "ports": None if rule.from_port is None else f"{rule.from_port}-{rule.to_port}",
                "addresses": rule.cidr_ipv4 or rule.cidr_ipv6,
                "group": self._called(rule.source_group.get("GroupId")),
                "prefix_list": self._called(rule.prefix_list_id),
                "description": rule.description,
                "tags": self._tags(rule.id),
            }
            for rule in rules
        ]

    def _table(self, table: Any) -> JsonObject:  # noqa: ANN401 - as of the class
        return {
            "id": table.id,
            "main": table.main_association_id is not None,
            "subnets": sorted(self._names.get(found, found) for found in table._associations.values()),  # noqa: SLF001 - moto tells them by random ids alone
            "routes": [
                {
                    "destination": self._called(
                        route.destination_cidr_block
                        or route.destination_ipv6_cidr_block
                        or getattr(route.destination_prefix_list, "id", None)
                    ),
                    "target": "local" if route.local else self._called(route.gateway_id) or "other",
                }
                for route in table._routes.values()  # noqa: SLF001 - as above
            ],
            "tags": self._tags(table.id),
        }

    def _endpoint(self, endpoint: Any) -> JsonObject:  # noqa: ANN401 - as of the class
        return {
            "id": endpoint.id,
            "service": endpoint.service_name,
            "type": endpoint.vpc_endpoint_type,
            "policy": document(endpoint.policy_document),
            "private_names": endpoint.vpc_endpoint_type == "Interface" and bool(endpoint.private_dns_enabled),
            "route_tables": len(endpoint.route_table_ids or ()),
            "subnets": sorted(self._names.get(found, found) for found in endpoint.subnet_ids or ()),
            "security_groups": sorted(self._names.get(found, found) for found in endpoint.security_group_ids),
            "tags": self._tags(endpoint.id),
        }

    def _flow_log(self, log: Any) -> JsonObject:  # noqa: ANN401 - as of the class
        return {
            "id": log.id,
            "traffic": log.traffic_type,
            "destination": log.log_destination or log.log_group_name,
            "role": log.deliver_logs_permission_arn,
            "interval": log.max_aggregation_interval,
            "tags": self._tags(log.id),
        }

    def _called(self, name: str | None) -> str | None:
        return None if name is None else self._names.get(name, name)

    def _tags(self, id_: str) -> JsonObject:
        return dict(sorted(self._backend.tags.get(id_, {}).items()))


def _flag(value: object) -> bool:
    """Return a setting that moto keeps as it arrived: as a text, sometimes."""
    return value if isinstance(value, bool) else str(value).lower() == "true"
