"""Judges a collection exclusively: each declared element, and each that nobody declared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from twinlock.controls._judgement import MISSING, UNDECLARED, Fault, Judgement
from twinlock.model.observed import Absent, Observed, Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")

DUPLICATE = Fault("there is another of the same name", "one", "several")


class Inventory(NamedTuple, Generic[T]):
    """How the elements of one kind are named and judged.

    Attributes:
        whole: Subject for what cannot be put down to one element.
        subject: Name of an element to its subject.
        name: Element to its name.
        judge: Subject, declared element and live element to a judgement.
    """

    whole: str
    subject: Callable[[str], str]
    name: Callable[[T], str]
    judge: Callable[[str, T, Observed[T]], Judgement]


def judged(
    kind: Inventory[T],
    declared: Mapping[str, T],
    live: Observed[tuple[Observed[T], ...]],
    *,
    concerns: Callable[[T | None, str], bool] = lambda _element, _name: True,
) -> Iterator[Judgement]:
    """Yield a judgement on each declared element, then on each undeclared one.

    Args:
        kind: How elements are named and judged.
        declared: The declared elements by name.
        live: What was read.
        concerns: Whether an undeclared element (None where only its name was read) is this control's business.
    """
    if not isinstance(live, Seen):
        for name, element in declared.items():
            yield kind.judge(kind.subject(name), element, live)
        if not declared and isinstance(live, Unread):
            yield Judgement(kind.whole, doubts=(live.reason,))
        return
    by_name: dict[str | None, list[Observed[T]]] = {}
    for found in live.value:
        by_name.setdefault(_name(kind, found), []).append(found)
    nameless = by_name.pop(None, [])
    for name, element in declared.items():
        yield _declared(kind, name, element, by_name.get(name, nameless[:1]))
    for unread in nameless:
        if isinstance(unread, Unread):
            yield Judgement(kind.whole, doubts=(unread.reason,))
    for undeclared, elements in sorted((str(name), found) for name, found in by_name.items() if name not in declared):
        first = elements[0]
        if concerns(first.value if isinstance(first, Seen) else None, undeclared):
            yield Judgement(kind.subject(undeclared), faults=(UNDECLARED,))


def _name(kind: Inventory[T], found: Observed[T]) -> str | None:
    match found:
        case Seen(value):
            return kind.name(value)
        case Unread(_, name):
            return name
        case Absent():
            return None


def _declared(kind: Inventory[T], name: str, element: T, candidates: list[Observed[T]]) -> Judgement:
    """Judge a declared element; of several that carry its name the best is taken, and the others are a fault."""
    subject = kind.subject(name)
    if not candidates:
        return Judgement(subject, faults=(MISSING,))
    best = min(
        (kind.judge(subject, element, candidate) for candidate in candidates),
        key=lambda judgement: (len(judgement.faults), len(judgement.doubts)),
    )
    return replace(best, faults=(*best.faults, DUPLICATE)) if len(candidates) > 1 else best
