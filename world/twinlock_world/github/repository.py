"""A repository: its record, and how to find it.

Called by access decisions, by every noun that lives in a repository, and by the git server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import Organization, find_organization, get_organization
from twinlock_world.store import Record, Store, fold

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import Fields

REPOSITORY: Final = "repository"


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository of an organization."""

    record: Record
    owner: Organization

    @property
    def id(self) -> int:
        """Its number: stable across renames, never used again."""
        return self.record.id

    @property
    def settings(self) -> Fields:
        """Its settings."""
        return self.record.fields

    @property
    def name(self) -> str:
        """Its name without the owner's."""
        return self.settings.text("name")

    @property
    def full_name(self) -> str:
        """Owner and name."""
        return f"{self.owner.login}/{self.name}"

    @property
    def visibility(self) -> str:
        """Public, private or internal."""
        return self.settings.text("visibility")

    @property
    def archived(self) -> bool:
        """Whether it is read-only."""
        return self.settings.flag("archived")

    @property
    def default_branch(self) -> str:
        """The branch that HEAD names."""
        return self.settings.text("default_branch")


def find_repository(store: Store, owner: str, name: str) -> Repository | None:
    """Return the repository of this owner and name, whatever the case of the letters."""
    organization = find_organization(store, owner)
    if organization is None:
        return None
    record = store.find(REPOSITORY, fold(name), parent=organization.id)
    return None if record is None else Repository(record, organization)


def get_repository(store: Store, identifier: int) -> Repository | None:
    """Return the repository of this id."""
    record = store.get(REPOSITORY, identifier)
    owner = None if record is None else get_organization(store, record.parent or 0)
    return None if record is None or owner is None else Repository(record, owner)


def mark_pushed(store: Store, repository: Repository) -> None:
    """Note that a ref of a repository moved just now."""
    store.update(repository.record, {**repository.record.data, "pushed_at": store.timestamp()})


def repositories(store: Store, organization: Organization) -> list[Repository]:
    """Return all repositories of an organization, oldest first."""
    return [Repository(record, organization) for record in store.children(REPOSITORY, organization.id)]
