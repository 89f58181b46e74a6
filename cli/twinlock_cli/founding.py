"""A new platform directory, made whole or not at all: what `init` and `adopt` write."""

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
    from collections.abc import Callable, Collection, Mapping

    from twinlock.manifest.json_schema import Kind
    from twinlock.model.declaration import Declaration
    from twinlock.scaffold.tree import Tree

PLATFORM, ROSTER = "platform.yaml", "roster.yaml"


def create(directory: Path, organization: str) -> tuple[str, ...]:
    """Make a platform directory for a new platform, whole or not at all, and return what is in it.

    Raises:
        BadInput: The directory is not empty, or the organization's name is none.
        Incomplete: It cannot be written.
    """
    from twinlock import manifest

    manifest.check_organization_name(organization)
    return make(directory, lambda: _founding(organization))


def make(
    directory: Path,
    content: Callable[[], Mapping[str, bytes]],
    *,
    usage: str = "init DIR --org ORG",
    spared: Collection[str] = (),
    private: Collection[str] = (),
) -> tuple[str, ...]:
    """Make a directory with files, whole or not at all, and return what is in it.

    Args:
        directory: The directory: a new one, or an empty one.
        content: Returns the files by their path; not asked where the directory cannot be used.
        usage: How the command is written that makes it, for messages.
        spared: What may be there already, and stays.
        private: Paths of files that are nobody's but their owner's.

    Raises:
        BadInput: The directory is not empty.
        Incomplete: It cannot be written.
    """
    directory = Path(os.path.abspath(directory))  # noqa: PTH100 - unlike `absolute`, it resolves `..`
    try:
        exists = _is_empty_directory(directory, spared, usage)
        files = content()
        around = directory if exists else directory.parent
        around.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".twinlock-init-", dir=around) as temporary:
            made = Path(temporary, "platform")
            write_together({made / path: content for path, content in files.items() if path not in private})
            write_together({made / path: files[path] for path in private}, mode=0o600)
            if exists:
                _fill(directory, made)
            else:
                made.rename(directory)
    except Incomplete as error:
        raise _not_made(directory, error.why) from error
    except OSError as error:
        raise _not_made(directory, f"The system says of {error.filename}: {error.strerror or error}.") from error
    return tuple(sorted(files))


def _is_empty_directory(directory: Path, spared: Collection[str], usage: str) -> bool:
    """Tell whether an empty directory is there, or nothing at all.

    Raises:
        BadInput: Something else is there.
    """
    if not os.path.lexists(directory):
        return False
    usable = directory.is_dir() and not directory.is_symlink()
    if not usable or any(entry.name not in spared for entry in directory.iterdir()):
        command = next(word for word in usage.split() if word.islower())
        raise BadInput(
            f"{directory} is in use.",
            f"It is not an empty directory, and {command} overwrites nothing.",
            f"Name a new directory: `twinlock {usage}`.",
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
    from twinlock.scaffold.rendering import platform_tree
    from twinlock_cli import pipelines

    roster = examples.roster_yaml(organization, examples.founders()).encode()

    def declared(commit: str) -> tuple[bytes, Declaration]:
        text = examples.platform_yaml(organization, commit).encode()
        return text, manifest.parse({PLATFORM: text, ROSTER: roster})

    # The commit depends on what the file says beside it, so the file is written twice.
    _, provisional = declared("0" * 40)
    platform, declaration = declared(pipelines.rendered(provisional))
    return {
        **surroundings(platform_tree(desired.derive(declaration), compose.templates())),
        PLATFORM: platform,
        ROSTER: roster,
        "services/.gitkeep": b"",
    }


def surroundings(tree: Tree) -> dict[str, bytes]:
    """Return what stands in a platform directory beside its manifest: what its tree gives, and the schemas."""
    from twinlock.manifest.json_schema import KINDS

    return {
        **{path: file.content for path, file in tree.files.items()},
        **{f"schema/{kind}.json": _schema(kind) for kind in KINDS},
    }


def _schema(kind: Kind) -> bytes:
    from twinlock import manifest

    return (json.dumps(manifest.schema(kind), indent=2, sort_keys=True) + "\n").encode()
