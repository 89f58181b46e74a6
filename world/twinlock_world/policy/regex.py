"""Regular expressions that take time linear in the text, whoever wrote them.

Patterns of rulesets and of CODEOWNERS come from outside, and Python's own engine can be made to take forever. RE2 is
also what GitHub documents for metadata rules. It is loaded with the first pattern: a world without rules needs none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST: Final = 4096  # RE2 writes to standard error about patterns too large for it


class Regex(Protocol):
    """A compiled expression."""

    def search(self, text: str) -> object | None:
        """Return a match anywhere in a text."""

    def fullmatch(self, text: str) -> object | None:
        """Return a match of a whole text."""


class RegexError(ValueError):
    """A pattern is no regular expression, or too large a one."""


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Regex:
    """Return a pattern compiled.

    Raises:
        RegexError: It cannot be.
    """
    if len(pattern) > _LONGEST:
        raise RegexError(pattern)
    try:
        return _engine()(pattern)
    except ValueError as error:
        raise RegexError(pattern) from error


def from_glob(translated: str) -> Regex | None:
    """Return a translated glob compiled; nothing for one that cannot be, which matches nothing."""
    try:
        return compiled(f"(?s){translated}")
    except RegexError:
        return None


@lru_cache(maxsize=1)
def _engine() -> Callable[[str], Regex]:
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - it has no types; and it is loaded only when needed

    options = re2.Options()
    options.log_errors = False

    def compile_pattern(pattern: str) -> Regex:
        try:
            found: Regex = re2.compile(pattern, options)
        except re2.error as error:
            raise ValueError(pattern) from error
        return found

    return compile_pattern
