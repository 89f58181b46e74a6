"""CODEOWNERS: who owns which files, read as GitHub reads it.

Source: GitHub's documentation, "About code owners". The first file found in `.github/`, the root, `docs/` counts, of
the branch that is merged into. The last line that matches a file decides, also one without owners. A line that is not
valid is skipped. An owner who is unknown or lacks write access owns nothing, while their line still decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from twinlock_world.policy.facts import OwnerGroup
from twinlock_world.policy.regex import from_glob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from twinlock_world.policy.regex import Regex

LOCATIONS: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
LARGEST: Final = 3 * 1024 * 1024
"""A larger file is not loaded, and owns nothing."""

_OWNER: Final = re.compile(r"@[A-Za-z0-9_][A-Za-z0-9_-]*(?:/[A-Za-z0-9_.-]+)?|[^@\s]+@[^@\s]+")
_WORD: Final = re.compile(r"(?:\\.|[^\s\\])+")


@dataclass(frozen=True, slots=True)
class Line:
    """One valid line: a pattern, and the owners of what it matches, as written."""

    number: int
    pattern: str
    owners: tuple[str, ...]
    source: str

    def matches(self, path: str) -> bool:
        """Tell whether a file is meant."""
        regex = _compiled(self.pattern)
        return regex is not None and regex.fullmatch(path) is not None


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a line: its pattern or an owner's spelling, and it is skipped; or an owner owns nothing."""

    number: int
    column: int
    kind: str
    source: str
    suggestion: str | None = None


def parse(text: str) -> tuple[tuple[Line, ...], tuple[Mistake, ...]]:
    """Return the valid lines of a CODEOWNERS file, and those that are skipped."""
    lines, mistakes = list[Line](), list[Mistake]()
    for number, source in enumerate(text.splitlines(), 1):
        words = _words(source)
        if not words:
            continue
        pattern, *owners = words
        wrong = next((owner for owner in owners if not _OWNER.fullmatch(owner)), None)
        if _is_unsupported(pattern):
            better = f"Did you mean {pattern.replace('***', '**')}?" if "***" in pattern else None
            mistakes.append(Mistake(number, 1, "Invalid pattern", source, better))
        elif wrong is not None:
            mistakes.append(Mistake(number, source.find(wrong) + 1, "Invalid owner", source))
        else:
            lines.append(Line(number, pattern, tuple(owners), source))
    return tuple(lines), tuple(mistakes)


def line_for(lines: Sequence[Line], path: str) -> Line | None:
    """Return the line that decides about a file."""
    return next((line for line in reversed(lines) if line.matches(path)), None)


def owner_groups(
    lines: Sequence[Line], files: Iterable[str], people: Callable[[str], frozenset[int] | None]
) -> tuple[OwnerGroup, ...]:
    """Return who must approve a change of files: of each group one.

    `people` tells who stands behind an owner as written (one person, a team's members), and nothing of an owner who
    is unknown or lacks write access.
    """
    deciding = {line.number: line for path in files if (line := line_for(lines, path)) is not None}
    groups = []
    for line in (deciding[number] for number in sorted(deciding)):
        known = {owner: found for owner in line.owners if (found := people(owner)) is not None}
        if known:
            names = tuple(owner.removeprefix("@") for owner in known)
            groups.append(OwnerGroup(names, frozenset().union(*known.values())))
    return tuple(dict.fromkeys(groups))


def unknown_owners(lines: Iterable[Line], people: Callable[[str], frozenset[int] | None]) -> tuple[Mistake, ...]:
    """Return the owners who own nothing, with what would mend it."""
    return tuple(
        Mistake(line.number, line.source.find(owner) + 1, "Unknown owner", line.source, _mend(owner))
        for line in lines
        for owner in line.owners
        if people(owner) is None
    )


def _mend(owner: str) -> str:
    if "/" in owner:
        return f"make sure the team {owner} exists, is publicly visible, and has write access to the repository"
    return f"make sure {owner} exists and has write access to the repository"


def _words(source: str) -> list[str]:
    words: list[str] = _WORD.findall(source)
    at = next((index for index, word in enumerate(words) if word.startswith("#")), len(words))
    return words[:at]


def _is_unsupported(pattern: str) -> bool:
    """Negation, character ranges and an escaped `#` are not supported, as the documentation says."""
    return pattern.startswith(("!", r"\#")) or "[" in pattern or "]" in pattern or "***" in pattern


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Regex | None:
    r"""Return a pattern of .gitignore as a regular expression for whole paths.

    Without a slash but at its end it matches at any depth; a directory's name means all below; but `docs/*` means the
    files of `docs` alone, unlike in .gitignore.
    """
    anchored = "/" in pattern.rstrip("/")
    segments = [segment for segment in pattern.split("/") if segment]
    if not segments:
        return from_glob(".*") if pattern else None
    found = "" if anchored else r"(?:[^/]+/)*"
    for segment in segments[:-1]:
        found += r"(?:[^/]+/)*" if segment == "**" else f"{_segment(segment)}/"
    last = segments[-1]
    if last == "**":
        return from_glob(f"{found}.*")
    found += _segment(last)
    if pattern.endswith("/"):
        return from_glob(f"{found}/.*")
    return from_glob(found if last == "*" else f"{found}(?:/.*)?")


def _segment(segment: str) -> str:
    pieces = re.findall(r"\\.|\*+|\?|[^*?\\]+|\\", segment)
    return "".join(_piece(piece) for piece in pieces)


def _piece(piece: str) -> str:
    if piece.startswith("*"):
        return r"[^/]*"
    if piece == "?":
        return r"[^/]"
    return re.escape(piece[1:] if piece.startswith("\\") and len(piece) > 1 else piece)
