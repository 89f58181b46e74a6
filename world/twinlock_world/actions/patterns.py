"""GitHub's patterns for branches, tags and paths in `on`.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet: `*` stops
at `/`, `**` does not, `?` and `+` repeat the character before, `[]` is a set, a leading `!` takes back. Pure.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twinlock_world.actions.model import Filter


class PatternError(ValueError):
    """A text is no pattern."""


def allows(filters: Filter, name: str) -> bool:
    """Tell whether a filter lets a branch or tag through."""
    if filters.include is not None:
        return last_match(filters.include, name)
    return filters.ignore is None or not last_match(filters.ignore, name)


def allows_any(filters: Filter, paths: Iterable[str]) -> bool:
    """Tell whether a filter of paths lets a change through: one path that counts is enough."""
    if filters.include is not None:
        return any(last_match(filters.include, path) for path in paths)
    return filters.ignore is None or any(not last_match(filters.ignore, path) for path in paths)


def last_match(patterns: Sequence[str], name: str) -> bool:
    """Tell what the last pattern that matches says of a name: taken, or taken back."""
    taken = False
    for pattern in patterns:
        negative = pattern.startswith("!")
        if compiled(pattern[negative:]).fullmatch(name):
            taken = not negative
    return taken


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern as a regular expression.

    Raises:
        PatternError: It repeats nothing, or a set does not end.
    """
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        if pattern.startswith("**", at):
            slash = pattern.startswith("**/", at)
            parts.append("(?:.*/)?" if slash else ".*")
            at += 3 if slash else 2
            continue
        if letter == "*":
            parts.append("[^/]*")
        elif letter in "?+":
            if not parts or parts[-1][-1] in "?+" or parts[-1].endswith("*"):
                raise PatternError(f"{letter} repeats nothing in {pattern!r}")
            parts[-1] += letter
        elif letter == "[":
            end = pattern.find("]", at + 1)
            if end < at + 2:  # a set holds something
                raise PatternError(f"a set does not end in {pattern!r}")
            parts.append("[" + re.sub(r"[\\^\[\]&~|]", lambda found: "\\" + found[0], pattern[at + 1 : end]) + "]")
            at = end
        elif letter == "\\" and at + 1 < len(pattern):
            at += 1
            parts.append(re.escape(pattern[at]))
        else:
            parts.append(re.escape(letter))
        at += 1
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error as error:
        raise PatternError(f"{pattern!r}: {error}") from error
