"""`twinlock check`: validate everything offline."""

from __future__ import annotations

import typer

from twinlock_cli.render import counted, show


def check(context: typer.Context) -> None:
    """Validate the manifest: every mistake at once, each with its place and what would be right."""
    from twinlock_cli import compose, pipelines

    platform = compose.load(context.obj)
    pipelines.verify(platform)
    estate = platform.estate
    numbers = (
        counted(len(estate.services), "service"),
        counted(len(estate.organization.teams), "team"),
        counted(len(estate.declaration.people), "person", "people"),
    )
    show(f"{', '.join(numbers)}: no mistake.")
