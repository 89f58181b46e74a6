"""Enough people for every duty, counted as persons: accounts and machines add nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.manifest.mistake import listed, shown
from twinlock.model.organization import Duty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.manifest.facts import Facts, ServiceFacts
    from twinlock.manifest.mistake import Mistake

_WHOLE = (Duty.PLATFORM, Duty.AUDITOR)
"""Counted over all teams of the duty."""
_EACH = (Duty.TESTER, Duty.RELEASER)
"""Counted in each team, as a service has one of them."""


def check(facts: Facts) -> Iterator[Mistake]:
    """Refuse a team nobody is in, a duty below its quorum, and fewer possible reviewers than approvals."""
    if facts.teams is None or not facts.membership_known:
        return
    for slug, duty in facts.teams.items():
        members = facts.members(slug)
        if not members:
            yield _at_team(facts, slug, f"Nobody is in the team `{shown(slug)}`.", "in it")
        elif duty in _EACH and len(members) < (fewest := facts.quorum(duty)):
            message = f"The team `{shown(slug)}` has {_people(members)}, but the quorum of {duty.value}s is {fewest}."
            yield _at_team(facts, slug, message, "in it")
    for duty in _WHOLE:
        yield from _whole(facts, duty)
    for service in facts.services:
        yield from _reviewers(facts, service)


def _at_team(facts: Facts, slug: str, message: str, where: str) -> Mistake:
    mend = f"Add people {where} with `teams: [{shown(slug)}]` in roster.yaml."
    return facts.platform.mistake(("teams", slug), message, mend, at_key=True)


def _whole(facts: Facts, duty: Duty) -> Iterator[Mistake]:
    teams = [slug for slug, its in (facts.teams or {}).items() if its is duty]
    if not teams:
        if None not in (facts.teams or {}).values():
            mend = f"Add one, as in `{duty.value}s: {{duty: {duty.value}}}`."
            yield facts.platform.mistake(("teams",), f"No team has the duty {duty.value}.", mend, at_key=True)
        return
    members = frozenset[str]().union(*map(facts.members, teams))
    if members and len(members) < (fewest := facts.quorum(duty)):
        message = f"The duty {duty.value} is held by {_people(members)}, but its quorum is {fewest}."
        yield _at_team(facts, teams[0], message, "to it")


def _reviewers(facts: Facts, service: ServiceFacts) -> Iterator[Mistake]:
    """A change by an author needs its approvals from others, whoever the author is."""
    if service.approvals is None or not {"authors", "reviewers"} <= set(service.teams):
        return
    reviewers = facts.members(service.teams["reviewers"].text)
    if not reviewers:
        return
    nobody: tuple[str, frozenset[str]] = ("", frozenset())
    authors = _authors(facts, service.teams["authors"].text)
    author, persons = min(authors, key=lambda author: (len(reviewers - author[1]), author[0]), default=nobody)
    if len(others := reviewers - persons) < service.approvals:
        besides = f" besides `{shown(author)}`" if others != reviewers else ""
        yield service.document.mistake(
            ("review", "approvals"),
            f"A change needs {service.approvals} approvals, but the reviewers are {_people(others)}{besides}.",
            f"Add people to the team `{shown(service.teams['reviewers'].text)}` in roster.yaml.",
        )


def _authors(facts: Facts, team: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield whoever may author, each with the persons who stand behind it: oneself, or a machine's operators."""
    for person in facts.entries.get(team, ()):
        machine = facts.accounts.get(person.name)
        persons = [person.name] if machine is None else [word.text for word in machine.operators]
        yield person.name, frozenset(persons)


def _people(members: frozenset[str]) -> str:
    if not members:
        return "nobody"
    noun = "person" if len(members) == 1 else "people"
    return f"{len(members)} {noun} ({listed(shown(name) for name in sorted(members))})"
