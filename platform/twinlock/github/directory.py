"""The directory: which slug stands behind an id, and which id behind a slug.

GitHub's rulesets and environments hold ids, the model holds names. An id that resolves to nothing stays `id:N`, so
that it differs from every declared name and becomes a finding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twinlock.errors import Incomplete
from twinlock.model.ruleset import ActorKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.live import RepositoryIdentity

REPOSITORY_ROLES: Mapping[str, int] = {"maintain": 2, "write": 4, "admin": 5}
"""Ids of the built-in roles that may be bypass actors.

Source: https://registry.terraform.io/providers/integrations/github/latest/docs/resources/repository_ruleset.
"""

ORGANIZATION_ADMIN_ID = 1
"""What GitHub expects as the id of the actor `OrganizationAdmin`; the same source."""

_SINGULAR = {ActorKind.ORGANIZATION_ADMIN, ActorKind.ENTERPRISE_OWNER, ActorKind.DEPLOY_KEY}


@dataclass(frozen=True, slots=True)
class Directory:
    """Names and ids of one organization.

    Attributes:
        organization: Its login.
        teams: Team slug to id.
        apps: App slug to app id.
        users: Login to id.
        repositories: `owner/name` to what GitHub says the repository is.
    """

    organization: str
    teams: Mapping[str, int] = field(default_factory=dict)
    apps: Mapping[str, int] = field(default_factory=dict)
    users: Mapping[str, int] = field(default_factory=dict)
    repositories: Mapping[str, RepositoryIdentity] = field(default_factory=dict)

    def actor_slug(self, kind: ActorKind, number: int | None) -> str:
        """Return the name behind an actor's id: `id:N` where there is none, empty where the kind says all."""
        if kind in _SINGULAR:
            return ""
        return next((slug for slug, known in self._of(kind).items() if known == number), f"id:{number}")

    def actor_id(self, kind: ActorKind, slug: str) -> int | None:
        """Return the id to send for an actor, or None where GitHub takes none.

        Raises:
            Incomplete: GitHub has nobody of that name.
        """
        if kind in _SINGULAR:
            return ORGANIZATION_ADMIN_ID if kind is ActorKind.ORGANIZATION_ADMIN else None
        if slug.startswith("id:"):
            return int(slug.removeprefix("id:"))
        number = self._of(kind).get(slug)
        if number is None and kind is ActorKind.USER:
            number = next((known for login, known in self.users.items() if login.lower() == slug.lower()), None)
        if number is None:
            raise Incomplete(
                f"{kind.value} {slug} has no id.",
                f"GitHub knows none of that name in {self.organization}.",
                "Provision the organization first: `twinlock up`.",
            )
        return number

    def _of(self, kind: ActorKind) -> Mapping[str, int]:
        match kind:
            case ActorKind.TEAM:
                return self.teams
            case ActorKind.APP:
                return self.apps
            case ActorKind.USER:
                return self.users
            case _:
                return REPOSITORY_ROLES
