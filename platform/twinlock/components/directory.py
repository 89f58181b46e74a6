"""Ids of teams and apps for programs: each is asked for once per program run, by the official provider's functions.

Desired holds slugs; rulesets hold ids. Asking through the engine keeps previews honest: an id that does not exist yet
is unknown, not wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_github as github

from twinlock.errors import BadInput
from twinlock.github.directory import ORGANIZATION_ADMIN_ID, REPOSITORY_ROLES
from twinlock.model.ruleset import ActorKind

if TYPE_CHECKING:
    from collections.abc import Callable


class Directory:
    """Ids as one GitHub provider resolves them."""

    def __init__(self, provider: github.Provider) -> None:
        self._options = pulumi.InvokeOptions(provider=provider)
        self._teams: dict[str, pulumi.Output[int]] = {}
        self._apps: dict[str, pulumi.Output[int]] = {}

    def team(self, slug: str) -> pulumi.Output[int]:
        """Return a team's id."""
        return _once(
            self._teams, slug, lambda: github.get_team_output(slug=slug, summary_only=True, opts=self._options).id
        )

    def app(self, slug: str) -> pulumi.Output[int]:
        """Return an app's id."""
        return _once(self._apps, slug, lambda: github.get_github_app_output(slug=slug, opts=self._options).id)

    def actor(self, kind: ActorKind, slug: str) -> pulumi.Input[int] | None:
        """Return the id of a bypass actor, or None where GitHub takes none.

        Raises:
            BadInput: The actor is of a kind that is never declared.
        """
        match kind:
            case ActorKind.APP:
                return self.app(slug)
            case ActorKind.TEAM:
                return self.team(slug)
            case ActorKind.REPOSITORY_ROLE if slug in REPOSITORY_ROLES:
                return REPOSITORY_ROLES[slug]
            case ActorKind.ORGANIZATION_ADMIN:
                return ORGANIZATION_ADMIN_ID
            case ActorKind.DEPLOY_KEY:
                return None
        raise BadInput(
            f"{kind.value} {slug} cannot bypass a ruleset.",
            "twinlock declares apps, teams, roles, organization administrators and deploy keys only.",
            "Let a team bypass instead of a person.",
        )


def _once(known: dict[str, pulumi.Output[int]], slug: str, ask: Callable[[], pulumi.Output[str]]) -> pulumi.Output[int]:
    if slug not in known:
        # The functions give ids as text, rulesets take numbers.
        known[slug] = ask().apply(int)
    return known[slug]
