"""`twinlock world`: the local GitHub and AWS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twinlock_cli.render import Format, FormatOption, say, show, show_json, show_table

if TYPE_CHECKING:
    from twinlock.provider.world_file import WorldFile
    from twinlock_cli.compose import Platform

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
) -> None:
    """Start the world with everybody the manifest declares; without --detach, until Ctrl-C."""
    from twinlock_cli import compose, world_place, world_process

    platform = compose.load(context.obj)
    where = world_place.place(platform.root, state)
    if detach:
        _announce(world_process.start(where, platform.estate, port), platform)
        return

    def announce(known: WorldFile) -> None:
        _announce(known, platform)
        say("Ctrl-C stops it.")

    world_process.serve(where, platform.estate, port, announce)
    say("The world is down.")


def _announce(known: WorldFile, platform: Platform) -> None:
    from twinlock_cli import world_requests

    show(f"GitHub {known.github_url}\nAWS    {known.aws_url}")
    report = world_requests.ask(known, "GET", "/_world/status", estate=platform.estate)
    if report["aws"]["empty_since_start"]:
        say("AWS is empty: it lives in memory. `twinlock up` rebuilds it.")


@app.command("status")
def status(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002 - the option's name
    """Say what the world holds, what it was asked and could not answer, and what it does not enforce yet."""
    from twinlock.provider import world_file
    from twinlock_cli import compose, world_requests

    platform = compose.load(context.obj)
    known = world_file.read(platform.root)
    report = world_requests.ask(known, "GET", "/_world/status", estate=platform.estate)
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
    """Forget everything the world holds and the engines know of it, and start it anew if it ran."""
    from twinlock_cli import compose, consent, forgetting, observing, world_place, world_process

    platform = compose.load(context.obj)
    where = world_place.place(platform.root, state)
    world_place.require_own(where)
    known = "".join(f", and the state of its stacks in {path}" for path in forgetting.places(platform))
    consent.ask(f"Forget everything in {where.state}{known}?", yes=yes)
    observing.lock(platform.root, platform.estate).begin_anew()
    ran = world_process.stop(where)
    for forgotten in forgetting.forget(platform):
        say(f"forgot {forgotten}")
    world_place.forget(where)
    if ran:
        started = world_process.start(where, platform.estate)
        show(f"GitHub {started.github_url}\nAWS    {started.aws_url}")
    say("The world is empty.")


@app.command("down")
def down(context: typer.Context, state: StateOption = None) -> None:
    """Stop the world; what GitHub and git hold stays for the next `world up`."""
    from twinlock_cli import compose, world_place, world_process

    platform = compose.load(context.obj)
    stopped = world_process.stop(world_place.place(platform.root, state))
    say("The world is down." if stopped else "No world was running.")
