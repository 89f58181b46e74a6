"""`twinlock schema`: the JSON Schema of the manifest's files."""

from __future__ import annotations

import enum
from typing import Annotated

import typer

from twinlock_cli.render import show_json


class Kind(enum.Enum):
    """Which file."""

    PLATFORM = "platform"
    ROSTER = "roster"
    SERVICE = "service"


def schema(kind: Annotated[Kind, typer.Argument(help="Which file's schema.")]) -> None:
    """Print the JSON Schema of platform.yaml, roster.yaml or services/SERVICE.yaml."""
    from twinlock import manifest

    show_json(manifest.schema(kind.value))
