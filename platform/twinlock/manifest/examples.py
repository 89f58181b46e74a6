"""The files that `twinlock init` and `twinlock new` write: valid, commented, with enough people for every quorum.

Text rather than a dump of data, so that each key comes with the line that explains it. Every first line names the
JSON Schema, which editors then use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    return f"""\
# yaml-language-server: $schema=schema/platform.json
# The platform. Keys that have a usual value are written out, so that a review sees what holds.

# The GitHub organization.
organization: "{organization}"
# Where everything is provisioned: world (the local one) or cloud (GitHub and AWS).
target: world
# The GitHub plan: free, team or enterprise. It decides what GitHub can hold.
plan: enterprise
# Who sees a repository unless its service says otherwise: private, internal or public.
visibility: private
# standard: reviewers may author, but never approve their own change. strict: nobody has two duties.
profile: standard
# Controls that the plan cannot hold, and that you accept as missing.
accepted_gaps: []
# People who own the organization: at least two, without any other duty.
owners: [{", ".join(_OWNERS)}]
# AWS accounts, one for each purpose. `management`, for service control policies, is optional.
accounts:
  build: "444444444444"
  integration: "111111111111"
  production: "222222222222"
  evidence: "333333333333"
# AWS region.
region: eu-west-1
# The fewest people for each duty.
quorum: {{platform: 2, auditor: 2, tester: 2, releaser: 2}}
# The only commit of the pipelines repository that services call and AWS trusts. `previous` is accepted during a roll.
pipelines:
  commit: "{pipelines_commit}"
# The tool's own GitHub Apps; `twinlock bootstrap` fills them.
apps: {{controller: {{}}, auditor: {{}}, gate: {{}}, release: {{}}}}
# Bots, each with the people who answer for it, as in: renovate: {{app: renovate, operators: [paula]}}
machines: {{}}
# Where the engine keeps its state. On cloud: s3://... and awskms://...
state: {{backend: "file://./state", secrets: passphrase}}
# How long evidence is retained: governance or compliance, and days.
evidence: {{mode: governance, days: 30}}
# What an undeclared AWS role that trusts GitHub meets: report or quarantine.
undeclared_roles: quarantine
# Teams and their one duty: author, reviewer, tester, releaser, platform or auditor. `twinlock new` adds a service's.
teams:
  {PLATFORM_TEAM}: {{duty: platform}}
  {AUDIT_TEAM}: {{duty: auditor}}
"""


def roster_yaml(organization: str, people: Iterable[ExamplePerson]) -> str:
    """Return a new `roster.yaml` with invented people."""
    entries = "".join(f"  {person.name}: {person.entry(organization)}\n" for person in people)
    return f"""\
# yaml-language-server: $schema=schema/roster.json
# Persons, not accounts: several accounts of one person stand in one entry. These are invented; replace them.
#
# identity: the identity provider's name for the person.   github: all GitHub logins.
# teams: slugs of teams (platform.yaml).                   aws: ARNs or names of AWS users and roles (optional).
# keys: OpenSSH public keys that the person signs with (optional).
people:
{entries}"""


def service_yaml(service: str, teams: Mapping[str, str], *, starter: str = "python-http") -> str:
    """Return a new `services/SERVICE.yaml`; `teams` is the slug by role (`authors`, ...)."""
    return f"""\
# yaml-language-server: $schema=../schema/service.json
# The service's name; the file is called so too.
service: "{service}"
# One line for people.
description: The {service} service.
# What the application repository begins from.
starter: {starter}
# Who does what. Nobody who writes or reviews may test or release, and no tester may release.
teams:
  authors: {teams["authors"]}
  reviewers: {teams["reviewers"]}
  testers: {teams["testers"]}
  releasers: {teams["releasers"]}
# Approvals that a change needs.
review: {{approvals: 2}}
# What the service talks to: kind aws-sqs, or https with an endpoint. The suite must exercise what is critical.
integration_points:
  - {{name: orders-queue, kind: aws-sqs, critical: true}}
# How long an integration environment may live.
integration: {{ttl: 2h}}
# Where it runs.
deploy: {{kind: ecs}}
"""
