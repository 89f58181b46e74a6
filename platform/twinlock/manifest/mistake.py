"""A mistake in the user's files: where it stands, what is wrong there, and what would be right.

Every part of `manifest` reports mistakes as data, so that one run can show all of them.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 60
_FURTHEST = 2
_CANDIDATES = 200
_CREDENTIALS = re.compile(r"PRIVATE KEY|//[^/\s]*@")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake.

    Attributes:
        file: Path within the platform directory, with forward slashes.
        line: Line of the offending value, from 1.
        column: Its column, from 1.
        key: The key it belongs to (`teams.audit.duty`); empty for the file as a whole.
        value: The offending value as it was written, shortened; empty where something is missing.
        message: One sentence: what is wrong.
        mend: One sentence: what would be right.
    """

    file: str
    line: int
    column: int
    key: str
    value: str
    message: str
    mend: str

    def __str__(self) -> str:
        """Return `file:line:column: message mend`."""
        return f"{self.file}:{self.line}:{self.column}: {self.message} {self.mend}"


class InvalidManifest(BadInput):
    """The manifest has mistakes, all of which it holds.

    Attributes:
        mistakes: Every mistake of every file, sorted by file and line.
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes), key=lambda m: (m.file, m.line, m.column, m.key, m.message, m.mend)))
        count = len(self.mistakes)
        super().__init__(
            f"The manifest has {count} mistake{'' if count == 1 else 's'}.",
            "\n".join(map(str, self.mistakes)),
            "Mend what is listed, then run `twinlock check`.",
        )


def shown(text: str) -> str:
    """Return a value as a message may show it: on one line, printable, short, and never a credential."""
    if _CREDENTIALS.search(text):
        return "(not shown: it holds a credential)"
    line = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a question that names the known word nearest to one, or None where none is near.

    Only words of about the same length are compared, and not too many: rosters are long.
    """
    near = [other for other in known if abs(len(other) - len(word)) <= _FURTHEST][:_CANDIDATES]
    found = difflib.get_close_matches(word.casefold(), near, n=1)
    return f"Did you mean `{shown(found[0])}`?" if found else None


def listed(words: Iterable[str]) -> str:
    """Return words as a sentence lists them: `a`, `a and b`, `a, b and c`."""
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last
