"""Who was given access to a repository by name, and who was asked to take it.

Members of the organization get access at once, others by an invitation that they accept. Called by the collaborator
and invitation routes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import COLLABORATOR, Rank, Role, direct_role, rank_in, role_on
from twinlock_world.github.accounts import User, get_user, members
from twinlock_world.github.team import grants, lineage, team_members, teams

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.repository import Repository
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Record, Store

INVITATION: Final = "repository_invitation"


@dataclass(frozen=True, slots=True)
class Collaborator:
    """Somebody with access to a repository."""

    user: User
    role: Role


def collaborators(store: Store, repository: Repository, affiliation: str) -> list[Collaborator]:
    """Return who has access: all; `direct`, by name (and owners); or `outside`, by name without being a member."""
    people = {user.id: user for user in _named(store, repository)}
    if affiliation == "outside":
        found = [user for user in people.values() if rank_in(store, repository.owner, user) < Rank.MEMBER]
        return _with_roles(store, repository, found)
    if affiliation == "direct":
        return _with_roles(store, repository, list(people.values()))
    given = grants(store, repository)
    for team in teams(store, repository.owner):
        if any(above.id in given for above in lineage(store, team)):
            people |= {user.id: user for user, _ in team_members(store, team)}
    people |= {user.id: user for user, _ in members(store, repository.owner)}
    reached = [user for user in people.values() if role_on(store, repository, user) >= Role.PULL]
    return _with_roles(store, repository, reached)


def give(store: Store, repository: Repository, user: User, permission: str) -> None:
    """Give somebody access by name."""
    store.put(COLLABORATOR, str(user.id), {"permission": permission}, parent=repository.id, peer=user.id)


def invite(store: Store, repository: Repository, user: User, permission: str, inviter: Identity) -> Record:
    """Ask somebody to take access."""
    document: JsonObject = {"permission": permission, "inviter": inviter.id}
    return store.put(INVITATION, str(user.id), document, parent=repository.id, peer=user.id)


def remove(store: Store, repository: Repository, user: User) -> None:
    """Take from somebody what they were given by name, and what they were only asked to take."""
    for kind in (COLLABORATOR, INVITATION):
        record = store.find(kind, str(user.id), parent=repository.id)
        if record is not None:
            store.delete(record)


def _named(store: Store, repository: Repository) -> list[User]:
    found = (get_user(store, record.peer or 0) for record in store.children(COLLABORATOR, repository.id))
    return [user for user in found if user is not None]


def _with_roles(store: Store, repository: Repository, users: list[User]) -> list[Collaborator]:
    people = sorted(users, key=lambda user: user.id)
    return [
        Collaborator(user, max(role_on(store, repository, user), direct_role(store, repository, user)))
        for user in people
    ]
