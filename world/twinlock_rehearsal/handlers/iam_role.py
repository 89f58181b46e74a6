"""`aws.iam.Role`: who may assume it, for how long, and within which boundary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.port import Created, Failure
from twinlock_rehearsal.iam import Iam, compared, names, retag, says, tags, untagged

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, Properties

_TRUST, _BOUNDARY, _SECONDS, _TAGS = "assumeRolePolicy", "permissionsBoundary", "maxSessionDuration", "tags"
_INPUTS = {_TRUST, _BOUNDARY, _SECONDS, _TAGS, "name", "path", "description", "forceDetachPolicies"}
_DEFAULTS = {_BOUNDARY: "", _SECONDS: 3600, "description": "", "path": "/"}


class Role:
    """Handles roles; the id is the name."""

    type: ClassVar[str] = "aws:iam/role:Role"
    replaces: ClassVar[frozenset[str]] = frozenset({"name", "path"})
    adopts: ClassVar[bool] = False

    def __init__(self, clients: Clients) -> None:
        self._iam = Iam(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing or unknown."""
        missing = tuple(Failure(name, "is missing") for name in ("name", _TRUST) if name not in inputs)
        return (*missing, *(Failure(name, "is not known here") for name in inputs if name not in _INPUTS))

    def find(self, inputs: Properties) -> str | None:
        """Return the name where there is such a role."""
        name = str(inputs["name"])
        return None if self._iam.get("get_role", "Role", RoleName=name) is None else name

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        name = str(inputs["name"])
        self._iam.send(
            "create_role",
            RoleName=name,
            AssumeRolePolicyDocument=inputs[_TRUST],
            PermissionsBoundary=inputs.get(_BOUNDARY) or None,
            MaxSessionDuration=inputs.get(_SECONDS),
            Description=inputs.get("description"),
            Path=inputs.get("path"),
            Tags=tags(inputs.get(_TAGS)),
        )
        return Created(name, {**inputs, **(self.read(name, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        role = self._iam.get("get_role", "Role", RoleName=id)
        if role is None:
            return None
        boundary = role.get("PermissionsBoundary")
        return {
            "name": id,
            "path": role.get("Path", "/"),
            "description": role.get("Description", ""),
            _TRUST: says(role.get("AssumeRolePolicyDocument")),
            _SECONDS: role.get("MaxSessionDuration", _DEFAULTS[_SECONDS]),
            _BOUNDARY: boundary.get("PermissionsBoundaryArn", "") if isinstance(boundary, Mapping) else "",
            _TAGS: untagged(role.get("Tags")),
            "arn": role["Arn"],
            "uniqueId": role["RoleId"],
            "forceDetachPolicies": inputs.get("forceDetachPolicies", False),
        }

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise; a boundary that is not declared is one too many."""
        return compared(live, {**_DEFAULTS, **inputs, _TRUST: says(inputs[_TRUST])})

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change what differs, what narrows it first."""
        wanted = {**_DEFAULTS, **inputs}
        differs = {change.path.partition(".")[0] for change in self.diff(live, inputs)}
        if _TRUST in differs:
            self._iam.send("update_assume_role_policy", RoleName=id, PolicyDocument=inputs[_TRUST])
        if _BOUNDARY in differs and wanted[_BOUNDARY]:
            self._iam.send("put_role_permissions_boundary", RoleName=id, PermissionsBoundary=wanted[_BOUNDARY])
        elif _BOUNDARY in differs:
            self._iam.remove("delete_role_permissions_boundary", RoleName=id)
        if differs & {_SECONDS, "description"}:
            self._iam.send(
                "update_role", RoleName=id, MaxSessionDuration=wanted[_SECONDS], Description=wanted["description"]
            )
        if _TAGS in differs:
            retag(self._iam, "role", live, inputs, RoleName=id)
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it with every policy in it; IAM refuses to delete a role that has any."""
        del live
        for name in self._iam.list("list_role_policies", "PolicyNames", RoleName=id) or ():
            self._iam.remove("delete_role_policy", RoleName=id, PolicyName=name)
        attached = self._iam.list("list_attached_role_policies", "AttachedPolicies", RoleName=id) or ()
        for arn in names(attached, "PolicyArn"):
            self._iam.remove("detach_role_policy", RoleName=id, PolicyArn=arn)
        self._iam.remove("delete_role", RoleName=id)


HANDLER = Role
