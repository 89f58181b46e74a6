"""The application: its commands, its global options, and the one place that turns errors into exit codes."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from twinlock.errors import Incomplete, TwinlockError
from twinlock_cli import (
    adopt,
    audit,
    check,
    demo,
    drift,
    engine,
    init,
    integration,
    lazy_group,
    new,
    provision,
    reconcile,
    scaffold,
    schema,
    state,
    windows,
    world,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE = 2
INTERRUPTED = 130
_COMMAND = re.compile(r"`twinlock (?!-C |init )")
"""A command in a text that does not name a directory yet."""

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
    """Keep the platform directory for the command that follows, and for what is told if it fails."""
    if isinstance(context.obj, list):
        context.obj.append(directory)
    context.obj = directory


app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("adopt")(adopt.adopt)
app.command("new")(new.new)
app.command("check")(check.check)
app.command("schema")(schema.schema)
app.command("scaffold")(scaffold.scaffold)
app.command("preview")(provision.preview)
app.command("up")(provision.up)
app.command("destroy")(provision.destroy)
app.command("drift")(drift.drift)
app.command("audit")(audit.audit)
app.command("reconcile")(reconcile.reconcile)
app.add_typer(integration.app, name="integration")
app.add_typer(windows.app, name="windows")
app.add_typer(world.app, name="world")
app.add_typer(engine.app, name="engine")
app.add_typer(state.app, name="state")


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code.

    0 clean, 1 findings or differences, 2 usage or bad input, 3 could not complete, 130 interrupted.
    """
    directories: list[Path] = []
    try:
        code = lazy_group.group(app)(args=list(arguments), prog_name="twinlock", standalone_mode=False, obj=directories)
    except typer.Abort:
        code = INTERRUPTED
    except TyperException as error:
        _show_usage(error)
        return USAGE
    except SystemExit:
        # Whoever read the result has had enough: Typer ends with 1 then, which would tell of findings.
        return Incomplete.exit_code
    except TwinlockError as error:
        return _failed(error, directories)
    except OSError as error:
        return _failed(_refused_by_system(error), directories)
    if code == INTERRUPTED:  # what Typer makes of Ctrl-C
        typer.echo("interrupted", err=True)
    return code if isinstance(code, int) else 0


def _show_usage(error: TyperException) -> None:
    # Usage errors show themselves, with the command's usage line; others are a sentence.
    show = getattr(error, "show", None)
    if show is None:
        typer.echo(f"error: {error}", err=True)
    else:
        show(sys.stderr)


def _failed(error: TwinlockError, directories: Sequence[Path]) -> int:
    mend = _as_typed_here(error.mend, directories[0]) if directories else error.mend
    # Where nobody can be told, the exit code still tells.
    with contextlib.suppress(OSError):
        typer.echo(f"error: {error.what}\n{_indented('why', error.why)}\n{_indented('mend', mend)}", err=True)
    return error.exit_code


def _refused_by_system(error: OSError) -> Incomplete:
    """Say what the system refused where no command could say it better: a full disk behind stdout, a lost directory."""
    where = "" if error.filename is None else f" of {os.fsdecode(error.filename)}"
    return Incomplete(
        "The command was not completed.",
        f"The system says{where}: {error.strerror or error}.",
        "Mend that, then run the same command again.",
    )


def _as_typed_here(text: str, directory: Path) -> str:
    """Return a text whose commands name the platform directory, as they must be typed where this one was."""
    if directory == Path():
        return text
    return _COMMAND.sub(lambda _: f"`twinlock -C {shlex.quote(str(directory))} ", text)


def _indented(label: str, text: str) -> str:
    first, *rest = text.splitlines() or [""]
    return "\n".join([f"{label + ':':>6} {first}", *(f"       {line}" for line in rest)])
