"""What the files say, as far as it can be understood: the input of the rules that span files.

A shape mistake in one value must not hide a mistake between two files, so the rules do not wait for valid files.
They read facts; where a fact could not be read it is None, and the rules that need it say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from twinlock.model.organization import Duty

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock.manifest.document import Document, Path, Value

DEFAULT_QUORUM = 2
ROLES = {
    "authors": Duty.AUTHOR,
    "reviewers": Duty.REVIEWER,
    "testers": Duty.TESTER,
    "releasers": Duty.RELEASER,
}
"""The keys of a service's `teams`, and the duty that such a team must have."""


@dataclass(frozen=True, slots=True)
class Word:
    """A text and where it stands."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """An entry of the roster.

    Attributes:
        name: Its key.
        identity: The identity provider's name, if readable.
        github: Logins.
        aws: AWS principals.
        keys: Public keys.
        teams: Slugs of teams; None where `teams` is no list of texts.
    """

    name: str
    identity: Word | None
    github: tuple[Word, ...]
    aws: tuple[Word, ...]
    keys: tuple[Word, ...]
    teams: tuple[Word, ...] | None


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """A bot.

    Attributes:
        name: Its key.
        app: Slug of its app, if readable.
        operators: People who operate it.
    """

    name: str
    app: str | None
    operators: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A service's file.

    Attributes:
        document: The file.
        name: What it calls itself, if readable.
        teams: Team by role (`authors`), as far as readable.
        approvals: Approvals that a change needs, if readable.
        points: Integration points: name and kind.
    """

    document: Document
    name: str | None
    teams: Mapping[str, Word]
    approvals: int | None
    points: tuple[tuple[Word, str], ...]


@dataclass(frozen=True)
class Facts:
    """Everything the rules need.

    Attributes:
        platform: `platform.yaml`.
        roster: `roster.yaml`.
        services: `services/*.yaml`.
    """

    platform: Document
    roster: Document
    services: tuple[ServiceFacts, ...]

    @cached_property
    def teams(self) -> Mapping[str, Duty | None] | None:
        """Duty by team; None for a team whose duty is unreadable, and for all where `teams` is."""
        teams = _get(self.platform, "teams")
        if not isinstance(teams, dict):
            return None
        return {slug: _duty(self.platform, slug) for slug in teams}

    @cached_property
    def owners(self) -> tuple[Word, ...] | None:
        """People who own the organization."""
        return words(self.platform, "owners") if isinstance(_get(self.platform, "owners"), list) else None

    @cached_property
    def machines(self) -> tuple[MachineFacts, ...]:
        """Bots."""
        machines = _get(self.platform, "machines")
        return tuple(
            MachineFacts(
                name, text(self.platform, "machines", name, "app"), words(self.platform, "machines", name, "operators")
            )
            for name in (machines if isinstance(machines, dict) else ())
        )

    @cached_property
    def strict(self) -> bool:
        """All duties are disjoint."""
        return text(self.platform, "profile") == "strict"

    @cached_property
    def people(self) -> Mapping[str, PersonFacts] | None:
        """Entries of the roster by key."""
        people = _get(self.roster, "people")
        return {name: _person(self.roster, name) for name in people} if isinstance(people, dict) else None

    @cached_property
    def membership_known(self) -> bool:
        """Every person's teams could be read, so that whoever is missing is missing."""
        return self.people is not None and all(person.teams is not None for person in self.people.values())

    def quorum(self, duty: Duty) -> int:
        """Return the fewest people for a duty."""
        value = _get(self.platform, "quorum", duty.value)
        return value if isinstance(value, int) and not isinstance(value, bool) else DEFAULT_QUORUM

    @cached_property
    def accounts(self) -> Mapping[str, MachineFacts]:
        """Machine by entry of the roster: an entry with the machine's key, or its app's login, is its account."""
        by_name = {machine.name: machine for machine in self.machines}
        by_login = {machine.app.casefold(): machine for machine in self.machines if machine.app is not None}
        accounts: dict[str, MachineFacts] = {}
        for person in (self.people or {}).values():
            logins = (by_login.get(login.text.casefold()) for login in person.github)
            machine = by_name.get(person.name) or next(filter(None, logins), None)
            if machine is not None:
                accounts[person.name] = machine
        return accounts

    @cached_property
    def entries(self) -> Mapping[str, tuple[PersonFacts, ...]]:
        """Entries of the roster by team, accounts of machines among them."""
        entries: dict[str, list[PersonFacts]] = {}
        for person in (self.people or {}).values():
            for slug in dict.fromkeys(word.text for word in person.teams or ()):
                entries.setdefault(slug, []).append(person)
        return {slug: tuple(people) for slug, people in entries.items()}

    def members(self, team: str) -> frozenset[str]:
        """Return the persons in a team, machines not counted."""
        return frozenset(person.name for person in self.entries.get(team, ()) if person.name not in self.accounts)


def words(document: Document, *path: str) -> tuple[Word, ...]:
    """Return the texts of a list, or none where there is no list."""
    value = _get(document, *path)
    if not isinstance(value, list):
        return ()
    return tuple(Word((*path, i), element) for i, element in enumerate(value) if isinstance(element, str))


def text(document: Document, *path: str) -> str | None:
    """Return a text, or None where there is none."""
    value = _get(document, *path)
    return value if isinstance(value, str) else None


def service_facts(document: Document) -> ServiceFacts:
    """Return what a service's file says."""
    review = _get(document, "review")
    approvals = review.get("approvals", DEFAULT_QUORUM) if isinstance(review, dict) else DEFAULT_QUORUM
    teams = ((role, text(document, "teams", role)) for role in ROLES)
    return ServiceFacts(
        document,
        text(document, "service"),
        {role: Word(("teams", role), slug) for role, slug in teams if slug is not None},
        approvals if isinstance(approvals, int) else None,
        tuple(_points(document)),
    )


def _points(document: Document) -> Iterator[tuple[Word, str]]:
    points = _get(document, "integration_points")
    for index, point in enumerate(points if isinstance(points, list) else ()):
        if isinstance(point, dict):
            name, kind = point.get("name"), point.get("kind")
            if isinstance(name, str) and isinstance(kind, str):
                yield Word(("integration_points", index, "name"), name), kind


def _person(roster: Document, name: str) -> PersonFacts:
    at = ("people", name)
    identity = text(roster, *at, "identity")
    entry = _get(roster, *at)
    teams = entry.get("teams", []) if isinstance(entry, dict) else None
    readable = isinstance(teams, list) and all(isinstance(team, str) for team in teams)
    return PersonFacts(
        name,
        Word((*at, "identity"), identity) if identity is not None else None,
        words(roster, *at, "github"),
        words(roster, *at, "aws"),
        words(roster, *at, "keys"),
        words(roster, *at, "teams") if readable else None,
    )


def _duty(platform: Document, slug: str) -> Duty | None:
    value = text(platform, "teams", slug, "duty")
    return Duty(value) if value in {duty.value for duty in Duty} else None


def _get(document: Document, *path: str) -> Value:
    value: Value = document.root
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
