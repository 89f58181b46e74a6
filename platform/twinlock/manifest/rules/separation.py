"""Duties that one person must not hold together: the heart of what the manifest promises.

What a machine holds counts for each person who operates it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from twinlock.manifest.mistake import listed, shown
from twinlock.model.organization import Duty

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock.manifest.document import Document, Path
    from twinlock.manifest.facts import Facts, PersonFacts
    from twinlock.manifest.mistake import Mistake

_ALONE = frozenset({Duty.PLATFORM, Duty.AUDITOR})
_WRITES = frozenset({Duty.AUTHOR, Duty.REVIEWER})
_VERIFIES = frozenset({Duty.TESTER, Duty.RELEASER})


@dataclass(frozen=True, slots=True)
class Holding:
    """A team that somebody is in, themselves or through a machine.

    Attributes:
        team: Its slug.
        duty: Its duty.
        machine: The machine that is in it, where it is not the person.
        document: The file that says so.
        path: Where.
    """

    team: str
    duty: Duty
    machine: str | None
    document: Document
    path: Path

    def __str__(self) -> str:
        """Return `tester in payments-testers`."""
        through = f" through the machine {shown(self.machine)}" if self.machine else ""
        return f"{self.duty.value} in `{shown(self.team)}`{through}"


def check(facts: Facts) -> Iterator[Mistake]:
    """Refuse every pair of duties on one person that would let that person approve, test or release an own change."""
    used = _services(facts)
    owners = {word.text for word in facts.owners or ()}
    carried = _carried(facts)
    for name, person in (facts.people or {}).items():
        if name in facts.accounts:
            continue
        holdings = [*_own(facts, person), *carried.get(name, ())]
        if name in owners:
            for holding in holdings:
                yield _refused(holding, f"`{shown(name)}` is an owner and {holding}.")
        for one, other in combinations(holdings, 2):
            if (why := _conflict(one, other, used, strict=facts.strict)) is not None:
                yield _refused(other, f"`{shown(name)}` is {one} and {other}{why}.")


def _refused(holding: Holding, message: str) -> Mistake:
    mend = "Take the person out of one of the two."
    return holding.document.mistake(holding.path, message, mend)


def _conflict(one: Holding, other: Holding, used: Mapping[str, frozenset[str]], *, strict: bool) -> str | None:
    """Return what to add to the sentence where two holdings do not go together, else None."""
    duties = {one.duty, other.duty}
    if len(duties) == 1:
        return None
    if duties & _ALONE or duties == _VERIFIES:
        return ""
    if (
        duties & _WRITES
        and duties & _VERIFIES
        and (shared := used.get(one.team, frozenset()) & used.get(other.team, frozenset()))
    ):
        return f", both for {listed(map(shown, sorted(shared)))}"
    return ", and the profile is strict" if strict else None


def _own(facts: Facts, person: PersonFacts) -> Iterator[Holding]:
    for slug in person.teams or ():
        if (duty := (facts.teams or {}).get(slug.text)) is not None:
            yield Holding(slug.text, duty, None, facts.roster, slug.path)


def _carried(facts: Facts) -> Mapping[str, list[Holding]]:
    """Return what machines hold, by each person who operates them."""
    carried: dict[str, list[Holding]] = {}
    for account, machine in facts.accounts.items():
        for held in _own(facts, (facts.people or {})[account]):
            for operator in machine.operators:
                through = replace(held, machine=machine.name, document=facts.platform, path=operator.path)
                carried.setdefault(operator.text, []).append(through)
    return carried


def _services(facts: Facts) -> Mapping[str, frozenset[str]]:
    """Return the services that each team serves."""
    used: dict[str, frozenset[str]] = {}
    for service in facts.services:
        for word in service.teams.values():
            used[word.text] = used.get(word.text, frozenset()) | {service.name or service.document.file}
    return used
