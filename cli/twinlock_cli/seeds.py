"""First commits: which repositories still lack theirs, without rendering a tree or starting git for those that do not.

The commit that a repository is seeded with is remembered with its rendering. Whether the repository has it is asked of
GitHub each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.github.client import segment
from twinlock.names import DEFAULT_BRANCH
from twinlock.scaffold.pull_request import propose
from twinlock.scaffold.seed import AlreadySeeded, HasOtherCommits, seed
from twinlock_cli.renderings import Renderings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twinlock.github.client import GitHubClient
    from twinlock.model.estate import Estate
    from twinlock.model.repository import Repository
    from twinlock.provision import SeedOutcome
    from twinlock.scaffold.seed import Seeded
    from twinlock.scaffold.source import TemplateSource


class Seeds:
    """Pushes first commits; see `twinlock.provision.Seeder`."""

    def __init__(  # noqa: PLR0913 - an address and a token, beside what is seeded
        self,
        root: Path,
        estate: Estate,
        source: TemplateSource,
        github: GitHubClient,
        *,
        url: str,
        token: str,
        adopted: Callable[[Repository], bool] = lambda _: False,
    ) -> None:
        """Prepare to seed; nothing is read or rendered yet.

        Args:
            root: The platform directory.
            estate: Whose repositories are seeded.
            source: Where the templates come from.
            github: Tells which repositories have commits, and takes pull requests.
            url: Where git finds repositories, without the organization.
            token: What git authenticates with.
            adopted: Tells whether a repository was there before the platform.
        """
        self._renderings = Renderings(root, estate, source)
        self._estate = estate
        self._github = github
        self._adopted = adopted
        self._url = f"{url}/{estate.organization.login}"
        self._token = token

    def __call__(self, repository: Repository) -> SeedOutcome:
        """Push the repository's tree, if it has no commits; to one taken over, propose the managed files.

        Raises:
            TwinlockError: git is missing, or the repository cannot be reached or refused the push.
        """
        outcome = self._seeded(repository)
        if isinstance(outcome, HasOtherCommits) and self._adopted(repository):
            tree = self._renderings.trees[repository.name]
            return propose(self._github, self._estate.organization.login, repository.name, tree) or outcome
        return outcome

    def _seeded(self, repository: Repository) -> Seeded | AlreadySeeded | HasOtherCommits:
        commit = self._renderings.digests[repository.name].commit
        head = self._head(repository)
        if head is None:
            # What GitHub did not tell, git finds out: it looks once more, at every branch.
            return seed(self._renderings.trees[repository.name], f"{self._url}/{repository.name}.git", self._token)
        return AlreadySeeded(commit) if head == commit else HasOtherCommits(head)

    def _head(self, repository: Repository) -> str | None:
        """Return what the default branch points at; None where it does not exist, or GitHub does not tell."""
        owner = segment(self._estate.organization.login)
        answer = self._github.get(f"/repos/{owner}/{segment(repository.name)}/git/ref/heads/{DEFAULT_BRANCH}")
        match answer.body:
            case {"ref": str(ref), "object": {"sha": str(sha)}} if answer.ok and ref == f"refs/heads/{DEFAULT_BRANCH}":
                return sha
        return None
