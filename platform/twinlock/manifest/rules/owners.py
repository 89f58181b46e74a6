"""Owners and operators are people of the roster: whoever answers for something must be somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock import names
from twinlock.manifest.mistake import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock.manifest.facts import Facts, PersonFacts, Word
    from twinlock.manifest.mistake import Mistake

FEWEST_OWNERS = 2
"""One owner alone could be lost, and nobody would witness what a root does."""


def check(facts: Facts) -> Iterator[Mistake]:
    """Refuse fewer than two owners, an owner or operator who is no person, and a bot that is one of the tool's apps."""
    if facts.owners is not None and len({owner.text for owner in facts.owners}) < FEWEST_OWNERS:
        count = len(facts.owners)
        yield facts.platform.mistake(
            ("owners",),
            f"`owners` names {count or 'no'} {'person' if count == 1 else 'people'}, but an organization needs two.",
            "Name at least two people, as in `owners: [olga, otto]`.",
        )
    for machine in facts.machines:
        if machine.app in names.APPS:
            yield facts.platform.mistake(
                ("machines", machine.name, "app"),
                f"`machines.{shown(machine.name)}.app` is `{machine.app}`, which is an identity of twinlock itself.",
                "Name the bot's own app.",
            )
    if facts.people is not None:
        for word in facts.owners or ():
            yield from _person(facts, facts.people, word, "owner")
        for machine in facts.machines:
            for word in machine.operators:
                yield from _person(facts, facts.people, word, "operator")


def _person(facts: Facts, people: Mapping[str, PersonFacts], word: Word, what: str) -> Iterator[Mistake]:
    if word.text not in people:
        mend = did_you_mean(word.text, people) or f"Add `{shown(word.text)}` to roster.yaml."
        message = f"The {what} `{shown(word.text)}` is nobody in roster.yaml."
        yield facts.platform.mistake(word.path, message, mend)
    elif (machine := facts.accounts.get(word.text)) is not None:
        yield facts.platform.mistake(
            word.path,
            f"The {what} `{shown(word.text)}` is the account of the machine `{shown(machine.name)}`, not a person.",
            "Name a person.",
        )
