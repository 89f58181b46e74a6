"""The user's files: read, checked as a whole, and turned into the model's Declaration.

`check` and every command that needs to know what is declared call `load`. Pydantic and the YAML reader are imported
only when a file is read, so that commands that merely name this package start quickly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.manifest.mistake import InvalidManifest, Mistake
from twinlock.manifest.naming import check_organization_name, check_service_name, check_team_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twinlock.manifest.json_schema import Kind
    from twinlock.model.declaration import Declaration

__all__ = [
    "InvalidManifest",
    "Mistake",
    "check_organization_name",
    "check_service_name",
    "check_team_name",
    "files",
    "load",
    "parse",
    "schema",
]


def load(root: Path) -> Declaration:
    """Return what a platform directory declares.

    Raises:
        BadInput: It is not a platform directory.
        InvalidManifest: Its files have mistakes; the error holds all of them.
        Incomplete: A file cannot be read.
    """
    from twinlock.manifest import loading  # noqa: PLC0415 - see the module's docstring

    return loading.load(root)


def files(root: Path) -> dict[str, bytes]:
    """Return the manifest's files by their path within a platform directory.

    Raises:
        BadInput: It is not a platform directory.
        Incomplete: A file cannot be read.
    """
    from twinlock.manifest import loading  # noqa: PLC0415 - see the module's docstring

    return loading.files(root)


def parse(files: Mapping[str, bytes]) -> Declaration:
    """Return what files declare, given by their path within the platform directory.

    Raises:
        InvalidManifest: They have mistakes; the error holds all of them.
    """
    from twinlock.manifest import parsing  # noqa: PLC0415 - see the module's docstring

    return parsing.parse(files)


def schema(kind: Kind) -> dict[str, object]:
    """Return the JSON Schema (2020-12) of one kind of file."""
    from twinlock.manifest import json_schema  # noqa: PLC0415 - see the module's docstring

    return json_schema.schema(kind)
