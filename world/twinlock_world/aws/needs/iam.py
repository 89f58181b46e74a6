"""IAM: roles, users, groups, policies, instance profiles and identity providers, and the policies given to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.aws.holdings import iam
from twinlock_world.aws.needs.need import Need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.aws.operation import Operation, Place

_NAMED: Final = {
    "RoleName": "role",
    "UserName": "user",
    "GroupName": "group",
    "InstanceProfileName": "instance-profile",
    "SAMLProviderArn": "saml-provider",
}
_ATTACHING: Final = (
    "AttachRolePolicy",
    "AttachUserPolicy",
    "AttachGroupPolicy",
    "DetachRolePolicy",
    "DetachUserPolicy",
)
_LISTS: Final = frozenset({"ListRoles", "ListUsers", "ListGroups", "ListPolicies", "ListInstanceProfiles"})


def needs(operation: Operation, place: Place) -> Iterator[Need]:
    """Yield what a request to IAM needs."""
    context: dict[str, tuple[str, ...]] = {}
    if operation.text("PermissionsBoundary"):
        context["iam:permissionsboundary"] = (operation.text("PermissionsBoundary"),)
    if operation.name in _ATTACHING:
        context["iam:policyarn"] = (operation.text("PolicyArn"),)
    action = f"iam:{operation.name}"
    resources = () if operation.name in _LISTS else tuple(_resources(operation, place))
    yield from (Need(action, resource, context) for resource in resources or ("*",))
    if operation.name == "AddRoleToInstanceProfile":
        yield Need("iam:PassRole", _arn("role", operation.text("RoleName"), operation, place))


def _resources(operation: Operation, place: Place) -> Iterator[str]:
    if operation.name == "CreatePolicy":
        yield f"arn:aws:iam::{place.account}:policy{operation.text('Path') or '/'}{operation.text('PolicyName')}"
    elif operation.name == "CreateOpenIDConnectProvider":
        host = operation.text("Url").removeprefix("https://")
        yield f"arn:aws:iam::{place.account}:oidc-provider/{host}"
    elif operation.text("OpenIDConnectProviderArn"):
        yield operation.text("OpenIDConnectProviderArn")
    elif operation.name == "AddRoleToInstanceProfile":
        yield _arn("instance-profile", operation.text("InstanceProfileName"), operation, place)
    elif operation.text("PolicyArn") and operation.name not in _ATTACHING:
        yield operation.text("PolicyArn")
    else:
        for parameter, kind in _NAMED.items():
            if operation.text(parameter):
                yield _arn(kind, operation.text(parameter), operation, place)


def _arn(kind: str, name: str, operation: Operation, place: Place) -> str:
    """Return the ARN of what has this name; its path is known to the account, or to the request that makes it."""
    backend = iam(place.account)
    path = operation.text("Path") or "/"
    held = {
        "role": lambda: next((role.path for role in backend.roles.values() if role.name == name), path),
        "user": lambda: backend.users[name].path if name in backend.users else path,
        "group": lambda: backend.groups[name].path if name in backend.groups else path,
        "instance-profile": lambda: next(
            (profile.path for profile in backend.instance_profiles.values() if profile.name == name), path
        ),
    }
    return f"arn:aws:iam::{place.account}:{kind}{held[kind]() if kind in held else '/'}{name}"
