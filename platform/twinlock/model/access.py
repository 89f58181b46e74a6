"""Who can reach a repository, by every way GitHub offers: teams, people, invitations, deploy keys, webhooks."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated

from twinlock.model.marks import Exact, Subset


class Permission(enum.IntEnum):
    """A repository permission; a greater one includes the lesser.

    Source: https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories.
    """

    PULL = 1
    TRIAGE = 2
    PUSH = 3
    MAINTAIN = 4
    ADMIN = 5

    @property
    def slug(self) -> str:
        """GitHub's word for it in requests (`pull`, `push`)."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A permission held by somebody.

    Attributes:
        holder: Team slug or login.
        permission: What they may do; a custom role counts as its base.
    """

    holder: str
    permission: Permission

    def __str__(self) -> str:
        """Return `holder: permission`."""
        return f"{self.holder}: {self.permission.slug}"


@dataclass(frozen=True, slots=True)
class Access:
    """Every way into one repository.

    Attributes:
        teams: Grants to teams.
        collaborators: Grants to people directly, outside collaborators included.
        invitations: Grants offered to people who have not accepted yet.
        deploy_keys: Titles of deploy keys, each with ` (write)` where it may push.
        webhooks: Addresses of webhooks.
    """

    teams: Annotated[frozenset[Grant], Exact]
    collaborators: Annotated[frozenset[Grant], Subset]
    invitations: Annotated[frozenset[Grant], Subset]
    deploy_keys: Annotated[frozenset[str], Subset]
    webhooks: Annotated[frozenset[str], Subset]
