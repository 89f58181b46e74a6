"""Reads one repository from GitHub, by as few requests as REST allows.

What may be told by one answer is not asked by two: the tree tells which CODEOWNERS there is, the list of direct
collaborators holds those from outside (https://docs.github.com/en/rest/collaborators/collaborators).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.github import access, actions, code_owners, environment, oidc, repository, ruleset, tree
from twinlock.github.client import segment
from twinlock.github.fields import Fields
from twinlock.live import constants
from twinlock.live.answers import absence, failure
from twinlock.live.lists import each, listed, understood
from twinlock.model.live import LiveRepository
from twinlock.model.observed import Absent, Observed, Seen, Unread
from twinlock.model.repository import Visibility

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.github.client import GitHubReader
    from twinlock.github.directory import Directory
    from twinlock.model.access import Access
    from twinlock.model.actions import ActionsPolicy
    from twinlock.model.code_owners import CodeOwners
    from twinlock.model.constants import Constants
    from twinlock.model.environment import Environment
    from twinlock.model.live import RepositoryIdentity
    from twinlock.model.managed import Blob
    from twinlock.model.repository import Settings
    from twinlock.model.ruleset import Ruleset

_EMPTY = 409
LATER = Unread("its protections are not provisioned yet")


class GitHubRepository:
    """Reads one repository with one identity."""

    def __init__(self, owner: str, name: str, client: GitHubReader, directory: Observed[Directory]) -> None:
        """Name the repository; nothing is read yet.

        Args:
            owner: Login of the organization.
            name: Name of the repository.
            client: Reads GitHub.
            directory: Resolves the ids that rulesets hold.
        """
        self._owner = owner
        self._name = name
        self._client = client
        self._directory = directory
        self._path = f"/repos/{segment(owner)}/{segment(name)}"

    def read(self, *, whole: bool) -> LiveRepository:
        """Read everything that controls judge, or, unless `whole`, only which repository it is.

        Raises:
            Incomplete: GitHub cannot be reached, or refuses the token.
        """
        answer = self._client.get(self._path)
        missing = absence(answer, f"{self._owner}/{self._name}")
        if missing is not None:
            return LiveRepository(*(missing,) * len(LiveRepository.__slots__))
        identity, settings = self._identity(answer.body), repository.decode_settings(answer.body)
        if not whole:
            return LiveRepository(identity, settings, *(LATER,) * (len(LiveRepository.__slots__) - 2))
        environments = self._list("environments", "environments", key="environments")
        files = self._files(answer.body)
        return LiveRepository(
            identity=identity,
            settings=settings,
            rulesets=self._rulesets(),
            environments=each(environments, self._environment),
            access=self._access(),
            actions=read_actions(self._client, self._path, callable_from_outside=_private(settings)),
            code_owners=self._code_owners(files),
            files=files,
            constants=constants.of_repository(self._client, self._path),
            environment_constants=self._environment_constants(environments),
        )

    def _list(self, part: str, what: str, *, key: str | None = None, **params: str) -> Observed[list[object]]:
        return listed(self._client, f"{self._path}/{part}", what, key=key, **params)

    def _identity(self, raw: object) -> Observed[RepositoryIdentity]:
        answer = self._client.get(f"{self._path}/actions/oidc/customization/sub")
        failed = failure(answer, "OIDC subject")
        return repository.decode_identity(raw, failed if failed is not None else oidc.decode(answer.body))

    def _rulesets(self) -> Observed[tuple[Observed[Ruleset], ...]]:
        directory = self._directory
        if not isinstance(directory, Seen):
            return directory

        def one(summary: object) -> Observed[Ruleset]:
            fields = Fields(summary)
            name, number = fields.text("name"), fields.number("id")
            # A list holds no rules and no bypass actors, so each ruleset is read by itself.
            answer = self._client.get(f"{self._path}/rulesets/{number}", {"includes_parents": "false"})
            failed = failure(answer, f"ruleset {name}")
            return ruleset.decode(answer.body, directory.value) if failed is None else Unread(failed.reason, name)

        # What an organization sets over the repository is listed with the organization, and is no drift here.
        return each(self._list("rulesets", "rulesets", includes_parents="false"), one)

    def _environment(self, raw: object) -> Observed[Environment]:
        name = Fields(raw).text("name")
        root = f"environments/{segment(name)}"
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

    def _environment_constants(
        self, environments: Observed[list[object]]
    ) -> Observed[Mapping[str, Observed[Constants]]]:
        if not isinstance(environments, Seen):
            return environments
        names = understood(lambda: Seen([Fields(raw).text("name") for raw in environments.value]))
        if not isinstance(names, Seen):
            return names
        return Seen({name: constants.of_environment(self._client, self._path, name) for name in names.value})

    def _access(self) -> Observed[Access]:
        lists = (
            self._list("teams", "teams"),
            self._list("collaborators", "collaborators", affiliation="direct"),
            self._list("invitations", "invitations"),
            self._list("keys", "deploy keys"),
            self._list("hooks", "webhooks"),
        )
        for part in lists:
            if not isinstance(part, Seen):
                return part
        return access.decode(access.Lists(*(part.value for part in lists if isinstance(part, Seen))))

    def _files(self, raw: object) -> Observed[Mapping[str, Blob]]:
        # A name alone could also be a tag's, and anybody who can push makes tags.
        branch = understood(lambda: Seen(Fields(raw).text("default_branch")))
        if not isinstance(branch, Seen):
            return branch
        what = "the files on the default branch"
        tip = self._client.get(f"{self._path}/git/ref/heads/{branch.value}")
        missing = Absent() if tip.status == _EMPTY else absence(tip, what)
        if missing is not None:
            return missing
        commit = understood(lambda: Seen(Fields(tip.body).nested("object").text("sha")))
        if not isinstance(commit, Seen):
            return commit
        answer = self._client.get(f"{self._path}/git/trees/{segment(commit.value)}", {"recursive": "1"})
        return failure(answer, what) or understood(lambda: tree.decode(answer.body))

    def _code_owners(self, files: Observed[Mapping[str, Blob]]) -> Observed[CodeOwners]:
        if not isinstance(files, Seen):
            return files
        place = next((location for location in code_owners.LOCATIONS if location in files.value), None)
        if place is None:
            return Absent()
        blob = files.value[place]
        if not blob.mode.startswith("100"):
            return Unread(f"{place} is no file that can be read: its mode is {blob.mode}")
        answer = self._client.get(f"{self._path}/git/blobs/{segment(blob.id)}")
        return failure(answer, place) or code_owners.decode(answer.body, self._owner)


def read_actions(client: GitHubReader, path: str, *, callable_from_outside: bool) -> Observed[ActionsPolicy]:
    """Read the Actions settings of a repository or an organization.

    Args:
        client: Reads GitHub.
        path: The repository's or the organization's.
        callable_from_outside: GitHub knows who may call its workflows: those of private repositories alone.
    """
    root = f"{path}/actions/permissions"
    permissions = client.get(root)
    wanted = {"workflow": True, "selected-actions": actions.is_selected(permissions.body)}
    wanted["access"] = callable_from_outside
    answers = {"": permissions} | {name: client.get(f"{root}/{name}") for name, needed in wanted.items() if needed}
    for name, answer in answers.items():
        failed = failure(answer, f"Actions settings ({name or 'permissions'})")
        if failed is not None:
            return failed
    bodies = {name: answer.body for name, answer in answers.items()}
    return actions.decode(bodies[""], bodies.get("selected-actions"), bodies.get("workflow"), bodies.get("access"))


def _private(settings: Observed[Settings]) -> bool:
    return not isinstance(settings, Seen) or settings.value.visibility is not Visibility.PUBLIC
