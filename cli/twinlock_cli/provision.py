"""`twinlock preview`, `up` and `destroy`: through an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from twinlock_cli.engines import EngineOption, Kind
from twinlock_cli.render import Format, FormatOption, say, show, show_json

if TYPE_CHECKING:
    from twinlock.engine.result import Change
    from twinlock.provision import Provisioned

ServicesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[SERVICE]...", help="Only these services (and the organization).")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
VerboseOption = Annotated[bool, typer.Option("-v", "--verbose", help="Show unchanged resources too.")]

_MARKS = {"create": "+", "update": "~", "replace": "±", "delete": "-", "same": " "}


def preview(
    context: typer.Context,
    services: ServicesArgument = None,
    engine: EngineOption = Kind.EMBEDDED,
    verbose: VerboseOption = False,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> int:
    """Show what `up` would do, and why; exit 1 if it would do anything."""
    from twinlock import provision
    from twinlock_cli import compose, platform_directory

    platform = compose.load(context.obj)
    platform_directory.require(platform, services or [])
    running = compose.world(platform)
    done = provision.preview(
        platform.estate,
        compose.engine(platform, engine),
        compose.stacks(platform, running),
        groups=services or (),
        listener=_progress(verbose=verbose, quiet=format is Format.JSON),
    )
    _report(done, format, verb="would change")
    return 1 if done.changed else 0


def up(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: typer.Context,
    services: ServicesArgument = None,
    yes: YesOption = False,
    engine: EngineOption = Kind.EMBEDDED,
    verbose: VerboseOption = False,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> None:
    """Make GitHub and AWS what the manifest says; says what changed and why."""
    from twinlock_cli import compose, consent, pipelines, platform_directory

    platform = compose.load(context.obj)
    platform_directory.require(platform, services or [])
    pipelines.verify(platform)
    running = compose.world(platform)
    consent.ask(f"Provision {platform.estate.organization.login}?", yes=yes)
    done = compose.up(
        platform,
        running,
        engine,
        groups=services or (),
        listener=_progress(verbose=verbose, quiet=format is Format.JSON),
    )
    _report(done, format, verb="changed")


def destroy(
    context: typer.Context,
    yes: YesOption = False,
    engine: EngineOption = Kind.EMBEDDED,
    verbose: VerboseOption = False,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> None:
    """Delete everything that `up` made, in reverse order."""
    from twinlock_cli import compose, consent

    platform = compose.load(context.obj)
    running = compose.world(platform)
    consent.ask(f"Delete all that was provisioned in {platform.estate.organization.login}?", yes=yes)
    done = compose.destroy(platform, running, engine, _progress(verbose=verbose, quiet=format is Format.JSON))
    _report(done, format, verb="deleted")


class _progress:  # noqa: N801 - used as a function: it is a listener
    """Show each step on stderr as it is done."""

    def __init__(self, *, verbose: bool, quiet: bool) -> None:
        self._verbose = verbose
        self._quiet = quiet

    def __call__(self, stack: str, change: Change) -> None:
        """Show one step."""
        if self._quiet or (change.operation.value == "same" and not self._verbose):
            return
        say(f"{_MARKS[change.operation.value]} {stack:<24} {change.type.rsplit(':', 1)[-1]} {change.name}")
        for field in change.fields:
            say(f"    {field.path}: {field.before} -> {field.after}")


def _report(done: Provisioned, format: Format, *, verb: str) -> None:  # noqa: A002 - the option's name
    if format is Format.JSON:
        show_json(as_json(done))
        return
    for name, outcome in done.seeds:
        if type(outcome).__name__ == "Seeded":
            show(f"{name}: seeded")
    for result in done.results:
        changed, total = len(result.changed), len(result.changes)
        show(f"{result.stack}: {changed} of {total} resources {verb}" if changed else f"{result.stack}: nothing to do")


def as_json(done: Provisioned) -> dict[str, object]:
    """Return a run as the stable JSON document of `--format json`."""
    return {
        "stacks": [
            {
                "stack": result.stack,
                "resources": len(result.changes),
                "changes": [
                    {
                        "urn": change.urn,
                        "type": change.type,
                        "name": change.name,
                        "operation": change.operation.value,
                        "fields": [{"path": f.path, "before": f.before, "after": f.after} for f in change.fields],
                    }
                    for change in result.changed
                ],
            }
            for result in done.results
        ],
        "seeds": [{"repository": name, "outcome": type(outcome).__name__} for name, outcome in done.seeds],
    }
