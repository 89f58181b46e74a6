"""What an organization holds before twinlock: as `survey` reads it, and `proposal` judges it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twinlock.model.observed import Absent, Seen
from twinlock.model.repository import Visibility

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.account import Purpose
    from twinlock.model.declaration import Plan
    from twinlock.model.identities import Identities
    from twinlock.model.live import LiveOrganization, LiveRepository
    from twinlock.model.organization import Team


@dataclass(frozen=True, slots=True)
class FoundRepository:
    """A repository.

    Attributes:
        name: Its name.
        description: Its description; empty where it has none.
        archived: Nobody can change it.
        fork: It is a copy of somebody else's.
        template: Others are made from it.
        head: What its branch `main` points at; None where it has none.
        live: What controls judge; None where nobody looked, for it is no candidate.
        rulesets: Ids of its own rulesets by name.
        classic: Its default branch has a protection of the older kind, beside all rulesets.
    """

    name: str
    description: str
    archived: bool
    fork: bool
    template: bool
    head: str | None = None
    live: LiveRepository | None = None
    rulesets: Mapping[str, int] = field(default_factory=dict)
    classic: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing was ever committed to it."""
        return self.live is not None and isinstance(self.live.files, Absent)

    @property
    def visibility(self) -> Visibility:
        """Who sees it; the fewest, where nobody looked."""
        if self.live is not None and isinstance(self.live.settings, Seen):
            return self.live.settings.value.visibility
        return Visibility.PRIVATE


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """An AWS account.

    Attributes:
        id: Its twelve digits.
        oidc_provider: Whether it has GitHub's identity provider.
        boundary: Whether it has a policy with the name of twinlock's boundary.
        roles: Names of the inline policies of each role.
    """

    id: str
    oidc_provider: bool
    boundary: bool
    roles: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Found:
    """All of it.

    Attributes:
        login: The organization, as GitHub writes it.
        plan: Its plan; None where GitHub does not tell, or names another one.
        organization: What controls judge of it.
        identities: Ids behind names.
        owners: Logins of its owners.
        teams: Its teams by slug.
        repositories: Its repositories by name.
        accounts: AWS accounts by purpose.
    """

    login: str
    plan: Plan | None
    organization: LiveOrganization
    identities: Identities
    owners: frozenset[str]
    teams: Mapping[str, Team]
    repositories: Mapping[str, FoundRepository]
    accounts: Mapping[Purpose, FoundAccount]
