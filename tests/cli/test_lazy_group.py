"""Commands are made when they are asked for, and are what Typer makes of them."""

from __future__ import annotations

import inspect

import pytest
import typer
from typer.exceptions import TyperException

from twinlock_cli.lazy_group import group

APP = typer.Typer(add_completion=False, rich_markup_mode=None)
BELOW = typer.Typer(help="More.", rich_markup_mode=None)
APP.add_typer(BELOW, name="below")


@APP.callback()
def _options() -> None:
    """Do things."""


@APP.command("whole")
def _whole(count: int = 1) -> int:
    """Count."""
    return count + 1


@APP.command("broken")
def _broken(value: str) -> None:
    """Fail when it is made."""


_broken.__annotations__["value"] = "no_such_name"


@BELOW.command("deep")
def _deep() -> int:
    return 7


def called(*words: str) -> object:
    """Run the application and return what its command does."""
    return group(APP)(args=list(words), prog_name="app", standalone_mode=False)


def test_a_command_that_nobody_asks_for_is_not_made() -> None:
    """A command runs although another one cannot even be made; asked for, that one fails."""
    assert (called("whole", "--count", "2"), called("below", "deep")) == (3, 7)
    with pytest.raises(NameError, match="no_such_name"):
        called("broken", "x")


def test_all_names_are_known_before_a_command_is_made() -> None:
    """In Typer's order: commands, then groups; the name of none is refused with the nearest one."""
    commands = group(APP).commands
    assert (list(commands), len(commands), "broken" in commands, commands.get("none")) == (
        ["whole", "broken", "below"],
        3,
        True,
        None,
    )
    with pytest.raises(TyperException, match=r"^No such command 'whol'\. Did you mean 'whole'\?$"):
        called("whol")


def test_a_command_is_made_once() -> None:
    """Whoever asks twice is given the same command, with the help of its function."""
    commands = group(APP).commands
    assert commands["whole"] is commands["whole"]
    assert commands["whole"].help == inspect.getdoc(_whole)
