"""Reads an organization from GitHub's REST API exclusively: everything that is there, not only what was declared."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from twinlock.github import hook, oidc, team
from twinlock.github.client import segment
from twinlock.github.directory import Directory
from twinlock.github.fields import Fields
from twinlock.live import constants
from twinlock.live.answers import failure
from twinlock.live.lists import at_once, each, listed, named, understood
from twinlock.live.repository import GitHubRepository, read_actions
from twinlock.model.identities import Identities
from twinlock.model.live import Listed, LiveOrganization, LiveRepository
from twinlock.model.observed import Observed, Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from twinlock.github.client import GitHubReader
    from twinlock.model.organization import Team
    from twinlock.model.repository import Repository


class GitHubOrganization:
    """Reads one organization with one identity."""

    def __init__(self, login: str, client: GitHubReader) -> None:
        self._login = login
        self._client = client
        self._root = f"/orgs/{segment(login)}"

    def organization(self, repositories: Iterable[str] = ()) -> LiveOrganization:
        """Read what belongs to the organization itself; see `OrganizationReader.organization`.

        Raises:
            Incomplete: GitHub cannot be reached, or refuses the token.
        """
        # Asked by one thread, so that the readers of many teams at once find it done.
        _ = self._invitations
        return LiveOrganization(
            owners=self._named("members", "owners", "login", role="admin"),
            teams=each(self._teams, self._team),
            actions=read_actions(self._client, self._root, callable_from_outside=False),
            identities=self.identities,
            repositories=self._listed(),
            webhooks=named(self._client, f"{self._root}/hooks", "webhooks of the organization", hook.address),
            rulesets=self._named("rulesets", "rulesets of the organization", "name"),
            subject_claims=self._subject_claims(),
            constants=constants.of_organization(self._client, self._root, frozenset(repositories)),
        )

    def repositories(self, desired: Sequence[Repository]) -> Mapping[str, LiveRepository]:
        """Read repositories, a few at a time; see `OrganizationReader.repositories`.

        Raises:
            Incomplete: GitHub cannot be reached, or refuses the token.
        """
        directory = self.directory

        def one(repository: Repository) -> LiveRepository:
            reader = GitHubRepository(self._login, repository.name, self._client, directory)
            return reader.read(whole=repository.protected)

        return dict(zip((repository.name for repository in desired), at_once(one, desired), strict=True))

    @functools.cached_property
    def directory(self) -> Observed[Directory]:
        """Names and ids of teams, members and apps; unread where any part of them could not be read.

        Raises:
            Incomplete: GitHub cannot be reached, or refuses the token.
        """
        for part in (self._teams, self._members, self._installations):
            if isinstance(part, Unread):
                return part
        return understood(
            lambda: Seen(
                Directory(
                    organization=self._login,
                    teams=_ids(self._teams, "slug", "id"),
                    users=_ids(self._members, "login", "id"),
                    apps=_ids(self._installations, "app_slug", "app_id"),
                )
            )
        )

    @functools.cached_property
    def identities(self) -> Observed[Identities]:
        """Ids behind every name of the organization; unread where any part of them could not be read.

        Raises:
            Incomplete: GitHub cannot be reached, or refuses the token.
        """
        answer = self._client.get(self._root)
        for part in (failure(answer, "the organization"), self._all, self.directory):
            if isinstance(part, Unread):
                return part

        def read() -> Observed[Identities]:
            fields, directory = Fields(answer.body), self.directory
            if not isinstance(directory, Seen):
                return directory
            return Seen(
                Identities(
                    organizations={fields.text("login"): fields.number("id")},
                    repositories=_ids(self._all, "name", "id"),
                    teams=directory.value.teams,
                    accounts=directory.value.users,
                    apps=directory.value.apps,
                    begun=fields.text("created_at", ""),
                )
            )

        return understood(read)

    @functools.cached_property
    def _teams(self) -> Observed[list[object]]:
        return self._list("teams", "teams")

    @functools.cached_property
    def _members(self) -> Observed[list[object]]:
        return self._list("members", "members")

    @functools.cached_property
    def _installations(self) -> Observed[list[object]]:
        return self._list("installations", "installed apps", key="installations")

    @functools.cached_property
    def _all(self) -> Observed[list[object]]:
        return self._list("repos", "repositories", type="all")

    @functools.cached_property
    def _invitations(self) -> Observed[list[object]]:
        return self._list("invitations", "invitations to the organization")

    def _list(self, part: str, what: str, *, key: str | None = None, **params: str) -> Observed[list[object]]:
        return listed(self._client, f"{self._root}/{part}", what, key=key, **params)

    def _named(self, part: str, what: str, field: str, **params: str) -> Observed[frozenset[str]]:
        return named(self._client, f"{self._root}/{part}", what, lambda fields: fields.text(field), **params)

    def _listed(self) -> Observed[tuple[Listed, ...]]:
        found = self._all
        if not isinstance(found, Seen):
            return found

        def one(raw: object) -> Listed:
            row = Fields(raw)
            return Listed(row.text("name"), row.number("id"), row.flag("archived"))

        return understood(lambda: Seen(tuple(map(one, found.value))))

    def _subject_claims(self) -> Observed[tuple[str, ...]]:
        answer = self._client.get(f"{self._root}/actions/oidc/customization/sub")
        return failure(answer, "OIDC subject of the organization") or understood(
            lambda: Seen(oidc.claim_keys(answer.body))
        )

    def _team(self, raw: object) -> Observed[Team]:
        slug = Fields(raw).text("slug")
        path = f"teams/{segment(slug)}"
        invited = self._invitations
        if not isinstance(invited, Seen) or invited.value:
            # Whoever is invited to a team and is no member yet is invited to the organization.
            invited = self._list(f"{path}/invitations", f"invitations to {slug}")
        lists = (
            self._list(f"{path}/members", f"members of {slug}", role="member"),
            self._list(f"{path}/members", f"maintainers of {slug}", role="maintainer"),
            invited,
        )
        for part in lists:
            if isinstance(part, Unread):
                return Unread(part.reason, slug)
        members, maintainers, invitations = (part.value for part in lists if isinstance(part, Seen))
        return team.decode(raw, members, maintainers, invitations)


def _ids(found: Observed[list[object]], name: str, number: str) -> dict[str, int]:
    rows = found.value if isinstance(found, Seen) else []
    return {fields.text(name): fields.number(number) for fields in map(Fields, rows)}
