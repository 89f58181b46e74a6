"""Errors have three lines and an exit code."""

from __future__ import annotations

import pytest

from twinlock.errors import BadInput, Incomplete, TwinlockError


@pytest.mark.parametrize(("kind", "code"), [(TwinlockError, 2), (BadInput, 2), (Incomplete, 3)])
def test_an_error_says_what_why_and_how_to_mend_it(kind: type[TwinlockError], code: int) -> None:
    """Each part is kept for whoever shows it; the exit code follows from the kind."""
    error = kind("It was not done.", "It was refused.", "Allow it.")
    assert (error.what, error.why, error.mend, error.exit_code) == (
        "It was not done.",
        "It was refused.",
        "Allow it.",
        code,
    )
    assert str(error) == "It was not done.\nIt was refused.\nAllow it."


def test_kinds_are_told_apart() -> None:
    """What could not be completed is no bad input, and the reverse; one handler catches both."""
    assert not issubclass(Incomplete, BadInput)
    assert not issubclass(BadInput, Incomplete)
    assert issubclass(BadInput, TwinlockError)
    assert issubclass(Incomplete, TwinlockError)
