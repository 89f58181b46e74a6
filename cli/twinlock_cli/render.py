"""Show results: tables for people, JSON for machines; results on stdout, progress on stderr."""

from __future__ import annotations

import enum
import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from twinlock_cli import table

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
    """Show rows under headings."""
    for line in table.lines(headings, list(rows), _width()):
        show(line)


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def _width() -> int | None:
    """Return the terminal's width; None where a file or a program reads."""
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else None
