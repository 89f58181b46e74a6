"""Reads an organization from GitHub exclusively: everything that is there, not only what was declared."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from twinlock.github import access, actions, code_owners, environment, oidc, repository, ruleset, team
from twinlock.github.client import segment
from twinlock.github.directory import Directory
from twinlock.github.fields import Fields, Malformed, elements
from twinlock.live.answers import absence, failure
from twinlock.model.live import LiveOrganization, LiveRepository
from twinlock.model.observed import Absent, Observed, Seen, Unread
from twinlock.model.repository import Visibility

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from twinlock.github.client import GitHubReader
    from twinlock.model.access import Access
    from twinlock.model.actions import ActionsPolicy
    from twinlock.model.code_owners import CodeOwners
    from twinlock.model.environment import Environment
    from twinlock.model.live import RepositoryIdentity
    from twinlock.model.organization import Team
    from twinlock.model.ruleset import Ruleset

T = TypeVar("T")

READERS_AT_ONCE = 4
"""Requests under way at once per list; GitHub's secondary limit stands at a hundred."""


class GitHubOrganization:
    """Reads one organization with one identity."""

    def __init__(self, login: str, client: GitHubReader) -> None:
        self._login = login
        self._client = client

    def organization(self) -> LiveOrganization:
        """Read owners, all teams and the Actions settings.

        Raises:
            Incomplete: GitHub cannot be reached, or refuses the token.
        """
        # Resolved here, by one thread, so that readers of many repositories at once find it done.
        _ = self.directory
        return LiveOrganization(
            owners=self._owners(),
            teams=_each(self._teams, self._team),
            actions=self._actions(f"/orgs/{segment(self._login)}", callable_from_outside=False),
        )

    def repository(self, name: str) -> LiveRepository:
        """Read everything that controls judge about one repository; its ids are resolved by the directory.

        Raises:
            Incomplete: GitHub cannot be reached, or refuses the token.
        """
        path = f"/repos/{segment(self._login)}/{segment(name)}"
        answer = self._client.get(path)
        missing = absence(answer, f"{self._login}/{name}")
        if missing is not None:
            return LiveRepository(missing, missing, missing, missing, missing, missing, missing)
        settings = repository.decode_settings(answer.body)
        private = not isinstance(settings, Seen) or settings.value.visibility is not Visibility.PUBLIC
        return LiveRepository(
            identity=self._identity(path, answer.body),
            settings=settings,
            rulesets=self._rulesets(path),
            environments=_each(
                self._list(f"{path}/environments", "environments", key="environments"),
                lambda raw: self._environment(path, raw),
            ),
            access=self._access(path),
            actions=self._actions(path, callable_from_outside=private),
            code_owners=self._code_owners(path),
        )

    @functools.cached_property
    def directory(self) -> Observed[Directory]:
        """Names and ids of the organization; unread where any part of it could not be read.

        Raises:
            Incomplete: GitHub cannot be reached, or refuses the token.
        """
        root = f"/orgs/{segment(self._login)}"
        users = self._list(f"{root}/members", "members")
        apps = self._list(f"{root}/installations", "installed apps", key="installations")
        for part in (self._teams, users, apps):
            if isinstance(part, Unread):
                return part
        try:
            return Seen(
                Directory(
                    organization=self._login,
                    teams=_ids(self._teams, "slug", "id"),
                    users=_ids(users, "login", "id"),
                    apps=_ids(apps, "app_slug", "app_id"),
                )
            )
        except Malformed as error:
            return Unread(f"GitHub's answer was not understood: {error.reason}")

    @functools.cached_property
    def _teams(self) -> Observed[list[object]]:
        return self._list(f"/orgs/{segment(self._login)}/teams", "teams")

    def _list(self, path: str, what: str, *, key: str | None = None, **params: str) -> Observed[list[object]]:
        answer = self._client.get_all(path, params or None, key=key)
        failed = failure(answer, what)
        if failed is not None:
            return failed
        try:
            return Seen(elements(answer.body, what))
        except Malformed as error:
            return Unread(f"GitHub's answer was not understood: {error.reason}")

    def _owners(self) -> Observed[frozenset[str]]:
        owners = self._list(f"/orgs/{segment(self._login)}/members", "owners", role="admin")
        if not isinstance(owners, Seen):
            return owners
        try:
            return Seen(frozenset(Fields(owner).text("login") for owner in owners.value))
        except Malformed as error:
            return Unread(f"GitHub's answer was not understood: {error.reason}")

    def _team(self, raw: object) -> Observed[Team]:
        slug = Fields(raw).text("slug")
        path = f"/orgs/{segment(self._login)}/teams/{segment(slug)}"
        lists = (
            self._list(f"{path}/members", f"members of {slug}", role="member"),
            self._list(f"{path}/members", f"maintainers of {slug}", role="maintainer"),
            self._list(f"{path}/invitations", f"invitations to {slug}"),
        )
        for part in lists:
            if isinstance(part, Unread):
                return Unread(part.reason, slug)
        members, maintainers, invitations = (part.value for part in lists if isinstance(part, Seen))
        return team.decode(raw, members, maintainers, invitations)

    def _identity(self, path: str, raw: object) -> Observed[RepositoryIdentity]:
        answer = self._client.get(f"{path}/actions/oidc/customization/sub")
        failed = failure(answer, "OIDC subject")
        return repository.decode_identity(raw, failed if failed is not None else oidc.decode(answer.body))

    def _rulesets(self, path: str) -> Observed[tuple[Observed[Ruleset], ...]]:
        directory = self.directory
        if not isinstance(directory, Seen):
            return directory

        def one(summary: object) -> Observed[Ruleset]:
            fields = Fields(summary)
            name, number = fields.text("name"), fields.number("id")
            # A list holds no rules and no bypass actors, so each ruleset is read by itself.
            answer = self._client.get(f"{path}/rulesets/{number}", {"includes_parents": "false"})
            failed = failure(answer, f"ruleset {name}")
            return ruleset.decode(answer.body, directory.value) if failed is None else Unread(failed.reason, name)

        # What an organization sets over the repository is listed with the organization, and is no drift here.
        return _each(self._list(f"{path}/rulesets", "rulesets", includes_parents="false"), one)

    def _environment(self, path: str, raw: object) -> Observed[Environment]:
        name = Fields(raw).text("name")
        root = f"{path}/environments/{segment(name)}"
        policies: Observed[list[object]] = Seen([])
        if environment.has_policies(raw):
            policies = self._list(
                f"{root}/deployment-branch-policies", f"branch policies of {name}", key="branch_policies"
            )
        gates = self._list(
            f"{root}/deployment_protection_rules",
            f"deployment protection rules of {name}",
            key="custom_deployment_protection_rules",
        )
        for part in (policies, gates):
            if isinstance(part, Unread):
                return Unread(part.reason, name)
        if isinstance(policies, Seen) and isinstance(gates, Seen):
            return environment.decode(raw, policies.value, gates.value)
        return Absent()

    def _access(self, path: str) -> Observed[Access]:
        lists = (
            self._list(f"{path}/teams", "teams"),
            self._list(f"{path}/collaborators", "collaborators", affiliation="direct"),
            self._list(f"{path}/collaborators", "outside collaborators", affiliation="outside"),
            self._list(f"{path}/invitations", "invitations"),
            self._list(f"{path}/keys", "deploy keys"),
            self._list(f"{path}/hooks", "webhooks"),
        )
        for part in lists:
            if not isinstance(part, Seen):
                return part
        return access.decode(access.Lists(*(part.value for part in lists if isinstance(part, Seen))))

    def _actions(self, path: str, *, callable_from_outside: bool) -> Observed[ActionsPolicy]:
        root = f"{path}/actions/permissions"
        permissions = self._client.get(root)
        wanted = {"workflow": True, "selected-actions": actions.is_selected(permissions.body)}
        wanted["access"] = callable_from_outside
        answers = {"": permissions} | {
            name: self._client.get(f"{root}/{name}") for name, needed in wanted.items() if needed
        }
        for name, answer in answers.items():
            failed = failure(answer, f"Actions settings ({name or 'permissions'})")
            if failed is not None:
                return failed
        bodies = {name: answer.body for name, answer in answers.items()}
        return actions.decode(bodies[""], bodies.get("selected-actions"), bodies.get("workflow"), bodies.get("access"))

    def _code_owners(self, path: str) -> Observed[CodeOwners]:
        for location in code_owners.LOCATIONS:
            answer = self._client.get(f"{path}/contents/{location}")
            missing = absence(answer, location)
            if isinstance(missing, Unread):
                return missing
            if missing is None:
                return code_owners.decode(answer.body, self._login)
        return Absent()


def _each(raw: Observed[list[object]], read: Callable[[object], Observed[T]]) -> Observed[tuple[Observed[T], ...]]:
    """Read every element of a list; one that is listed without a name is unread without one."""
    if not isinstance(raw, Seen):
        return raw

    def one(element: object) -> Observed[T]:
        try:
            return read(element)
        except Malformed as error:
            return Unread(f"GitHub's answer was not understood: {error.reason}")

    return Seen(tuple(at_once(one, raw.value)))


def at_once(read: Callable[[object], T], inputs: Iterable[object]) -> list[T]:
    """Return what `read` gives for each input, in order, a few at a time."""
    with ThreadPoolExecutor(max_workers=READERS_AT_ONCE) as pool:
        return list(pool.map(read, inputs))


def _ids(listed: Observed[list[object]], name: str, number: str) -> dict[str, int]:
    found = listed.value if isinstance(listed, Seen) else []
    return {fields.text(name): fields.number(number) for fields in map(Fields, found)}
