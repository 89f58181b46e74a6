"""The errors that twinlock shows to a person.

Every error says in one line each what happened, why, and how to mend it. `twinlock_cli.app.main` is the one
place that catches them and turns them into an exit code; nothing below it prints.
"""

from __future__ import annotations

from typing import ClassVar


class TwinlockError(Exception):
    """Something a person can mend.

    Attributes:
        what: One line: what could not be done.
        why: One line: the reason.
        mend: One line: what to do about it, a command where there is one.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, why: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.mend = mend

    def __str__(self) -> str:
        """Return the three lines as a person reads them."""
        return f"{self.what}\n{self.why}\n{self.mend}"


class BadInput(TwinlockError):  # noqa: N818 - the noun users meet; an `Error` suffix adds nothing here
    """The user's files or arguments are wrong (exit 2)."""

    exit_code: ClassVar[int] = 2


class Incomplete(TwinlockError):  # noqa: N818 - as above
    """The work could not be completed: unreachable, refused, partial or interrupted (exit 3)."""

    exit_code: ClassVar[int] = 3
