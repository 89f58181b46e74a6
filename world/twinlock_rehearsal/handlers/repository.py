"""`Repository`: a repository with its settings; what is on its branches is not Pulumi's.

A repository is never adopted: one that stands there already holds somebody's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.errors import Incomplete
from twinlock.github.fields import Fields
from twinlock.provider.difference import changes
from twinlock.provider.port import Created, Failure
from twinlock_rehearsal.github import GitHub
from twinlock_rehearsal.spelling import to_github, to_pulumi

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, Properties

_FIELDS = {
    "allowAutoMerge": "allow_auto_merge",
    "allowForking": "allow_forking",
    "allowMergeCommit": "allow_merge_commit",
    "allowRebaseMerge": "allow_rebase_merge",
    "allowSquashMerge": "allow_squash_merge",
    "allowUpdateBranch": "allow_update_branch",
    "archived": "archived",
    "deleteBranchOnMerge": "delete_branch_on_merge",
    "description": "description",
    "hasDiscussions": "has_discussions",
    "hasDownloads": "has_downloads",
    "hasIssues": "has_issues",
    "hasProjects": "has_projects",
    "hasWiki": "has_wiki",
    "homepageUrl": "homepage",
    "isTemplate": "is_template",
    "mergeCommitMessage": "merge_commit_message",
    "mergeCommitTitle": "merge_commit_title",
    "securityAndAnalysis": "security_and_analysis",
    "squashMergeCommitMessage": "squash_merge_commit_message",
    "squashMergeCommitTitle": "squash_merge_commit_title",
    "webCommitSignoffRequired": "web_commit_signoff_required",
}
_DEFAULTS = {"hasDownloads": False, "hasIssues": False, "hasProjects": False, "hasWiki": False}
"""What the official provider sends where nothing is declared, and GitHub would have otherwise."""
_AT_CREATION = {
    "autoInit": "auto_init",
    "gitignoreTemplate": "gitignore_template",
    "licenseTemplate": "license_template",
}
_VISIBILITY, _TOPICS, _ARCHIVE, _ALERTS = "visibility", "topics", "archiveOnDestroy", "vulnerabilityAlerts"
_INPUTS = {*_FIELDS, *_AT_CREATION, "name", _VISIBILITY, _TOPICS, _ARCHIVE, _ALERTS}
_COMPUTED = {
    "defaultBranch": "default_branch",
    "fullName": "full_name",
    "gitCloneUrl": "git_url",
    "htmlUrl": "html_url",
    "httpCloneUrl": "clone_url",
    "nodeId": "node_id",
    "repoId": "id",
    "sshCloneUrl": "ssh_url",
}


class Repository:
    """Handles repositories; the id is the name."""

    type: ClassVar[str] = "github:index/repository:Repository"
    replaces: ClassVar[frozenset[str]] = frozenset()
    adopts: ClassVar[bool] = False
    identity: ClassVar[str] = "repoId"

    def __init__(self, clients: Clients) -> None:
        self._github = GitHub(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing or unknown."""
        missing = () if "name" in inputs else (Failure("name", "is missing"),)
        return (*missing, *(Failure(name, "is not known here") for name in inputs if name not in _INPUTS))

    def find(self, inputs: Properties) -> str | None:
        """Return the name where there is such a repository."""
        name = str(inputs["name"])
        return None if self._github.get(self._github.repository(name)) is None else name

    def create(self, inputs: Properties) -> Created:
        """Create it, and set what cannot be set at once."""
        wanted = {**_DEFAULTS, **inputs}
        body = {theirs: wanted[name] for name, theirs in _AT_CREATION.items() if name in wanted}
        body |= {"name": wanted["name"], "visibility": wanted.get(_VISIBILITY, "public"), **_settings(wanted)}
        body.pop("archived", None)
        created = Fields(self._github.post(f"{self._github.root}/repos", body))
        return Created(created.text("name"), self._set(created.text("name"), wanted))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        found = self._github.get(self._github.repository(id))
        if found is None:
            return None
        # These say how it is created and deleted; GitHub does not know them afterwards.
        kept = {name: inputs[name] for name in (*_AT_CREATION, _ARCHIVE) if name in inputs}
        return {**kept, **_live(found), **self._alerts(id, inputs)}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise."""
        return changes(live, {**_DEFAULTS, **inputs})

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change its settings.

        Raises:
            Incomplete: It would be renamed.
        """
        if inputs["name"] != id:
            raise Incomplete(
                f"Repository {id} was not renamed.",
                "Its name is in roles, rulesets and workflows, which would no longer fit.",
                "Keep the name, or create a new service and retire the old one.",
            )
        wanted = {**_DEFAULTS, **inputs}
        if _VISIBILITY in wanted and wanted[_VISIBILITY] != live.get(_VISIBILITY):
            self._github.patch(self._github.repository(id), {"visibility": wanted[_VISIBILITY]})
        return self._set(id, wanted)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it, or archive it where that is declared."""
        path = self._github.repository(id)
        if not live.get(_ARCHIVE, False):
            self._github.delete(path)
        elif self._github.get(path) is not None:
            self._github.patch(path, {"archived": True})

    def _set(self, name: str, wanted: Properties) -> Properties:
        path = self._github.repository(name)
        found = Fields(self._github.patch(path, _settings(wanted)))
        live = _live(found)
        if _TOPICS in wanted and changes(live, {_TOPICS: wanted[_TOPICS]}):
            self._github.put(f"{path}/topics", {"names": wanted[_TOPICS]})
        if _ALERTS in wanted and changes(self._alerts(name, wanted), {_ALERTS: wanted[_ALERTS]}):
            if wanted[_ALERTS] is True:
                self._github.put(self._alerts_of(name), None)
            else:
                self._github.delete(self._alerts_of(name))
        return {**live, **wanted}

    def _alerts(self, name: str, inputs: Properties) -> Properties:
        """Return whether there are alerts, which GitHub tells by a status of its own; asked where it is declared."""
        if _ALERTS not in inputs:
            return {}
        return {_ALERTS: self._github.is_there(self._alerts_of(name))}

    def _alerts_of(self, name: str) -> str:
        return f"{self._github.repository(name)}/vulnerability-alerts"


def _settings(wanted: Properties) -> dict[str, object]:
    return {theirs: to_github(wanted[name]) for name, theirs in _FIELDS.items() if name in wanted}


def _live(found: Fields) -> dict[str, object]:
    live = {name: to_pulumi(found.value(theirs)) for name, theirs in _FIELDS.items() if found.has(theirs)}
    live |= {name: found.value(theirs) for name, theirs in _COMPUTED.items()}
    return live | {
        "name": found.text("name"),
        _VISIBILITY: found.text("visibility"),
        _TOPICS: sorted(found.texts("topics", frozenset())),
    }


HANDLER = Repository
