"""Where workflow files come from: a path in a repository at a commit.

What a commit holds never changes, so files are read and parsed once. Called when an event looks for workflows, and
whenever a run moves on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from twinlock_world.actions.uses import Local, Remote, is_workflow, parse_uses
from twinlock_world.actions.workflow import WorkflowError, parse
from twinlock_world.git_objects import GitError, GitRepository
from twinlock_world.github.actions_policy import repository_policy
from twinlock_world.github.repository import Repository, find_repository, get_repository
from twinlock_world.github.workflows.runs import GROUND

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock_world.actions.model import Workflow
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import Fields, JsonObject

_ACCESS: str = "https://docs.github.com/actions/learn-github-actions/reusing-workflows#access-to-reusable-workflows"


@dataclass(frozen=True, slots=True)
class Source:
    """A workflow file: in which repository, where, at which ref as it was named, and which commit that was."""

    repository: Repository
    path: str
    ref: str
    sha: str

    @property
    def name(self) -> str:
        """The file with its ref, as tokens name it."""
        return f"{self.repository.full_name}/{self.path}@{self.ref}"

    def document(self) -> JsonObject:
        """Return it as a run keeps it."""
        return {"repository_id": self.repository.id, "path": self.path, "ref": self.ref, "sha": self.sha}


def read_source(site: Site, kept: Fields) -> Source | None:
    """Return a source that a run kept; nothing where its repository is gone."""
    repository = get_repository(site.store, kept.number("repository_id"))
    if repository is None:
        return None
    return Source(repository, kept.text("path"), kept.text("ref"), kept.text("sha"))


def workflow_paths(site: Site, sha: str) -> list[str]:
    """Return the paths of a commit's workflow files."""
    return list(_paths(site.objects.path, sha))


def load(site: Site, source: Source) -> Workflow:
    """Return the workflow of a source.

    Raises:
        WorkflowError: There is no such file, or it holds no workflow.
    """
    text = file_text(site.git.open(source.repository.id).path, source.sha, source.path)
    if text is None:
        raise WorkflowError(source.path, 1, "workflow was not found")
    return _parsed(text, source.path)


def called(site: Site, caller: Source, uses: str) -> Source:
    """Return the workflow file that a job calls.

    A private repository's is there for others only where its access level says so.

    Raises:
        WorkflowError: There is none that this repository may use.
    """
    target = parse_uses(uses)
    if isinstance(target, Local) and is_workflow(target.path):
        return Source(caller.repository, target.path, caller.ref, caller.sha)
    repository = find_repository(site.store, target.owner, target.name) if isinstance(target, Remote) else None
    if (
        repository is None
        or not isinstance(target, Remote)
        or not is_workflow(target.path)
        or not _open(site, repository)
    ):
        raise _missing(caller, uses)
    sha = site.git.open(repository.id).resolve(target.ref)
    if sha is None:
        raise _missing(caller, uses)
    return Source(repository, target.path, target.ref, sha)


@lru_cache(maxsize=4096)
def _paths(directory: Path, sha: str) -> tuple[str, ...]:
    try:
        entries = GitRepository(directory).tree(f"{sha}:{GROUND}")
    except GitError:  # the commit has no such directory
        return ()
    return tuple(path for entry in entries if entry.kind == "blob" and is_workflow(path := f"{GROUND}/{entry.path}"))


@lru_cache(maxsize=4096)
def file_text(directory: Path, sha: str, path: str) -> str | None:
    """Return a file's text at a commit; nothing where there is none."""
    objects = GitRepository(directory)
    try:
        entry = objects.entry(sha, path)
    except GitError:
        return None
    found = None if entry is None or entry.kind != "blob" else objects.read(entry.sha)
    return None if found is None else found.data.decode(errors="replace")


def _open(site: Site, repository: Repository) -> bool:
    if repository.id == site.repository.id or repository.visibility != "private":
        return True
    if repository.owner.id != site.repository.owner.id or site.repository.visibility == "public":
        return False
    return repository_policy(site.store, repository).text("access_level") in {"organization", "enterprise"}


def _missing(caller: Source, uses: str) -> WorkflowError:
    missing = f'error parsing called workflow "{caller.path}" -> "{uses}" : workflow was not found.'
    message = f"{missing} See {_ACCESS} for more information."
    return WorkflowError(caller.path, 1, message)


_parsed = lru_cache(maxsize=512)(parse)
