"""The people of a world, each with their own token: what they ask of GitHub, and what they push.

Used by the demo, which shows what people can and cannot do. Everything goes through GitHub's REST API and git.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from twinlock.errors import Incomplete
from twinlock.github.http import TIMEOUT_SECONDS, HttpGitHub, loopback_only
from twinlock.names import DEFAULT_BRANCH
from twinlock.scaffold.git import Git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twinlock.github.client import Answer, GitHubClient
    from twinlock.model.declaration import Where
    from twinlock.provider.world_file import WorldFile
    from twinlock.scaffold.git import Answered


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who has a token in a world.

    Attributes:
        organization: Its login.
        target: Where GitHub is.
        world: The world.
        directory: A private directory for their working copies.
    """

    organization: str
    target: Where
    world: WorldFile
    directory: Path

    def github(self, login: str) -> GitHubClient:
        """Return GitHub as one person or app reaches it."""
        return HttpGitHub(self.world.github_url, self.world.token(login), holder=login, target=self.target)

    def log(self, login: str, repository: str, job: int) -> str:
        """Return what one job of a workflow run has written, as one person may read it.

        Raises:
            Incomplete: GitHub cannot be reached or does not give it.
        """
        path = f"/repos/{self.organization}/{repository}/actions/jobs/{job}/logs"
        headers = {"Authorization": f"Bearer {self.world.token(login)}"}
        with httpx.Client(headers=headers, trust_env=False, verify=loopback_only(), timeout=TIMEOUT_SECONDS) as client:
            try:
                answer = client.get(f"{self.world.github_url}{path}", follow_redirects=True).raise_for_status()
            except httpx.HTTPError as error:
                # The cause is dropped: it holds the request, and the request the token.
                why = f"{path}: {type(error).__name__}."
                raise Incomplete("A job's log was not read.", why, "Run the same command again.") from None
        return answer.text

    def push(self, login: str, repository: str, branch: str, files: Mapping[str, str]) -> Answered:
        """Clone a repository, change files on a branch from the default one, commit, and push to that branch.

        Args:
            login: Who does it.
            repository: Its name in the organization.
            branch: The branch to push to.
            files: Path to new content.

        Raises:
            BadInput: git is missing.
            Incomplete: The repository cannot be cloned.
        """
        copy = self.directory / f"{repository}-{branch}-{login}"
        copy.mkdir(parents=True)
        url = f"{self.world.github_url}/{self.organization}/{repository}.git"
        git = Git(url, self.world.token(login), copy)
        git.remote("clone", "--quiet", "--branch", DEFAULT_BRANCH, "--", url, "work")
        work = ("-C", str(copy / "work"))
        for path, content in files.items():
            place = copy / "work" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content, encoding="utf-8")
        host = urlsplit(url).hostname
        identity = ("-c", f"user.name={login}", "-c", f"user.email={login}@{host}")
        git.local(*work, "add", "--all")
        git.local(*work, *identity, "commit", "--quiet", "--message", f"Change {', '.join(sorted(files))}")
        return git.attempt(*work, "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")


def worded(answer: Answer) -> str:
    """Return what GitHub answered: the status, and its own words on one line."""
    said = [answer.message]
    errors = answer.body.get("errors") if isinstance(answer.body, dict) else None
    if isinstance(errors, list):
        said += [error if isinstance(error, str) else str(error.get("message", "")) for error in errors]
    return " ".join([str(answer.status), *(text for text in said if text)])


def worded_push(answered: Answered) -> str:
    """Return what became of a push: `accepted`, or the server's own words on one line."""
    if answered.accepted:
        return "accepted"
    lines = [line.removeprefix("remote:").strip() for line in answered.said.splitlines() if line.startswith("remote:")]
    said = [
        line.removeprefix("error: ") for line in lines if line and not line.startswith("Review all repository rules")
    ]
    return " ".join(said) or answered.said.strip().rpartition("\n")[2]
