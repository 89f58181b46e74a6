"""A new platform directory, made whole or not at all: what `init` writes."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from twinlock.errors import BadInput, Incomplete
from twinlock.files import write_together
from twinlock_cli import compose

if TYPE_CHECKING:
    from twinlock.manifest.json_schema import Kind
    from twinlock.model.declaration import Declaration

PLATFORM, ROSTER = "platform.yaml", "roster.yaml"


def create(directory: Path, organization: str) -> tuple[str, ...]:
    """Make a platform directory, whole or not at all, and return what is in it.

    Raises:
        BadInput: The directory is not empty, or the organization's name is none.
        Incomplete: It cannot be written.
    """
    from twinlock import manifest

    manifest.check_organization_name(organization)
    directory = Path(os.path.abspath(directory))  # noqa: PTH100 - unlike `absolute`, it resolves `..`
    try:
        exists = _is_empty_directory(directory)
        files = _founding(organization)
        around = directory if exists else directory.parent
        around.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".twinlock-init-", dir=around) as temporary:
            made = Path(temporary, "platform")
            write_together({made / path: content for path, content in files.items()})
            if exists:
                _fill(directory, made)
            else:
                made.rename(directory)
    except Incomplete as error:
        raise _not_made(directory, error.why) from error
    except OSError as error:
        raise _not_made(directory, f"The system says of {error.filename}: {error.strerror or error}.") from error
    return tuple(sorted(files))


def _is_empty_directory(directory: Path) -> bool:
    """Tell whether an empty directory is there, or nothing at all.

    Raises:
        BadInput: Something else is there.
    """
    if not os.path.lexists(directory):
        return False
    if directory.is_symlink() or not directory.is_dir() or any(directory.iterdir()):
        raise BadInput(
            f"{directory} is in use.",
            "It is not an empty directory, and init overwrites nothing.",
            "Name a new directory: `twinlock init DIR --org ORG`.",
        )
    return True


def _fill(directory: Path, made: Path) -> None:
    """Move what was made into a directory that stays the same one, for a shell may stand in it."""
    # The platform file last: with it, the directory is a platform directory.
    names = sorted((entry.name for entry in made.iterdir()), key=lambda name: (name == PLATFORM, name))
    try:
        for name in names:
            (made / name).rename(directory / name)
    except BaseException:
        for name in names:
            if not (made / name).exists():
                (directory / name).rename(made / name)
        raise


def _not_made(directory: Path, why: str) -> Incomplete:
    return Incomplete(
        f"{directory} was not made.",
        why,
        "Name a directory that can be written, with room for a few hundred kilobytes.",
    )


def _founding(organization: str) -> dict[str, bytes]:
    from twinlock import desired, manifest
    from twinlock.manifest import examples
    from twinlock.manifest.json_schema import KINDS
    from twinlock.scaffold.rendering import platform_tree
    from twinlock_cli import pipelines

    roster = examples.roster_yaml(organization, examples.founders()).encode()

    def declared(commit: str) -> tuple[bytes, Declaration]:
        text = examples.platform_yaml(organization, commit).encode()
        return text, manifest.parse({PLATFORM: text, ROSTER: roster})

    # The commit depends on what the file says beside it, so the file is written twice.
    _, provisional = declared("0" * 40)
    platform, declaration = declared(pipelines.rendered(provisional))
    tree = platform_tree(desired.derive(declaration), compose.templates())
    return {
        **{path: file.content for path, file in tree.files.items()},
        **{f"schema/{kind}.json": _schema(kind) for kind in KINDS},
        PLATFORM: platform,
        ROSTER: roster,
        "services/.gitkeep": b"",
    }


def _schema(kind: Kind) -> bytes:
    from twinlock import manifest

    return (json.dumps(manifest.schema(kind), indent=2, sort_keys=True) + "\n").encode()
