"""`RepositoryAccess`: exactly the ways into a repository.

Deploy keys, webhooks and invitations are listed only so that they may stand: none is made from here, because their
secrets would have to pass through a program, and any that is not listed is removed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, TypeVar

from twinlock.github import access as codec
from twinlock.github.client import segment
from twinlock.model.access import Access, Grant, Permission
from twinlock.provider import tokens
from twinlock.provider.difference import changes
from twinlock.provider.handlers._github import Remote, number, text, understood
from twinlock.provider.inputs import Shape, entries, texts
from twinlock.provider.inputs import text as given
from twinlock.provider.port import Created, Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, HandlerFactory, Properties

T = TypeVar("T")

_PERSON = {"login", "permission"}
_SHAPE = Shape(
    repository=str,
    teams=({"team", "permission"},),
    collaborators=(_PERSON,),
    invitations=(_PERSON,),
    deployKeys=(str,),
    webhooks=(str,),
)


class RepositoryAccess:
    """Handles who reaches a repository; the id is the repository's name."""

    type: ClassVar[str] = tokens.REPOSITORY_ACCESS
    replaces: ClassVar[frozenset[str]] = frozenset({"repository"})
    adopts: ClassVar[bool] = True

    def __init__(self, clients: Clients) -> None:
        self._remote = Remote(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return what is wrong with the inputs."""
        wrong = (
            Failure(name, f"holds the permission {entry['permission']!r}, which GitHub does not have")
            for name in ("teams", "collaborators", "invitations")
            for entry in entries(inputs, name)
            if codec.permission(entry.get("permission", "")) is None
        )
        return _SHAPE.failures(inputs) or tuple(wrong)

    def find(self, inputs: Properties) -> str | None:
        """Return the repository's name if there is such a repository."""
        name = given(inputs, "repository")
        return None if self._remote.get(self._remote.repository(name)) is None else name

    def create(self, inputs: Properties) -> Created:
        """Set who reaches the repository."""
        name = given(inputs, "repository")
        return Created(name, self.update(name, self.read(name, inputs) or {}, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return every way into the repository.

        Raises:
            Incomplete: GitHub hid a list.
        """
        del inputs
        lists = self._lists(id)
        return None if lists is None else {"repository": id, **_properties(_understood(lists))}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return how the ways in differ; one that may stand and does not exist is no difference."""
        found, wanted = _access(live), _access(inputs)
        judged = Access(
            teams=found.teams,
            collaborators=found.collaborators | (found.invitations & wanted.collaborators),
            invitations=_beyond(found.invitations - wanted.collaborators, wanted.invitations),
            deploy_keys=_beyond(found.deploy_keys, wanted.deploy_keys),
            webhooks=_beyond(found.webhooks, wanted.webhooks),
        )
        return changes(_properties(judged), _properties(wanted))

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Remove what is not declared first, then grant what is."""
        path, wanted, found = self._remote.repository(id), _access(inputs), _access(live)
        lists = self._lists(id)
        for undeclared in () if lists is None else self._undeclared(path, lists, wanted):
            self._remote.delete(undeclared)
        for grant in sorted(wanted.collaborators - found.collaborators - found.invitations):
            self._remote.put(f"{path}/collaborators/{segment(grant.holder)}", {"permission": grant.permission.slug})
        for grant in sorted(wanted.teams - found.teams):
            self._remote.put(f"{self._remote.team(grant.holder)}{path}", {"permission": grant.permission.slug})
        return dict(inputs)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Do nothing: a repository that is no longer managed keeps its people."""

    def _lists(self, name: str) -> codec.Lists | None:
        path = self._remote.repository(name)
        teams = self._remote.all(f"{path}/teams")
        if teams is None:
            return None
        return codec.Lists(
            teams=teams,
            collaborators=self._remote.need_all(f"{path}/collaborators", {"affiliation": "direct"}),
            invitations=self._remote.need_all(f"{path}/invitations"),
            keys=self._remote.need_all(f"{path}/keys"),
            hooks=self._remote.need_all(f"{path}/hooks"),
        )

    def _undeclared(self, path: str, lists: codec.Lists, wanted: Access) -> Iterator[str]:
        """Yield the path of everything that nobody declared."""
        for raw in _elements(lists.teams):
            if not _holders(_alone("teams", raw).teams) <= _holders(wanted.teams):
                yield f"{self._remote.team(text(raw, 'slug'))}{path}"
        people = {text(raw, "login").lower(): text(raw, "login") for raw in _elements(lists.collaborators)}
        for login in sorted(people.keys() - _holders(wanted.collaborators)):
            yield f"{path}/collaborators/{segment(people[login])}"
        for raw in _elements(lists.invitations):
            if not _alone("invitations", raw).invitations <= wanted.invitations | wanted.collaborators:
                yield f"{path}/invitations/{number(raw, 'id')}"
        for raw in _elements(lists.keys):
            if not _alone("keys", raw).deploy_keys <= wanted.deploy_keys:
                yield f"{path}/keys/{number(raw, 'id')}"
        for raw in _elements(lists.hooks):
            if not _alone("hooks", raw).webhooks <= wanted.webhooks:
                yield f"{path}/hooks/{number(raw, 'id')}"


_NOTHING = codec.Lists([], [], [], [], [])


def _understood(lists: codec.Lists) -> Access:
    return _folded(understood(codec.decode(lists), "Who reaches a repository"))


def _alone(kind: str, raw: object) -> Access:
    """Return one element of one list as the codec reads it."""
    return _understood(replace(_NOTHING, **{kind: [raw]}))


def _elements(raw: object) -> list[object]:
    return raw if isinstance(raw, list) else []


def _holders(grants: Iterable[Grant]) -> set[str]:
    return {grant.holder for grant in grants}


def _beyond(found: frozenset[T], allowed: frozenset[T]) -> frozenset[T]:
    """Return what was found if any of it is too much, else what is allowed: then there is no difference."""
    return found if found - allowed else allowed


def _folded(access: Access) -> Access:
    """Return the access with logins in lower case: GitHub ignores their case."""
    return replace(access, collaborators=_lower(access.collaborators), invitations=_lower(access.invitations))


def _lower(grants: Iterable[Grant]) -> frozenset[Grant]:
    return frozenset(replace(grant, holder=grant.holder.lower()) for grant in grants)


def _access(properties: Properties) -> Access:
    return _folded(
        Access(
            teams=_grants(properties, "teams", "team"),
            collaborators=_grants(properties, "collaborators", "login"),
            invitations=_grants(properties, "invitations", "login"),
            deploy_keys=frozenset(texts(properties, "deployKeys")),
            webhooks=frozenset(texts(properties, "webhooks")),
        )
    )


def _grants(properties: Properties, name: str, holder: str) -> frozenset[Grant]:
    return frozenset(
        Grant(entry[holder], codec.permission(entry["permission"]) or Permission.ADMIN)
        for entry in entries(properties, name)
    )


def _properties(access: Access) -> dict[str, object]:
    return {
        "teams": _written(access.teams, "team"),
        "collaborators": _written(access.collaborators, "login"),
        "invitations": _written(access.invitations, "login"),
        "deployKeys": sorted(access.deploy_keys),
        "webhooks": sorted(access.webhooks),
    }


def _written(grants: Iterable[Grant], holder: str) -> list[dict[str, str]]:
    return [{holder: grant.holder, "permission": grant.permission.slug} for grant in sorted(grants)]


HANDLER: HandlerFactory = RepositoryAccess
