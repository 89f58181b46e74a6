"""The files that `twinlock init` and `twinlock new` write: valid, commented, with enough people for every quorum.

Their text is in `texts`; this says what stands in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock.manifest import texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

PLATFORM_TEAM = "platform"
AUDIT_TEAM = "audit"

_OWNERS = ("olga", "otto")
_STAFF = {PLATFORM_TEAM: ("paula", "priya"), AUDIT_TEAM: ("uma", "ulf")}
_CREW = {
    "authors": ("author", ("alice", "ahmed")),
    "reviewers": ("reviewer", ("rita", "ruben", "rosa")),
    "testers": ("tester", ("tess", "tariq")),
    "releasers": ("releaser", ("lena", "luis")),
}
"""By role: the duty, and invented people; one reviewer more than approvals, so that reviewers may author too."""

_ACCOUNTS = {
    "build": "444444444444",
    "integration": "111111111111",
    "production": "222222222222",
    "evidence": "333333333333",
}
"""Ids in the local world, by purpose."""

_STEM = 24
"""So much of a service's name fits into an invented login, of which GitHub accepts 39 characters."""


@dataclass(frozen=True, slots=True)
class ExamplePerson:
    """An invented person.

    Attributes:
        name: Key in the roster, and GitHub login.
        teams: Slugs of teams.
    """

    name: str
    teams: tuple[str, ...]

    def entry(self, organization: str) -> str:
        """Return the value of the person's entry in the roster, in flow style."""
        identity = f"{self.name}@{organization.lower()}.example"
        return f"{{identity: {identity}, github: [{self.name}], teams: [{', '.join(self.teams)}]}}"


def founders() -> tuple[ExamplePerson, ...]:
    """Return the people of a new platform: two owners, and two for each of its own duties."""
    owners = [ExamplePerson(name, ()) for name in _OWNERS]
    return (*owners, *(ExamplePerson(name, (team,)) for team, names in _STAFF.items() for name in names))


def crew(service: str, teams: Mapping[str, str], taken: Collection[str]) -> tuple[ExamplePerson, ...]:
    """Return people for a service's new teams, no two alike and none of them taken.

    Args:
        service: The service.
        teams: Slug by role (`authors`, `reviewers`, `testers`, `releasers`); only the teams that need people.
        taken: Names and logins that exist already, in any case.
    """
    taken = {name.casefold() for name in taken}
    people: list[ExamplePerson] = []
    for role, team in teams.items():
        duty, names = _CREW[role]
        if not taken.isdisjoint(names):
            names = _numbered(f"{service[:_STEM].rstrip('-')}-{duty}", len(names), taken)
        people.extend(ExamplePerson(name, (team,)) for name in names)
    return tuple(people)


def _numbered(stem: str, count: int, taken: Collection[str]) -> tuple[str, ...]:
    numbered = (f"{stem}-{number}" for number in range(1, count + len(taken) + 1))
    return tuple(name for name in numbered if name not in taken)[:count]


def platform_yaml(organization: str, pipelines_commit: str) -> str:
    """Return a new `platform.yaml` for the local world."""
    return texts.platform(
        organization,
        plan="enterprise",
        visibility="private",
        owners=_OWNERS,
        accounts=[f'{purpose}: "{account}"' for purpose, account in _ACCOUNTS.items()],
        region="eu-west-1",
        pipelines_commit=pipelines_commit,
        teams=[f"{PLATFORM_TEAM}: {{duty: platform}}", f"{AUDIT_TEAM}: {{duty: auditor}}"],
    )


def roster_yaml(organization: str, people: Iterable[ExamplePerson]) -> str:
    """Return a new `roster.yaml` with invented people."""
    entries = [f"{person.name}: {person.entry(organization)}" for person in people]
    return texts.roster(entries, remark="These are invented; replace them.")


def service_yaml(service: str, teams: Mapping[str, str], *, starter: str = "python-http") -> str:
    """Return a new `services/SERVICE.yaml`; `teams` is the slug by role (`authors`, ...)."""
    return texts.service(
        service,
        description=f"The {service} service.",
        starter=starter,
        teams=teams,
        approvals=2,
        points=["{name: orders-queue, kind: aws-sqs, critical: true}"],
    )
