"""`twinlock engine`: Pulumi and its GitHub provider on this machine."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated

import typer

from twinlock_cli.render import Format, FormatOption, say, show, show_json, show_table

if TYPE_CHECKING:
    from twinlock.engine.installation.place import Installation

app = typer.Typer(help="Find or install Pulumi's engine.", no_args_is_help=True, rich_markup_mode=None)


class From(enum.Enum):
    """Where an engine is installed from."""

    PATH = "path"
    DOWNLOAD = "download"
    SOURCE = "source"


FromOption = Annotated[
    From | None,
    typer.Option(
        "--from", help="This machine's PATH, Pulumi's releases, or Go modules.", show_default="the first that works"
    ),
]
VersionOption = Annotated[
    str | None, typer.Option("--version", metavar="X.Y.Z", help="Pulumi's version.", show_default="the one tested with")
]


@app.command("status")
def status(format: FormatOption = Format.TABLE) -> int:  # noqa: A002 - the option's name
    """Show which engines are installed, and whether they are whole; exit 1 if none can be used."""
    from twinlock.engine.installation import place
    from twinlock_cli import engines

    root = engines.folder()
    found = [(each, each.damage(thoroughly=True)) for each in place.installed(root)]
    if format is Format.JSON:
        show_json({"folder": str(root), "engines": [_as_json(*each) for each in found]})
    elif found:
        show_table(
            ("pulumi", "from", "state", "where"),
            [(each.record.version, each.record.way, damage or "whole", str(each.directory)) for each, damage in found],
        )
    else:
        show(f"No engine is installed in {root}. {place.INSTALL}")
    return 0 if any(damage is None for _, damage in found) else 1


@app.command("install")
def install(
    source: FromOption = None,
    version: VersionOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002 - the option's name
) -> None:
    """Install Pulumi and its GitHub provider into the user's cache folder, and run them once."""
    from twinlock.engine.installation import release
    from twinlock.engine.installation.install import Request
    from twinlock.engine.installation.install import install as perform
    from twinlock_cli import engines

    wanted = None if version is None else release.parsed(version)
    request = Request(engines.folder(), wanted, say, engines.inherited())
    made = perform(request, engines.ways(source.value if source is not None else None))
    if format is Format.JSON:
        show_json(_as_json(made, None))
    else:
        show(f"Pulumi {made.record.version} is installed in {made.directory}")


@app.command("environment")
def environment(context: typer.Context) -> None:
    """Print what a shell needs for plain `pulumi` in `stacks/`: eval "$(twinlock engine environment)"."""
    import os
    import sys
    from pathlib import Path

    from twinlock.engine.pulumi import plain
    from twinlock.model.declaration import Where
    from twinlock_cli import compose, engines

    platform = compose.load(context.obj)
    declared, installed = platform.estate.declaration.platform, engines.installation()
    found = plain.lines(
        engines.workspace(platform.root, declared, installed),
        installed.executables,
        Path(sys.executable),
        os.environ,
        cloud=declared.target is Where.CLOUD,
    )
    show("\n".join(found))


def _as_json(installation: Installation, damage: str | None) -> dict[str, object]:
    record = installation.record
    return {
        "version": record.version,
        "from": record.way,
        "directory": str(installation.directory),
        "usable": damage is None,
        "damage": damage,
        "executables": {name: each.sha256 for name, each in record.executables.items()},
    }
