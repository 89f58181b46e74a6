"""`twinlock init`: a new platform directory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twinlock_cli.render import say


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The directory to make; it must be empty or new.")],
    organization: Annotated[str, typer.Option("--org", metavar="ORG", help="Login of the GitHub organization.")],
) -> None:
    """Write a new platform directory: manifest, roster, stacks, workflows."""
    from twinlock_cli import founding

    written = founding.create(directory, organization)
    say(f"Wrote {len(written)} files to {directory}. The people in roster.yaml are invented: replace them.")
    say(f"Next: twinlock -C {directory} new SERVICE")
