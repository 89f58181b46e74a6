"""Which refs a ruleset's conditions name.

GitHub matches like Ruby's `File.fnmatch` with path names: `*` and `?` stay within one segment, `**/` spans any number.
Pure; called where a branch is shown and where its rules are listed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from twinlock_world.policy.regex import from_glob

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import Fields
    from twinlock_world.policy.regex import Regex


def names_ref(conditions: Fields, ref: str, default_branch: str) -> bool:
    """Tell whether a ruleset's conditions are about a ref, given by its full name."""
    if not conditions.given("ref_name"):
        return False
    names = conditions.object("ref_name")
    return _any(names.texts("include"), ref, default_branch) and not _any(names.texts("exclude"), ref, default_branch)


def _any(patterns: list[str], ref: str, default_branch: str) -> bool:
    return any(
        pattern == "~ALL"
        or (pattern == "~DEFAULT_BRANCH" and ref == f"refs/heads/{default_branch}")
        or matches_glob(pattern, ref)
        for pattern in patterns
    )


def matches_glob(pattern: str, name: str) -> bool:
    """Tell whether a pattern is about a name; one that is no pattern is about nothing but itself."""
    regex = None if pattern == name else _compiled(pattern)
    return pattern == name or (regex is not None and regex.fullmatch(name) is not None)


def is_glob(pattern: str) -> bool:
    """Tell whether a pattern can be used at all."""
    return _compiled(pattern) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Regex | None:
    translated, at = "", 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            translated, at = translated + r"(?:[^/]+/)*", at + 3
            continue
        letter = pattern[at]
        closing = pattern.find("]", at + 2)
        if letter == "*":
            translated += r"[^/]*"
        elif letter == "?":
            translated += r"[^/]"
        elif letter == "[" and closing > 0:
            inside = pattern[at + 1 : closing].replace("\\", r"\\")
            translated += f"[{'^' + inside[1:] if inside[0] in '!^' else inside}]"
            at = closing
        else:
            translated += re.escape(letter)
        at += 1
    return from_glob(translated)
