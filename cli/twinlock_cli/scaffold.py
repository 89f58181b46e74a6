"""`twinlock scaffold`: render the repositories' trees, or compare them."""

from __future__ import annotations

from typing import Annotated

import typer

from twinlock_cli.render import say, show


def scaffold(
    context: typer.Context,
    services: Annotated[list[str] | None, typer.Argument(metavar="[SERVICE]...", help="Only these services.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 and show a diff if trees differ.")
    ] = False,
    pin: Annotated[bool, typer.Option("--pin", help="Set pipelines.commit to what the templates give.")] = False,
) -> int:
    """Render every repository's tree to repositories/: managed files are restored, seeded ones are the team's."""
    from twinlock_cli import compose, platform_directory

    if pin:
        show(platform_directory.pin_pipelines(context.obj))
    platform = compose.load(context.obj)
    if check:
        differences = platform_directory.compare_trees(platform, services or [])
        for difference in differences:
            show(difference)
        say("Trees differ from the manifest." if differences else "Trees are what the manifest gives.")
        return 1 if differences else 0
    for line in platform_directory.write_trees(platform, services or []):
        show(line)
    return 0
