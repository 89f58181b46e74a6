"""How a live value may differ from the desired one: the marks on the fields of the model.

A mark is the single statement of what "weaker" and "stricter" mean for a field. The comparison, the weakening cases
of the tests and the mutation matrix all derive from it, so that no field can be compared in one place and forgotten
in another. A field whose type is itself a noun of the model carries no mark: it is compared field by field.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from typing import Any, get_args, get_origin, get_type_hints


class Mark(enum.Enum):
    """How a field of live may relate to the same field of desired."""

    EXACT = "exact"
    """Any difference weakens or breaks; nothing is stricter."""
    AT_LEAST = "at least"
    """A greater live value is stricter (numbers, booleans, ordered enumerations)."""
    AT_MOST = "at most"
    """A smaller live value is stricter."""
    SUBSET = "subset"
    """A set: an element more weakens, an element less is stricter."""
    SUPERSET = "superset"
    """A set: an element less weakens, an element more is stricter."""
    IDENTITY = "identity"
    """The key by which desired and live are matched; equal by construction."""
    EVALUATED = "evaluated"
    """A policy whose meaning is not its text; a control evaluates it."""
    IGNORED = "ignored"
    """Carries no guarantee (a description); never compared."""


Exact = Mark.EXACT
AtLeast = Mark.AT_LEAST
AtMost = Mark.AT_MOST
Subset = Mark.SUBSET
Superset = Mark.SUPERSET
Identity = Mark.IDENTITY
Evaluated = Mark.EVALUATED
Ignored = Mark.IGNORED


@dataclasses.dataclass(frozen=True, slots=True)
class MarkedField:
    """One field of a noun and how it is compared.

    Attributes:
        name: The field's name.
        mark: Its mark, or None where `noun` is compared field by field.
        noun: The nested noun, where the field holds one (or None of one).
    """

    name: str
    mark: Mark | None
    noun: type[Any] | None


_KNOWN: dict[type[Any], tuple[MarkedField, ...]] = {}


def marked_fields(noun: type[Any]) -> tuple[MarkedField, ...]:
    """Return the fields of a noun in declaration order, each with its mark.

    Raises:
        TypeError: A field has neither a mark nor a noun of the model as its type.
    """
    if (known := _KNOWN.get(noun)) is not None:
        return known
    hints = get_type_hints(noun, include_extras=True)
    _KNOWN[noun] = tuple(_marked(noun, field.name, hints[field.name]) for field in dataclasses.fields(noun))
    return _KNOWN[noun]


def _marked(owner: type[Any], name: str, hint: object) -> MarkedField:
    if get_origin(hint) is typing.Annotated:
        marks = [argument for argument in get_args(hint)[1:] if isinstance(argument, Mark)]
        if len(marks) == 1:
            return MarkedField(name, marks[0], None)
    candidates = get_args(hint) if get_origin(hint) in {typing.Union, types.UnionType} else (hint,)
    nouns = [c for c in candidates if isinstance(c, type) and dataclasses.is_dataclass(c)]
    if len(nouns) == 1 and all(c is types.NoneType or c in nouns for c in candidates):
        return MarkedField(name, None, nouns[0])
    raise TypeError(f"{owner.__name__}.{name} has no comparison mark")
