"""First commits: which repositories still lack theirs, without rendering a tree or starting git for those that do not.

The commit that a repository is seeded with follows from the estate and the templates alone, so it is remembered, in a
file that may be deleted at any time. Whether the repository has it is asked of GitHub each time.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import twinlock
from twinlock.engine import fingerprint
from twinlock.errors import Incomplete
from twinlock.files import write_atomically
from twinlock.github.client import segment
from twinlock.names import DEFAULT_BRANCH
from twinlock.scaffold.commit import commit_id
from twinlock.scaffold.rendering import render
from twinlock.scaffold.seed import AlreadySeeded, HasOtherCommits, seed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.github.client import GitHubReader
    from twinlock.model.estate import Estate
    from twinlock.model.repository import Repository
    from twinlock.provision import SeedOutcome
    from twinlock.scaffold.source import TemplateSource
    from twinlock.scaffold.tree import Tree

REMEMBERED = (".twinlock", "seeds.json")
"""Beneath the platform directory."""


class Seeds:
    """Pushes first commits; see `twinlock.provision.Seeder`."""

    def __init__(  # noqa: PLR0913 - an address and a token, beside what is seeded
        self, root: Path, estate: Estate, source: TemplateSource, github: GitHubReader, *, url: str, token: str
    ) -> None:
        """Prepare to seed; nothing is read or rendered yet.

        Args:
            root: The platform directory.
            estate: Whose repositories are seeded.
            source: Where the templates come from.
            github: Tells which repositories have commits.
            url: Where git finds repositories, without the organization.
            token: What git authenticates with.
        """
        self._file = root.joinpath(*REMEMBERED)
        self._estate = estate
        self._source = source
        self._github = github
        self._url = f"{url}/{estate.organization.login}"
        self._token = token

    def __call__(self, repository: Repository) -> SeedOutcome:
        """Push the repository's tree, if it has no commits.

        Raises:
            TwinlockError: git is missing, or the repository cannot be reached or refused the push.
        """
        commit = self._commits[repository.name]
        head = self._head(repository)
        if head is None:
            # What GitHub did not tell, git finds out: it looks once more, at every branch.
            return seed(self._trees[repository.name], f"{self._url}/{repository.name}.git", self._token)
        return AlreadySeeded(commit) if head == commit else HasOtherCommits(head)

    def _head(self, repository: Repository) -> str | None:
        """Return what the default branch points at; None where it does not exist, or GitHub does not tell."""
        owner = segment(self._estate.organization.login)
        answer = self._github.get(f"/repos/{owner}/{segment(repository.name)}/git/ref/heads/{DEFAULT_BRANCH}")
        match answer.body:
            case {"ref": str(ref), "object": {"sha": str(sha)}} if answer.ok and ref == f"refs/heads/{DEFAULT_BRANCH}":
                return sha
        return None

    @cached_property
    def _trees(self) -> Mapping[str, Tree]:
        return render(self._estate, self._source)

    @cached_property
    def _commits(self) -> Mapping[str, str]:
        made_of = self._fingerprint()
        known = _read(self._file, made_of)
        if known is not None and set(known) == set(self._estate.repositories):
            return known
        commits = {name: commit_id(tree) for name, tree in self._trees.items()}
        document = json.dumps({"fingerprint": made_of, "commits": commits}, indent=1, sort_keys=True)
        # To have nothing remembered costs the next run a rendering, and no more.
        with suppress(Incomplete):
            write_atomically(self._file, f"{document}\n", mode=0o600)
        return commits

    def _fingerprint(self) -> str:
        kinds = sorted({repository.kind.value for repository in self._estate.repositories.values()})
        return fingerprint.digest(
            fingerprint.sources(Path(twinlock.__file__).parent),
            [sys.version, metadata.version("jinja2")],
            self._estate,
            [sorted(self._source(kind)) for kind in kinds],
        )


def _read(path: Path, made_of: str) -> Mapping[str, str] | None:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    match document:
        case {"fingerprint": str(found), "commits": {**commits}} if found == made_of:
            return {str(name): commit for name, commit in commits.items() if isinstance(commit, str)}
    return None
