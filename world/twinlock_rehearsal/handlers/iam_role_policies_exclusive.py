"""`aws.iam.RolePoliciesExclusive`: no inline policy of a role but these."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.engine.result import FieldChange
from twinlock.engine.wording import worded
from twinlock.provider.inputs import texts
from twinlock.provider.port import Created, Failure
from twinlock_rehearsal.iam import Iam

if TYPE_CHECKING:
    from twinlock.provider.port import Clients, Properties

_ROLE, _NAMES = "roleName", "policyNames"


class RolePoliciesExclusive:
    """Handles them; the id is the role's name."""

    type: ClassVar[str] = "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive"
    replaces: ClassVar[frozenset[str]] = frozenset({_ROLE})
    adopts: ClassVar[bool] = True

    def __init__(self, clients: Clients) -> None:
        self._iam = Iam(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing or unknown."""
        missing = tuple(Failure(name, "is missing") for name in (_ROLE, _NAMES) if name not in inputs)
        return (*missing, *(Failure(name, "is not known here") for name in inputs if name not in {_ROLE, _NAMES}))

    def find(self, inputs: Properties) -> str | None:
        """Return the role's name where there is such a role."""
        role = str(inputs[_ROLE])
        return None if self.read(role, inputs) is None else role

    def create(self, inputs: Properties) -> Created:
        """Delete the others."""
        role = str(inputs[_ROLE])
        return Created(role, self.update(role, self.read(role, inputs) or {}, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return the names of all inline policies of the role."""
        del inputs
        found = self._iam.list("list_role_policies", "PolicyNames", RoleName=id)
        return None if found is None else {_ROLE: id, _NAMES: sorted(str(name) for name in found)}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return that there are policies too many; one that is missing is its own resource's affair."""
        if not _surplus(live, inputs):
            return ()
        return (FieldChange(_NAMES, worded(texts(live, _NAMES)), worded(texts(inputs, _NAMES))),)

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Delete the others."""
        for name in _surplus(live, inputs):
            self._iam.remove("delete_role_policy", RoleName=id, PolicyName=name)
        return inputs

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Do nothing: policies are deleted by their own resources."""


def _surplus(live: Properties, inputs: Properties) -> list[str]:
    return sorted(set(texts(live, _NAMES)) - set(texts(inputs, _NAMES)))


HANDLER = RolePoliciesExclusive
