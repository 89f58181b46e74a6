"""`aws.iam.RolePolicyAttachmentsExclusive`: exactly these managed policies on a role."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.difference import changes
from twinlock.provider.inputs import texts
from twinlock.provider.port import Created, Failure
from twinlock_rehearsal.iam import Iam, names

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, Properties

_ROLE, _ARNS = "roleName", "policyArns"


class RolePolicyAttachmentsExclusive:
    """Handles them; the id is the role's name."""

    type: ClassVar[str] = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
    replaces: ClassVar[frozenset[str]] = frozenset({_ROLE})
    adopts: ClassVar[bool] = True

    def __init__(self, clients: Clients) -> None:
        self._iam = Iam(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing or unknown."""
        missing = tuple(Failure(name, "is missing") for name in (_ROLE, _ARNS) if name not in inputs)
        return (*missing, *(Failure(name, "is not known here") for name in inputs if name not in {_ROLE, _ARNS}))

    def find(self, inputs: Properties) -> str | None:
        """Return the role's name where there is such a role."""
        role = str(inputs[_ROLE])
        return None if self.read(role, inputs) is None else role

    def create(self, inputs: Properties) -> Created:
        """Detach the others and attach these."""
        role = str(inputs[_ROLE])
        return Created(role, self.update(role, self.read(role, inputs) or {}, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return the ARNs of all managed policies of the role."""
        del inputs
        found = self._iam.list("list_attached_role_policies", "AttachedPolicies", RoleName=id)
        return None if found is None else {_ROLE: id, _ARNS: sorted(names(found, "PolicyArn"))}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise."""
        return changes(live, inputs)

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Detach the others, then attach these."""
        attached, wanted = set(texts(live, _ARNS)), set(texts(inputs, _ARNS))
        for arn in sorted(attached - wanted):
            self._iam.remove("detach_role_policy", RoleName=id, PolicyArn=arn)
        for arn in sorted(wanted - attached):
            self._iam.send("attach_role_policy", RoleName=id, PolicyArn=arn)
        return inputs

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Do nothing, as the official provider: nothing is exclusive any more."""


HANDLER = RolePolicyAttachmentsExclusive
