"""Teams that are named must be defined, and be for what they are named for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.manifest.document import dotted
from twinlock.manifest.facts import ROLES
from twinlock.manifest.mistake import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock.manifest.document import Document
    from twinlock.manifest.facts import Facts, Word
    from twinlock.manifest.mistake import Mistake
    from twinlock.model.organization import Duty


def check(facts: Facts) -> Iterator[Mistake]:
    """Refuse a team that nobody defined, and a service's team with another duty than its role."""
    teams = facts.teams
    if teams is None:
        return
    for person in (facts.people or {}).values():
        for word in person.teams or ():
            if word.text not in teams:
                yield _undefined(facts.roster, word, teams)
    for service in facts.services:
        for role, word in service.teams.items():
            duty = teams.get(word.text)
            if word.text not in teams:
                yield _undefined(service.document, word, teams)
            elif duty is not None and duty is not ROLES[role]:
                yield service.document.mistake(
                    word.path,
                    f"`{dotted(word.path)}` is `{shown(word.text)}`, whose duty is {duty.value}.",
                    f"Name a team with the duty {ROLES[role].value}.",
                )


def _undefined(document: Document, word: Word, teams: Mapping[str, Duty | None]) -> Mistake:
    mend = did_you_mean(word.text, teams) or "Define it under `teams` in platform.yaml."
    return document.mistake(word.path, f"The team `{shown(word.text)}` is not defined.", mend)
