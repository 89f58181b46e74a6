"""Patterns of files, as push rules and required reviewers write them.

GitHub calls the syntax fnmatch: `*` and `?` stay within one directory, `**` spans any number of them. At the end of a
pattern GitHub's Ruby would let `**` span one only, while GitHub's schema has also called it the syntax of `.gitignore`,
where it spans all; the wider reading is taken (unconfirmed). A pattern that begins with `!` takes files out again.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from twinlock_world.policy.regex import from_glob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.policy.regex import Regex


def any_matches(patterns: Sequence[str], path: str) -> bool:
    """Tell whether a file is meant: the last pattern that speaks of it decides."""
    meant = False
    for pattern in patterns:
        regex = _compiled(pattern.removeprefix("!"))
        if regex is not None and regex.fullmatch(path) is not None:
            meant = not pattern.startswith("!")
    return meant


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Regex | None:
    found, at = "", 0
    pattern = pattern.lstrip("/")
    while at < len(pattern):
        if pattern.startswith("**/", at):
            found, at = found + r"(?:[^/]+/)*", at + 3
        elif pattern.startswith("**", at):
            found, at = found + r".*", at + 2
        else:
            found, at = found + {"*": r"[^/]*", "?": r"[^/]"}.get(pattern[at], re.escape(pattern[at])), at + 1
    return from_glob(found)
