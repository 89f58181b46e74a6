"""Show results: tables for people, JSON for machines; results on stdout, progress on stderr."""

from __future__ import annotations

import enum
import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Format(enum.Enum):
    """How results are shown."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="Show a table, or JSON for machines.")]


def say(text: str) -> None:
    """Show a line of progress."""
    typer.echo(text, err=True)


def show(text: str) -> None:
    """Show a line of the result."""
    typer.echo(text)


def show_json(document: object) -> None:
    """Show a result for machines: stable order, one document."""
    typer.echo(json.dumps(document, indent=2, sort_keys=True))


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Show rows under headings, whole words only: a subject must be copyable from the screen and found by grep."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, emoji=False, markup=False, width=_width())
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading != headings[-1])
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def _width() -> int:
    """Return the terminal's width; wide enough for any subject where there is no terminal."""
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 200
