"""The IAM state of one account as JSON, for `/_world/dump`.

Why from moto's memory and not by its API: a dump must not depend on how many pages an account has, nor cost a request
for each role. Policy documents are parsed, so that two texts of one document are equal.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from moto.iam.models import IAMBackend, ManagedPolicy, OpenIDConnectProvider, Role

    from twinlock_world.jsonvalue import JsonObject, JsonValue


def snapshot(backend: IAMBackend) -> JsonObject:
    """Return roles, customer managed policies and OIDC providers of an account, each by its name or ARN."""
    own = (policy for policy in backend.managed_policies.values() if not _is_published(policy))
    return {
        "roles": {role.name: _role(role) for role in sorted(backend.roles.values(), key=lambda role: role.name)},
        "policies": {policy.arn: _policy(policy) for policy in sorted(own, key=lambda policy: policy.arn)},
        "oidc_providers": {arn: _provider(backend.open_id_providers[arn]) for arn in sorted(backend.open_id_providers)},
    }


def document(text: str) -> JsonValue:
    """Return a policy document parsed, or its text where it is no JSON."""
    try:
        parsed: JsonValue = json.loads(text)
    except ValueError:
        return text
    return parsed


def _role(role: Role) -> JsonObject:
    return {
        "arn": role.arn,
        "path": role.path,
        "description": role.description,
        "max_session_duration": role.max_session_duration,
        "trust": document(role.assume_role_policy_document),
        "inline": {name: document(role.policies[name]) for name in sorted(role.policies)},
        "attached": sorted(role.managed_policies),
        "boundary": role.permissions_boundary_arn,
        "tags": _tags(role.tags),
        "created_at": role.create_date.isoformat(),
        "id": role.id,
    }


def _policy(policy: ManagedPolicy) -> JsonObject:
    default = next(version for version in policy.versions if version.is_default)
    return {
        "name": policy.name,
        "path": policy.path,
        "description": policy.description,
        "document": document(default.document),
        "tags": _tags(policy.tags.values()),
        "created_at": policy.create_date.isoformat(),
        "id": policy.id,
    }


def _provider(provider: OpenIDConnectProvider) -> JsonObject:
    return {
        "host": provider.url,
        "audiences": sorted(provider.client_id_list),
        "thumbprints": sorted(provider.thumbprint_list),
        "tags": _tags(provider.tags.values()),
        "created_at": provider.create_date.isoformat(),
    }


def _tags(tags: Iterable[Mapping[str, str]]) -> JsonObject:
    return {tag["Key"]: tag["Value"] for tag in sorted(tags, key=lambda tag: tag["Key"])}


def _is_published(policy: ManagedPolicy) -> bool:
    return policy.arn.split(":")[4] == "aws"
