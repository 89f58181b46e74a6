"""Ids behind names: a name can be given to something else, an id cannot.

GitHub never gives the id of a repository, team, account or app to another. So the id that was first seen behind a name
tells whether it is still the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection

    from twinlock.model.estate import Estate

Ids: TypeAlias = Mapping[str, int]
"""Name to id."""


@dataclass(frozen=True, slots=True)
class Identities:
    """Names of one organization and the ids behind them.

    Attributes:
        organizations: Login to id; the one organization.
        repositories: Name to id.
        teams: Slug to id.
        accounts: Login to id.
        apps: Slug to id.
        begun: When the organization was made, as GitHub says; tells one local world from the next, whose ids repeat.
    """

    organizations: Ids = field(default_factory=dict)
    repositories: Ids = field(default_factory=dict)
    teams: Ids = field(default_factory=dict)
    accounts: Ids = field(default_factory=dict)
    apps: Ids = field(default_factory=dict)
    begun: str = ""

    def of(self, kind: str) -> Ids:
        """Return the ids of one kind, by its field's name."""
        found: Ids = getattr(self, kind)
        return found

    def only(self, names: Mapping[str, Collection[str]]) -> Identities:
        """Return the ids of some names of each kind, logins regardless of their case."""
        wanted = {kind: {name.lower() for name in names.get(kind, ())} for kind in KINDS}
        kept = {kind: {n: i for n, i in self.of(kind).items() if n.lower() in wanted[kind]} for kind in KINDS}
        return Identities(**kept, begun=self.begun)

    def with_new(self, others: Identities) -> Identities:
        """Return these, and those of `others` whose names are new; what is known of a name is never changed."""
        return Identities(**{kind: {**others.of(kind), **self.of(kind)} for kind in KINDS}, begun=others.begun)

    def without(self, names: Mapping[str, Collection[str]]) -> Identities:
        """Return these without some names of each kind."""
        kept = {k: {n: i for n, i in self.of(k).items() if n not in names.get(k, ())} for k in KINDS}
        return Identities(**kept, begun=self.begun)


KINDS = tuple(each.name for each in fields(Identities) if each.name != "begun")
"""The kinds of things that have an id, by their fields' names."""


def declared(estate: Estate) -> Mapping[str, Collection[str]]:
    """Return the names that an estate declares, by kind."""
    declaration = estate.declaration
    machines = (machine.app for machine in declaration.platform.machines)
    return {
        "organizations": (estate.organization.login,),
        "repositories": tuple(estate.repositories),
        "teams": tuple(team.slug for team in estate.organization.teams),
        "accounts": tuple(login for person in declaration.people.values() for login in person.github),
        "apps": (*estate.organization.apps, *machines),
    }
