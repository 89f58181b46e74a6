"""Ask before something is changed; where nobody can be asked, `--yes` must have been given."""

from __future__ import annotations

import typer

from twinlock.errors import BadInput
from twinlock_cli import terminal
from twinlock_cli.render import say


def ask(question: str, *, yes: bool) -> None:
    """Return if the answer is yes.

    Raises:
        BadInput: There is no terminal to ask on, and `--yes` was not given.
        typer.Abort: The answer is another one.
    """
    if yes:
        return
    if not terminal.is_there():
        raise BadInput(
            "Nothing was changed.", "There is no terminal to ask for consent.", "Give it beforehand: add `--yes`."
        )
    if terminal.ask(f"{question} [y/N]").lower() not in {"y", "yes"}:
        say("Nothing was changed.")
        raise typer.Abort
