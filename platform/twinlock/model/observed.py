"""What reading yields: seen, absent, or unread. Hidden is not absent, and unread is never compliant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """It was read.

    Attributes:
        value: What it is.
        unmodelled: Fields in the provider's answer that are neither modelled nor ignored with a reason.
    """

    value: T
    unmodelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider says that it does not exist."""


@dataclass(frozen=True, slots=True)
class Unread:
    """It could not be read, or only in part.

    Attributes:
        reason: One line: why.
        name: Which one it is, for an element of a collection whose name at least was read.
    """

    reason: str
    name: str | None = None


Observed: TypeAlias = Seen[T] | Absent | Unread
