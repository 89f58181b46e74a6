"""`twinlock windows`: when controls were off, and who has examined what happened meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from twinlock_cli.render import Format, FormatOption, counted, show, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock.ledger.windows import Window

app = typer.Typer(
    help="When controls were off, and who has examined what happened meanwhile.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@app.callback()
def windows(context: typer.Context) -> None:
    """List the windows, where nothing else is asked."""
    if context.invoked_subcommand is None:
        list_windows(context)


@app.command("list")
def list_windows(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002 - the option's name
    """List every window that the journal tells of."""
    from twinlock.ledger.windows import windows as told
    from twinlock_cli import compose

    found = told(compose.journal(compose.load(context.obj)).entries())
    if format is Format.JSON:
        show_json([window.as_json() for window in found])
        return
    show_windows(found)
    unexamined = sum(window.examined is None for window in found)
    show(f"{counted(len(found), 'window')}, {unexamined} not examined")


@app.command("examine")
def examine(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The window's number.")],
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="Who has examined it, as in roster.yaml.")],
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What they looked at, and what they found.")],
) -> None:
    """Write into the journal that a person has examined what happened while a control was off."""
    from twinlock.ledger.windows import examination
    from twinlock_cli import compose

    platform = compose.load(context.obj)
    journal = compose.journal(platform, by_hand=True)
    record = examination(journal.entries(), number, by=by, note=note, people=platform.estate.declaration.people)
    journal.append([record])
    show(f"Window {number} was examined by {by}: {record.subject}")


def show_windows(found: Iterable[Window]) -> None:
    """Show windows to a person."""
    rows = [
        (
            str(window.id),
            window.control,
            window.subject,
            f"{window.last_clean or 'unknown'} .. {window.closed or 'still'}",
            window.found,
            "" if window.examined is None else f"{window.examined.by}: {window.examined.note}",
        )
        for window in found
    ]
    if rows:
        show_table(("window", "control", "subject", "was off", "found", "examined"), rows)
