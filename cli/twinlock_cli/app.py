"""The application: its commands, its global options, and the one place that turns errors into exit codes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from twinlock.errors import TwinlockError
from twinlock_cli import audit, check, demo, init, new, provision, reconcile, scaffold, schema, world

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE = 2
INTERRUPTED = 130

app = typer.Typer(
    name="twinlock",
    help="Build a delivery platform in which no one person can write, approve, test and release a change alone.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - Typer's callback signature
    if wanted:
        from importlib.metadata import version

        typer.echo(f"twinlock {version('twinlock')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Option("-C", "--directory", metavar="DIR", help="The platform directory.", show_default="here")
    ] = Path(),
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Keep the platform directory for the command that follows."""
    context.obj = directory


app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("new")(new.new)
app.command("check")(check.check)
app.command("schema")(schema.schema)
app.command("scaffold")(scaffold.scaffold)
app.command("preview")(provision.preview)
app.command("up")(provision.up)
app.command("destroy")(provision.destroy)
app.command("audit")(audit.audit)
app.command("reconcile")(reconcile.reconcile)
app.add_typer(world.app, name="world")


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code.

    0 clean, 1 findings or differences, 2 usage or bad input, 3 could not complete, 130 interrupted.
    """
    try:
        code = app(args=list(arguments), prog_name="twinlock", standalone_mode=False)
    except typer.Abort:
        return INTERRUPTED
    except TyperException as error:
        _show_usage(error)
        return USAGE
    except TwinlockError as error:
        typer.echo(f"error: {error.what}\n{_indented('why', error.why)}\n{_indented('mend', error.mend)}", err=True)
        return error.exit_code
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough; point stdout elsewhere, so that Python's flush at exit is quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0


def _show_usage(error: TyperException) -> None:
    # Usage errors show themselves, with the command's usage line; others are a sentence.
    show = getattr(error, "show", None)
    if show is None:
        typer.echo(f"error: {error}", err=True)
    else:
        show(sys.stderr)


def _indented(label: str, text: str) -> str:
    first, *rest = text.splitlines() or [""]
    return "\n".join([f"{label + ':':>6} {first}", *(f"       {line}" for line in rest)])
