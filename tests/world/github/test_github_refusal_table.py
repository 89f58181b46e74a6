"""`docs/world-refusals.md`: no refusal without a test, none without a test of what is let through."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parents[3] / "docs"
LINK: Final = re.compile(r"\[test\]\(\.\./(tests/[\w/]+\.py) \"(test_\w+)\"\)")
REFUSALS: Final = 35


def test_each_row_names_two_tests_that_exist() -> None:
    """One that shows the refusal, one that shows its positive control."""
    text = (DOCS / "world-refusals.md").read_text()
    rows = [row.split(" | ") for row in re.findall(r"^\| (?!refusal)(.*) \|$", text, re.MULTILINE)]
    assert len(rows) == REFUSALS
    for what, answer, *cells in rows:
        assert answer, what
        assert len(cells) == 2, what
        for cell in cells:
            link = LINK.fullmatch(cell)
            assert link is not None, (what, cell)
            assert f"\ndef {link[2]}(" in (DOCS.parent / link[1]).read_text(), (what, link[2])


def test_the_page_is_found() -> None:
    """From the world's page and from the index."""
    for page in ("world.md", "index.md"):
        assert "](world-refusals.md)" in (DOCS / page).read_text(), page
