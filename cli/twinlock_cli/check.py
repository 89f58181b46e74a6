"""`twinlock check`: validate everything offline."""

from __future__ import annotations

import typer

from twinlock_cli.render import show


def check(context: typer.Context) -> None:
    """Validate the manifest: every mistake at once, each with its place and what would be right."""
    from twinlock_cli import compose, pipelines

    platform = compose.load(context.obj)
    pipelines.verify(platform)
    estate = platform.estate
    services, people, teams = len(estate.services), len(estate.declaration.people), len(estate.organization.teams)
    show(f"{services} services, {teams} teams, {people} people: no mistake.")
