"""Which rule of CODEOWNERS decides about a path.

Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners.
Patterns are gitignore's with these differences: no negation, no character ranges, no escaped `#`; `docs/*` reaches
files directly in `docs` only. The last match wins, also when it names no owner.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twinlock.model.code_owners import CodeOwners, OwnerRule


def owners_of(code_owners: CodeOwners, path: str) -> tuple[str, ...]:
    """Return the owners of a path (`src/app.py`, without a leading slash); empty where nobody owns it."""
    rule = deciding_rule(code_owners, path)
    return () if rule is None else rule.owners


def deciding_rule(code_owners: CodeOwners, path: str) -> OwnerRule | None:
    """Return the rule that decides about a path, or None where none matches."""
    return next((rule for rule in reversed(code_owners.rules) if matches(rule.pattern, path)), None)


def matches(pattern: str, path: str) -> bool:
    """Return whether a pattern covers a path; a pattern that GitHub refuses covers none."""
    return is_valid(pattern) and _compiled(pattern).fullmatch(path) is not None


def is_valid(pattern: str) -> bool:
    """Return whether GitHub accepts a pattern; it skips the line of any other."""
    return (
        bool(pattern.strip("/")) and not pattern.startswith(("!", "\\#")) and not re.search(r"[\[\]]|\*\*\*", pattern)
    )


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Turn a pattern into an expression over whole paths.

    A pattern with a slash before its end is anchored at the root; any other matches at every depth. One that names a
    directory covers all beneath it.
    """
    inner = pattern.rstrip("/")
    anchored = "/" in inner
    segments = inner.lstrip("/").split("/")
    if not anchored:
        segments.insert(0, "**")
    directory_only = pattern.endswith("/")
    expression = ""
    for index, segment in enumerate(segments):
        last = index == len(segments) - 1
        if segment == "**":
            expression += ".+" if last else "(?:.+/)?"
        else:
            expression += _segment(segment) + ("" if last else "/")
    if directory_only:
        expression += "/.+"
    elif segments[-1] not in {"*", "**"}:
        expression += "(?:/.+)?"
    return re.compile(expression, re.DOTALL)


def _segment(segment: str) -> str:
    if segment == "*":
        return "[^/]+"
    words = {"*": "[^/]*", "?": "[^/]"}
    return "".join(words.get(part, re.escape(part)) for part in re.split(r"([*?])", re.sub(r"\\(.)", r"\1", segment)))
