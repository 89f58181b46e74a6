"""What resources are tagged with, and their own policies, read from moto's memory.

moto's services are loaded when somebody first uses them; asking for a resource that isn't there, or of a service that
nobody used, gives nothing, and the service itself will say so. Called by `enforcement`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from moto.backends import get_backend

from twinlock_world.aws.holdings import PARTITION
from twinlock_world.aws.policy.document import Policy, read

if TYPE_CHECKING:
    from collections.abc import Callable

_PARTS: Final = 6


def owner(arn: str) -> str:
    """Return the account of a resource; empty where its ARN does not say, and it cannot be found out."""
    if arn.startswith("arn:aws:s3:::"):
        bucket = arn.removeprefix("arn:aws:s3:::").partition("/")[0]
        backends: Any = get_backend("s3")  # of a class of its own
        found = backends.bucket_accounts.get(bucket)
        return "" if found is None else str(found[1])
    parts = arn.split(":", _PARTS - 1)
    return parts[4] if len(parts) == _PARTS else ""


def tags(arn: str) -> dict[str, str]:
    """Return the tags of a resource."""
    parts = arn.split(":", _PARTS - 1)
    if len(parts) < _PARTS or parts[2] not in _TAGS:
        return {}
    try:
        return _as_tags(_TAGS[parts[2]](parts[4], parts[3], parts[5], arn))
    except Exception:  # noqa: BLE001 - moto's many ways to say that there is no such thing
        return {}


def policy(arn: str) -> Policy | None:
    """Return the policy of a resource itself."""
    parts = arn.split(":", _PARTS - 1)
    if len(parts) < _PARTS or parts[2] not in _POLICIES:
        return None
    try:
        text = _POLICIES[parts[2]](parts[4] or owner(arn), parts[3], parts[5], arn)
    except Exception:  # noqa: BLE001 - as above
        return None
    if not text:
        return None
    return read(arn, text.decode() if isinstance(text, bytes) else text if isinstance(text, str) else json.dumps(text))


def _backend(service: Any, account: str, region: str) -> Any:  # noqa: ANN401 - moto's classes have nothing in common
    return get_backend(service)[account][region or PARTITION]


def _iam_tags(account: str, _region: str, tail: str, arn: str) -> Any:  # noqa: ANN401 - as above
    backend, kind = _backend("iam", account, PARTITION), tail.partition("/")[0]
    match kind:
        case "role":
            return next(role.tags for role in backend.roles.values() if role.arn == arn)
        case "user":
            return backend.users[tail.rpartition("/")[2]].tags
        case "policy":
            return list(backend.managed_policies[arn].tags.values())
        case _:
            return list(backend.open_id_providers[arn].tags.values())


_TAGS: Final[dict[str, Callable[[str, str, str, str], Any]]] = {
    "ec2": lambda account, region, tail, _: _backend("ec2", account, region).tags.get(tail.rpartition("/")[2]),
    "ecr": lambda account, region, _, arn: _backend("ecr", account, region).list_tags_for_resource(arn),
    "ecs": lambda account, region, _, arn: _backend("ecs", account, region).list_tags_for_resource(arn),
    "elasticloadbalancing": lambda account, region, _, arn: _backend("elbv2", account, region).describe_tags([arn])[
        arn
    ],
    "iam": _iam_tags,
    "kms": lambda account, region, tail, _: _backend("kms", account, region).list_resource_tags(
        tail.rpartition("/")[2]
    ),
    "logs": lambda account, region, _, arn: _backend("logs", account, region).list_tags_for_resource(
        arn.partition(":log-stream:")[0]
    ),
    "secretsmanager": lambda account, region, _, arn: _backend("secretsmanager", account, region).secrets[arn].tags,
    "sqs": lambda account, region, tail, _: _backend("sqs", account, region).queues[tail].tags,
    "ssm": lambda account, region, tail, _: _ssm_tags(_backend("ssm", account, region), tail),
}
_POLICIES: Final[dict[str, Callable[[str, str, str, str], Any]]] = {
    "ecr": lambda account, region, tail, _: (
        _backend("ecr", account, region).repositories[tail.removeprefix("repository/")].policy
    ),
    "kms": lambda account, region, tail, _: _backend("kms", account, region).keys[tail.removeprefix("key/")].policy,
    "s3": lambda account, _, tail, __: _backend("s3", account, "").buckets[tail.partition("/")[0]].policy,
    "secretsmanager": lambda account, region, _, arn: _backend("secretsmanager", account, region).secrets[arn].policy,
    "sqs": lambda account, region, tail, _: _backend("sqs", account, region).queues[tail].policy,
}


def _ssm_tags(backend: Any, tail: str) -> Any:  # noqa: ANN401 - as above
    name = tail.removeprefix("parameter/")
    held = backend._resource_tags["Parameter"]  # noqa: SLF001 - moto checks the name before it tells
    return held.get(f"/{name}") or held.get(name)


def _as_tags(found: Any) -> dict[str, str]:  # noqa: ANN401 - every service has a form of its own
    if isinstance(found, dict) and "Tags" in found:
        found = found["Tags"]
    if isinstance(found, dict) and "tags" in found:
        found = found["tags"]
    if isinstance(found, dict):
        return {str(key): str(value) for key, value in found.items()}
    spelt = ({name.lower().removeprefix("tag"): text for name, text in tag.items()} for tag in found or ())
    return {tag["key"]: tag["value"] for tag in spelt}
