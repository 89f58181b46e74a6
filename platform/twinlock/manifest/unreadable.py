"""Why a file cannot be read any further as YAML, whichever parser met it."""

from __future__ import annotations

from twinlock.manifest.mistake import shown

DEEPEST = 20
"""A value at the top is the first level; nothing in the manifest needs half as many."""
MOST = 100_000
"""Keys and values of one file; a roster of 5,000 people has 65,000."""

_KNOWN = {
    "but found another document": ("There is a second document.", "Keep one document in the file."),
    "found character '\\t' that cannot start any token": ("There is a tab.", "Indent with spaces."),
}


class UnreadableError(Exception):
    """The file cannot be read any further; its arguments are the message and the mend."""

    def __init__(self, line: int, column: int, message: str, mend: str, value: str = "") -> None:
        super().__init__(message, mend)
        self.line = line
        self.column = column
        self.value = value


def not_yaml(line: int, column: int, problem: str = "") -> UnreadableError:
    """Return the refusal of a text that is no YAML, with what a parser says of it."""
    problem = " ".join(problem.split())
    told = f": {shown(problem)}" if problem else ""
    return UnreadableError(
        line, column, *_KNOWN.get(problem, (f"The file is not YAML here{told}.", "Correct the YAML there."))
    )


def too_deep(line: int, column: int) -> UnreadableError:
    """Return the refusal of a value that is nested too deeply."""
    mend = "Write it flat, as the examples of `twinlock init` are."
    return UnreadableError(line, column, f"Values are nested more than {DEEPEST} deep.", mend)


def too_many(line: int, column: int) -> UnreadableError:
    """Return the refusal of the first value too many."""
    return UnreadableError(
        line, column, f"The file has more than {MOST:,} keys and values.", "Take out what is no manifest."
    )
