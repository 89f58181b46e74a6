"""Where something is done: a repository with the state, the git directory and the addresses around it.

Why: REST, GraphQL, git pushes and Actions all come to the same functions, and none of those needs a request. What
changes a pull request, a review or a check takes a `Site`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock_world.events import Event

if TYPE_CHECKING:
    from twinlock_world.git_objects import GitRepositories, GitRepository
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.mounts import RepositoryCall
    from twinlock_world.github.repository import Repository
    from twinlock_world.github.urls import Urls
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Store


@dataclass(frozen=True, slots=True)
class Site:
    """One repository, and the world that it is in. `urls` are the addresses that bodies of events show."""

    store: Store
    git: GitRepositories
    urls: Urls
    repository: Repository

    @classmethod
    def of(cls, call: RepositoryCall) -> Site:
        """Return where a request is about."""
        return cls(call.store, call.git, call.urls, call.repository)

    @property
    def objects(self) -> GitRepository:
        """The repository's git directory."""
        return self.git.open(self.repository.id)

    def publish(
        self, name: str, action: str | None, actor: Identity | None, payload: JsonObject, app_id: int | None = None
    ) -> None:
        """Tell of something that has been done here."""
        owner = self.repository.owner.id
        self.store.events.publish(Event(name, action, owner, self.repository.id, actor, payload, app_id))
