"""`aws.iam.RolePolicy`: one inline policy of a role."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.difference import changes
from twinlock.provider.port import Created, Failure
from twinlock_rehearsal.iam import Iam, says

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, Properties

_INPUTS = ("name", "policy", "role")


class RolePolicy:
    """Handles them; the id is `role:name`, neither of which can hold a colon."""

    type: ClassVar[str] = "aws:iam/rolePolicy:RolePolicy"
    replaces: ClassVar[frozenset[str]] = frozenset({"name", "role"})
    adopts: ClassVar[bool] = False

    def __init__(self, clients: Clients) -> None:
        self._iam = Iam(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing or unknown."""
        missing = tuple(Failure(name, "is missing") for name in _INPUTS if name not in inputs)
        return (*missing, *(Failure(name, "is not known here") for name in inputs if name not in _INPUTS))

    def find(self, inputs: Properties) -> str | None:
        """Return the id where the role has such a policy."""
        id_ = f"{inputs['role']}:{inputs['name']}"
        return None if self.read(id_, inputs) is None else id_

    def create(self, inputs: Properties) -> Created:
        """Put it."""
        id_ = f"{inputs['role']}:{inputs['name']}"
        return Created(id_, self.update(id_, {}, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        del inputs
        role, _, name = id.partition(":")
        found = self._iam.get("get_role_policy", "", RoleName=role, PolicyName=name)
        return None if found is None else {"role": role, "name": name, "policy": says(found.get("PolicyDocument"))}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise."""
        return changes(live, {**inputs, "policy": says(inputs["policy"])})

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Put it."""
        del live
        role, _, name = id.partition(":")
        self._iam.send("put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=inputs["policy"])
        return inputs

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it."""
        del live
        role, _, name = id.partition(":")
        self._iam.remove("delete_role_policy", RoleName=role, PolicyName=name)


HANDLER = RolePolicy
