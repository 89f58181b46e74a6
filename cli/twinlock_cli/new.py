"""`twinlock new`: add a service."""

from __future__ import annotations

from typing import Annotated

import typer

from twinlock_cli import terminal
from twinlock_cli.render import say, show

_ROLES = {
    "authors": "developers",
    "reviewers": "reviewers",
    "testers": "testers",
    "releasers": "releasers",
}
"""By role, the ending of the team that a service has of its own."""


def new(  # noqa: PLR0913, PLR0917 - one parameter per option
    context: typer.Context,
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="Name of the service and of its repository.")],
    authors: Annotated[str | None, typer.Option(metavar="TEAM", help="Team that writes the application.")] = None,
    reviewers: Annotated[str | None, typer.Option(metavar="TEAM", help="Team that reviews it.")] = None,
    testers: Annotated[str | None, typer.Option(metavar="TEAM", help="Team that owns its integration tests.")] = None,
    releasers: Annotated[str | None, typer.Option(metavar="TEAM", help="Team that releases it.")] = None,
) -> None:
    """Add a service: its manifest, its teams, and the trees of its two repositories."""
    from twinlock_cli import platform_directory

    given = {"authors": authors, "reviewers": reviewers, "testers": testers, "releasers": releasers}
    platform_directory.check_name(service)
    teams = {role: given[role] or _asked(service, role) for role in _ROLES}
    for line in platform_directory.add_service(context.obj, service, teams):
        show(line)
    say(f"Next: twinlock -C {context.obj} check")


def _asked(service: str, role: str) -> str:
    from twinlock.names import default_team

    default = default_team(service, _ROLES[role])
    return (terminal.ask(f"Team of the {role} [{default}]") if terminal.is_there() else "") or default
