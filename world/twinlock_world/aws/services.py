"""What one account keeps in its regions beside IAM, as JSON, for `/_world/dump`.

Only of services that somebody used: moto loads the others when they are asked, and a dump must not take that long.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from twinlock_world.aws.state import document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twinlock_world.jsonvalue import JsonObject, JsonValue


def snapshot(account: str) -> JsonObject:
    """Return what each region holds, by the name of the service; regions and services without anything are left out."""
    found: dict[str, dict[str, JsonValue]] = {}
    for service, reader in _READERS.items():
        for region, backend in _backends(service, account):
            held = reader(backend)
            if held:
                found.setdefault(region, {})[service] = held
    return {region: found[region] for region in sorted(found)}


def _backends(service: str, account: str) -> Iterator[tuple[str, Any]]:
    module = sys.modules.get(f"moto.{service}.models")
    known = None if module is None else dict.get(getattr(module, f"{service}_backends"), account)
    yield from () if known is None else dict.items(known)


def _ec2(backend: Any) -> JsonValue:  # noqa: ANN401 - moto's classes have nothing in common
    from twinlock_world.aws.network import snapshot as networks  # noqa: PLC0415 - loaded with the service

    return networks(backend)


def _ecr(backend: Any) -> JsonValue:  # noqa: ANN401 - as above
    return {
        name: {
            "mutability": repository.image_tag_mutability,
            "scanning": dict(repository.image_scanning_configuration),
            "policy": document(repository.policy) if isinstance(repository.policy, str) else repository.policy,
            "images": sorted(str(image.image_digest) for image in repository.images),
            "tags": _tags(backend.list_tags_for_resource(repository.arn)),
        }
        for name, repository in sorted(backend.repositories.items())
    }


def _ecs(backend: Any) -> JsonValue:  # noqa: ANN401 - as above
    clusters: JsonObject = {
        name: {"status": cluster.status, "settings": list(cluster.settings), "tags": _tags(cluster.tags)}
        for name, cluster in sorted(backend.clusters.items())
    }
    definitions: JsonObject = {
        f"{family}:{number}": {
            "status": revision.status,
            "containers": list(revision.container_definitions),
            "network": revision.network_mode,
            "size": [getattr(revision, name, None) for name in ("cpu", "memory")],
            # Those that are not given are no attributes.
            "roles": [getattr(revision, name, None) for name in ("task_role_arn", "execution_role_arn")],
            "tags": _tags(revision.tags),
        }
        for family, revisions in sorted(backend.task_definitions.items())
        for number, revision in sorted(revisions.items())
    }
    return {"clusters": clusters, "task_definitions": definitions} if clusters or definitions else {}


def _logs(backend: Any) -> JsonValue:  # noqa: ANN401 - as above
    return {
        name: {
            "days": group.retention_in_days,
            "key": group.kms_key_id,
            "tags": _tags(backend.list_tags_for_resource(group.arn)),
        }
        for name, group in sorted(backend.groups.items())
    }


def _sqs(backend: Any) -> JsonValue:  # noqa: ANN401 - as above
    return {
        name: {
            "delay": queue.delay_seconds,
            "encrypted": str(queue.sqs_managed_sse_enabled).lower() == "true",
            "largest": queue.maximum_message_size,
            "policy": document(queue.policy) if isinstance(queue.policy, str) else queue.policy,
            "retention": queue.message_retention_period,
            "visibility": queue.visibility_timeout,
            "wait": queue.receive_message_wait_time_seconds,
            "tags": _tags(queue.tags),
        }
        for name, queue in sorted(backend.queues.items())
    }


def _tags(found: Any) -> JsonObject:  # noqa: ANN401 - every service has a form of its own
    spelt = found.get("tags", found) if isinstance(found, dict) else found
    if isinstance(spelt, dict):
        return {str(key): str(value) for key, value in sorted(spelt.items())}
    pairs = ({name.lower(): str(value) for name, value in tag.items()} for tag in spelt or ())
    return {tag["key"]: tag.get("value", "") for tag in sorted(pairs, key=lambda tag: tag["key"])}


_READERS: Final[dict[str, Callable[[Any], JsonValue]]] = {
    "ec2": _ec2,
    "ecr": _ecr,
    "ecs": _ecs,
    "logs": _logs,
    "sqs": _sqs,
}
