"""Compare a live noun with the desired one, by the marks of its fields.

The one place that turns marks into differences. Controls word them; the weakening cases of the tests invert them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, is_dataclass
from typing import TYPE_CHECKING, Any

from twinlock.model.marks import Mark, marked_fields

if TYPE_CHECKING:
    from collections.abc import Iterator


class Relation(enum.Enum):
    """How a live field stands to the desired one."""

    WEAKER = "weaker"
    STRICTER = "stricter"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs.

    Attributes:
        path: Dotted field path (`pull_request.approvals`).
        relation: Weaker (or simply different), or stricter.
        desired: The desired value as text.
        live: The live value as text.
        exemption: The field lists exemptions (it is marked `Subset`), which mean something only beside rules that hold.
    """

    path: str
    relation: Relation
    desired: str
    live: str
    exemption: bool = False

    def __str__(self) -> str:
        """Return `path is X, must be Y`."""
        return f"{self.path} is {self.live}, must be {self.desired}"


def differences(desired: object, live: object, *, prefix: str = "") -> Iterator[Difference]:
    """Yield every difference between two values of one noun, in field order.

    Fields marked `Identity`, `Evaluated` and `Ignored` are passed over. Where the noun is None on one side only, the
    whole noun differs: None in live is weaker, None in desired makes live stricter.

    Raises:
        TypeError: A field has no mark.
    """
    for field in marked_fields(type(desired)):
        path = f"{prefix}{field.name}"
        ours, theirs = getattr(desired, field.name), getattr(live, field.name)
        if field.mark is None:
            yield from _nested(path, ours, theirs)
            continue
        yield from _marked(path, field.mark, ours, theirs)


def _nested(path: str, desired: Any, live: Any) -> Iterator[Difference]:  # noqa: ANN401 - any noun of the model
    if desired is not None and live is not None:
        yield from differences(desired, live, prefix=f"{path}.")
    elif desired is not live:
        relation = Relation.WEAKER if live is None else Relation.STRICTER
        yield Difference(path, relation, worded(desired), worded(live))


def _marked(path: str, mark: Mark, desired: Any, live: Any) -> Iterator[Difference]:  # noqa: ANN401 - as above
    if desired == live:
        return
    match mark:
        case Mark.IDENTITY | Mark.EVALUATED | Mark.IGNORED:
            return
        case Mark.EXACT:
            relations = [Relation.WEAKER]
        case Mark.AT_LEAST:
            relations = [Relation.STRICTER if live > desired else Relation.WEAKER]
        case Mark.AT_MOST:
            relations = [Relation.STRICTER if live < desired else Relation.WEAKER]
        case Mark.SUBSET:
            relations = [Relation.WEAKER] if live - desired else [Relation.STRICTER]
        case Mark.SUPERSET:
            relations = [Relation.WEAKER] if desired - live else [Relation.STRICTER]
    for relation in relations:
        yield Difference(path, relation, worded(desired), worded(live), exemption=mark is Mark.SUBSET)


def worded(value: object) -> str:
    """Return a value of the model as a person reads it: stable, and without Python's quoting."""
    if value is None or value in (frozenset(), ()):
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, enum.Enum):
        return value.name.lower()
    if isinstance(value, frozenset | tuple):
        words = [worded(element) for element in value]
        return ", ".join(words if isinstance(value, tuple) else sorted(words))
    if is_dataclass(value) and type(value).__str__ is object.__str__:
        return "; ".join(f"{f.name} {worded(getattr(value, f.name))}" for f in marked_fields(type(value)))
    return str(value)
