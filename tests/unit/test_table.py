"""How rows are laid out for a reader."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from twinlock_cli.table import lines

HEADINGS = ("control", "subject")
ROWS = [("branch-ruleset", "acme/payments:ruleset/default-branch"), ("role-trust", "arn:aws:iam::1:role/release")]


def test_columns_where_they_fit() -> None:
    """Cells stand under their headings, without trailing blanks."""
    assert list(lines(HEADINGS, ROWS, None)) == [
        "control          subject",
        "─────────────────────────────────────────────────────",
        "branch-ruleset   acme/payments:ruleset/default-branch",
        "role-trust       arn:aws:iam::1:role/release",
    ]


def test_the_last_column_wraps_between_words() -> None:
    """A long sentence goes on beneath itself, and nothing of it is lost."""
    sentence = "approvals is 0, must be 2; code_owner_review is off, must be on; last_push_approval is off, must be on"
    assert list(lines(("control", "finding"), [("branch-ruleset", sentence)], 70)) == [
        "control          finding",
        "──────────────────────────────────────────────────────────────────────",
        "branch-ruleset   approvals is 0, must be 2; code_owner_review is off,",
        "                 must be on; last_push_approval is off, must be on",
    ]


def test_records_where_columns_do_not_fit() -> None:
    """In a narrow terminal each row stands by itself, its cells whole."""
    assert list(lines(HEADINGS, ROWS, 48)) == [
        "control   branch-ruleset",
        "subject   acme/payments:ruleset/default-branch",
        "",
        "control   role-trust",
        "subject   arn:aws:iam::1:role/release",
    ]


def test_no_rows_are_a_heading() -> None:
    """An empty table says what would stand in it."""
    assert list(lines(HEADINGS, [], None)) == ["control   subject", "─────────────────"]


WORDS = st.text(alphabet="abc:/-", min_size=1, max_size=60)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=5), st.integers(1, 200))
def test_no_word_is_ever_cut(rows: list[tuple[str, str]], width: int) -> None:
    """Every cell stands whole on one line, however narrow the terminal."""
    shown = list(lines(HEADINGS, rows, width))
    for row in rows:
        for cell in row:
            assert any(cell in line for line in shown)
