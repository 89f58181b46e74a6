"""Lay out rows for a reader: columns where they fit, one record after another where they do not.

A subject must be copyable from the screen and found by grep, so no cell is ever cut or broken inside a word; only the
last column wraps. That is what general table printers do not promise.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GAP = "   "
NARROWEST = 40
"""The last column wraps, but not to less than this."""


def lines(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> Iterator[str]:
    """Yield the lines of a table.

    Args:
        headings: One per column.
        rows: Cells, as many as headings.
        width: Columns of the terminal; None where lines may be of any length.
    """
    widths = [max(len(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
    before = sum(widths[:-1]) + len(GAP) * (len(widths) - 1)
    last = widths[-1] if width is None else min(widths[-1], width - before)
    if last < min(widths[-1], NARROWEST):
        yield from _records(headings, rows, width or 0)
        return
    yield from _wrapped(headings, widths, last)
    yield "─" * (before + last)
    for row in rows:
        yield from _wrapped(row, widths, last)


def _wrapped(cells: Sequence[str], widths: Sequence[int], last: int) -> Iterator[str]:
    *first, end = cells
    start = "".join(f"{cell:<{width}}{GAP}" for cell, width in zip(first, widths, strict=False))
    for number, part in enumerate(_parts(end, last)):
        yield f"{start if not number else ' ' * len(start)}{part}".rstrip()


def _records(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    label = max(len(heading) for heading in headings)
    for number, row in enumerate(rows):
        if number:
            yield ""
        for heading, cell in zip(headings, row, strict=True):
            yield from _wrapped((heading, cell), [label], max(width - label - len(GAP), 1))


def _parts(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
