"""`twinlock world`: the local GitHub and AWS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twinlock_cli.render import Format, FormatOption, say, show, show_json, show_table

app = typer.Typer(help="The local GitHub and AWS, on loopback.", no_args_is_help=True, rich_markup_mode=None)

StateOption = Annotated[
    Path | None, typer.Option("--state", metavar="DIR", help="Where the world keeps its state.", show_default=False)
]


@app.command("up")
def up(
    context: typer.Context,
    detach: Annotated[bool, typer.Option("--detach", help="Return once it answers, and leave it running.")] = False,
    state: StateOption = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port for GitHub; 0 takes a free one.")] = 0,
) -> int:
    """Start the world with everybody the manifest declares; without --detach, until Ctrl-C."""
    from twinlock_cli import compose, world_process

    platform = compose.load(context.obj)
    where = world_process.place(platform.root, state)
    if not detach:
        return world_process.serve(where, platform.estate, port)
    known = world_process.start(where, platform.estate, port)
    report = world_process.ask(known, "GET", "/_world/status", estate=platform.estate)
    show(f"GitHub {known.github_url}")
    show(f"AWS    {known.aws_url}")
    if report["aws"]["empty_since_start"]:
        say("AWS is empty: it lives in memory. `twinlock up` rebuilds it.")
    return 0


@app.command("status")
def status(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002 - the option's name
    """Say what the world holds, what it was asked and could not answer, and what it does not enforce yet."""
    from twinlock.provider import world_file
    from twinlock_cli import compose, world_process

    platform = compose.load(context.obj)
    known = world_file.read(platform.root)
    report = world_process.ask(known, "GET", "/_world/status", estate=platform.estate)
    if format is Format.JSON:
        show_json(report)
        return
    show(f"GitHub {known.github_url}\nAWS    {known.aws_url}\nprocess {known.pid}\n")
    show_table(
        ("holds", "how many"), [(name, str(count)) for name, count in sorted(report["github"]["records"].items())]
    )
    if unknown := report["github"]["unknown_routes"]:
        show_table(("unknown route", "asked"), [(route, str(count)) for route, count in sorted(unknown.items())])
    show("\nKept, but not enforced:")
    for line in report["not_enforced"]:
        show(f"  {line}")


@app.command("reset")
def reset(
    context: typer.Context,
    state: StateOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget everything the world holds, and start it anew if it ran."""
    from twinlock_cli import compose, consent, world_process

    platform = compose.load(context.obj)
    where = world_process.place(platform.root, state)
    consent.ask(f"Forget everything in {where.state}?", yes=yes)
    ran = world_process.stop(where, platform.estate)
    world_process.forget(where)
    if ran:
        known = world_process.start(where, platform.estate)
        show(f"GitHub {known.github_url}\nAWS    {known.aws_url}")
    say("The world is empty.")


@app.command("down")
def down(context: typer.Context, state: StateOption = None) -> None:
    """Stop the world; what GitHub and git hold stays for the next `world up`."""
    from twinlock_cli import compose, world_process

    platform = compose.load(context.obj)
    stopped = world_process.stop(world_process.place(platform.root, state), platform.estate)
    say("The world is down." if stopped else "No world was running.")
