"""One account, one person: whoever shares an account, an identity or a key is one person, or two who hide as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.manifest.mistake import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.manifest.facts import Facts, PersonFacts, Word
    from twinlock.manifest.mistake import Mistake


def check(facts: Facts) -> Iterator[Mistake]:
    """Refuse an account, identity or key that stands twice in the roster; GitHub and IAM ignore case."""
    first: dict[tuple[str, str], str] = {}
    for person in (facts.people or {}).values():
        for kind, word in _claims(person):
            same = _key_material(word.text) if kind == "key" else word.text.casefold()
            holder = first.setdefault((kind, same), person.name)
            if holder != person.name:
                yield facts.roster.mistake(
                    word.path,
                    f"The {kind} `{shown(word.text)}` of `{shown(person.name)}` is also claimed by `{shown(holder)}`.",
                    "Keep it with one person; if both are one person, make one entry of them.",
                )
        yield from _twice(facts, person)


def _twice(facts: Facts, person: PersonFacts) -> Iterator[Mistake]:
    met: set[tuple[str, str]] = set()
    exact: set[tuple[str, str]] = set()
    for kind, word in _claims(person):
        folded = (kind, word.text.casefold())
        if kind == "GitHub login" and folded in met and (kind, word.text) not in exact:
            yield facts.roster.mistake(
                word.path,
                f"The {kind} `{shown(word.text)}` stands twice with `{shown(person.name)}`; GitHub ignores case.",
                "Name each login once.",
            )
        met.add(folded)
        exact.add((kind, word.text))


def _claims(person: PersonFacts) -> Iterator[tuple[str, Word]]:
    if person.identity is not None:
        yield "identity", person.identity
    for kind, words in (("GitHub login", person.github), ("AWS principal", person.aws), ("key", person.keys)):
        for word in words:
            yield kind, word


def _key_material(key: str) -> str:
    """Return a public key without its comment; base64 heeds case."""
    return " ".join(key.split()[:2])
