"""The Estate: all that must exist, derived from the manifest by `desired` and from nothing else.

Scaffold renders it, programs declare it, audit compares it with live. It holds names, never observed ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.account import Account, Purpose
    from twinlock.model.declaration import Declaration, Service
    from twinlock.model.organization import Organization
    from twinlock.model.repository import Repository


@dataclass(frozen=True, slots=True)
class Estate:
    """What must exist.

    Attributes:
        declaration: What it was derived from.
        organization: The GitHub organization.
        repositories: By name.
        accounts: By purpose.
    """

    declaration: Declaration
    organization: Organization
    repositories: Mapping[str, Repository]
    accounts: Mapping[Purpose, Account]

    @property
    def services(self) -> Mapping[str, Service]:
        """The declared services, by name."""
        return self.declaration.services

    @property
    def groups(self) -> tuple[str, ...]:
        """The stack groups in the order they are provisioned: the platform's own first."""
        names = {repository.group for repository in self.repositories.values()}
        return tuple(sorted(names, key=lambda name: (name != "platform", name)))

    def group(self, name: str) -> tuple[Repository, ...]:
        """Return the repositories of one stack group, by name.

        Raises:
            BadInput: No repository belongs to that group.
        """
        found = tuple(r for _, r in sorted(self.repositories.items()) if r.group == name)
        if not found:
            raise BadInput(
                f"There is no group {name!r}.",
                f"The groups of this platform are: {', '.join(self.groups) or 'none'}.",
                "Name one of them, or add a service with `twinlock new SERVICE`.",
            )
        return found
