"""A pull request: its record, its number, and how to find it.

Numbers are a repository's own and are never used again. Head and base lie in the same repository: this world has no
forks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import App, Identity, User, get_app, get_user

if TYPE_CHECKING:
    from twinlock_world.github.repository import Repository
    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue
    from twinlock_world.store import Record, Store

PULL: Final = "pull"
HEADS: Final = "refs/heads/"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One pull request of a repository."""

    record: Record
    repository: Repository

    @property
    def id(self) -> int:
        """Its number in the whole world."""
        return self.record.id

    @property
    def fields(self) -> Fields:
        """What is kept of it."""
        return self.record.fields

    @property
    def number(self) -> int:
        """Its number in the repository."""
        return self.fields.number("number")

    @property
    def title(self) -> str:
        """Its title."""
        return self.fields.text("title")

    @property
    def body(self) -> str | None:
        """Its description."""
        return self.fields.optional_text("body")

    @property
    def is_open(self) -> bool:
        """Whether it is neither closed nor merged."""
        return self.fields.text("state") == "open"

    @property
    def draft(self) -> bool:
        """Whether its author says that it is not ready for review."""
        return self.fields.flag("draft")

    @property
    def author(self) -> int:
        """Who opened it."""
        return self.fields.number("author")

    @property
    def head_ref(self) -> str:
        """The branch to be merged, without `refs/heads/`."""
        return self.fields.text("head_ref")

    @property
    def head_sha(self) -> str:
        """The newest commit of that branch; after the end the last one it had."""
        return self.fields.text("head_sha")

    @property
    def base_ref(self) -> str:
        """The branch to merge into, without `refs/heads/`."""
        return self.fields.text("base_ref")

    @property
    def base_sha(self) -> str:
        """Where the base was when the pull request last changed."""
        return self.fields.text("base_sha")

    @property
    def last_pusher(self) -> int | None:
        """Who last changed what there is to review; nobody known is nobody who could approve."""
        return self.fields.number("last_pusher") if self.fields.given("last_pusher") else None

    @property
    def merged(self) -> Fields | None:
        """When, by whom and as which commit it was merged, if it was: `merged_at`, `by`, `sha`."""
        return self.fields.object("merged") if self.fields.given("merged") else None

    @property
    def auto_merge(self) -> Fields | None:
        """Who wants it merged as soon as it may be, and how: `by`, `method`, `title`, `message`."""
        return self.fields.object("auto_merge") if self.fields.given("auto_merge") else None

    def changed(self, store: Store, **fields: JsonValue) -> PullRequest:
        """Store changed fields, and return it as it is then; what else was changed meanwhile stays so."""
        held = store.get(PULL, self.id) or self.record
        return PullRequest(store.update(held, {**held.data, **fields}), self.repository)

    def reread(self, store: Store) -> PullRequest:
        """Return it as it is now."""
        return PullRequest(store.get(PULL, self.id) or self.record, self.repository)


@dataclass(frozen=True, slots=True)
class Mergeability:
    """What can be said of a merge now.

    Attributes:
        mergeable: Whether git could merge; nothing where it makes no sense to ask.
        rebaseable: Whether git could replay the commits on the base.
        state: GitHub's word for all of it.
        problems: What the rules lack, in GitHub's sentences.
    """

    mergeable: bool | None
    rebaseable: bool | None
    state: str
    problems: tuple[str, ...] = ()


UNKNOWN: Final = Mergeability(None, None, "unknown")


def new_pull(store: Store, repository: Repository, document: JsonObject) -> PullRequest:
    """Store a new pull request under the next number of its repository."""
    number = next_number(store, repository)
    record = store.insert(PULL, str(number), {**document, "number": number}, parent=repository.id)
    return PullRequest(record, repository)


def merged_as(store: Store, pull: PullRequest, by: Identity | None, commit: str) -> PullRequest:
    """Note that a pull request is merged, as this commit of its base."""
    at = store.timestamp()
    merged: JsonObject = {"merged_at": at, "by": None if by is None else by.id, "sha": commit}
    return pull.changed(store, state="closed", closed_at=at, auto_merge=None, merged=merged)


def next_number(store: Store, repository: Repository) -> int:
    """Return the number that the next pull request of a repository has; none is ever deleted."""
    return len(store.children(PULL, repository.id)) + 1


def find_pull(store: Store, repository: Repository, number: int) -> PullRequest | None:
    """Return the pull request of this number."""
    found = store.find(PULL, str(number), parent=repository.id)
    return None if found is None else PullRequest(found, repository)


def pulls_of(store: Store, repository: Repository) -> list[PullRequest]:
    """Return all pull requests of a repository, oldest first."""
    return [PullRequest(record, repository) for record in store.children(PULL, repository.id)]


def open_pulls(store: Store, repository: Repository) -> list[PullRequest]:
    """Return the pull requests of a repository that are open, oldest first."""
    return [pull for pull in pulls_of(store, repository) if pull.is_open]


def account(store: Store, identifier: int | None) -> Identity | None:
    """Return the person or app of this number."""
    if identifier is None:
        return None
    found: User | App | None = get_user(store, identifier) or get_app(store, identifier)
    return found
