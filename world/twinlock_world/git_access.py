"""Who may clone and push, in the words that git users know from GitHub.

Joins the git server, which knows only directories, with the accounts and repositories of the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.git_http import Denial
from twinlock_world.github.access import may_push, may_read
from twinlock_world.github.auth import resolve_token
from twinlock_world.github.repository import find_repository

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock_world.git_http import Service
    from twinlock_world.git_objects import GitRepositories
    from twinlock_world.store import Store


class StoreGatekeeper:
    """A `Gatekeeper` that asks the store."""

    def __init__(self, store: Store, git: GitRepositories) -> None:
        self._store = store
        self._git = git

    def admit(self, owner: str, name: str, service: Service, token: str | None) -> Path | Denial:
        """Return the repository's directory, or GitHub's refusal.

        Without a token a private repository and one that doesn't exist look alike.
        """
        identity = None if token is None else resolve_token(self._store, token)
        if token is not None and identity is None:
            wrong = "Invalid username or token. Password authentication is not supported for Git operations."
            return Denial(401, wrong, challenge=True)
        pushing = service == "git-receive-pack"
        repository = find_repository(self._store, owner, name)
        if repository is None or not may_read(self._store, identity, repository) or (pushing and identity is None):
            if identity is None:
                return Denial(401, "Repository not found.", challenge=True)
            return Denial(404, "Repository not found.")
        if pushing and repository.archived:
            return Denial(403, "This repository was archived so it is read-only.")
        if pushing and identity is not None and not may_push(self._store, identity, repository):
            return Denial(403, f"Permission to {repository.full_name}.git denied to {identity.login}.")
        return self._git.open(repository.id).path

    def pushed(self, owner: str, name: str) -> None:
        """Note the time; the first push to an empty repository may choose its default branch, as on GitHub."""
        repository = find_repository(self._store, owner, name)
        if repository is None:
            return
        settings = {**repository.record.data, "pushed_at": self._store.timestamp()}
        objects = self._git.open(repository.id)
        if objects.ref(f"refs/heads/{repository.default_branch}") is None:
            branches = [ref.name.removeprefix("refs/heads/") for ref in objects.refs("refs/heads/")]
            if branches:
                objects.set_head(branches[0])
                settings["default_branch"] = branches[0]
        self._store.update(repository.record, settings)
