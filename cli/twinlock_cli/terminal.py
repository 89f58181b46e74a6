"""Ask a person, where there is one: questions go to standard error, so that standard output holds results alone."""

from __future__ import annotations

import sys

import typer


def is_there() -> bool:
    """Tell whether somebody can be asked, and see the question."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str) -> str:
    """Return the answer, without the spaces around it.

    Raises:
        typer.Abort: The input has ended.
    """
    typer.echo(f"{question}: ", nl=False, err=True)
    line = sys.stdin.readline()
    if not line:
        typer.echo(err=True)
        raise typer.Abort
    return line.strip()
