"""Read the manifest's files from a platform directory: the one place of `manifest` that touches a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.errors import BadInput, Incomplete
from twinlock.manifest.document import LARGEST
from twinlock.manifest.parsing import PLATFORM, ROSTER, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from twinlock.model.declaration import Declaration


def load(root: Path) -> Declaration:
    """Return what a platform directory declares.

    Raises:
        BadInput: It is not a platform directory.
        InvalidManifest: Its files have mistakes.
        Incomplete: A file cannot be read.
    """
    return parse(files(root))


def files(root: Path) -> dict[str, bytes]:
    """Return the manifest's files by their path within the directory, of each at most what `parse` accepts.

    Raises:
        BadInput: It is not a platform directory.
        Incomplete: A file cannot be read.
    """
    try:
        if not (root / PLATFORM).exists():
            raise BadInput(
                f"{root} is not a platform directory.",
                f"There is no {PLATFORM} in it.",
                "Run `twinlock init DIR --org ORG` to make one, or name another directory with -C.",
            )
        return {path.relative_to(root).as_posix(): _content(path) for path in _paths(root)}
    except OSError as error:
        raise Incomplete(
            f"{error.filename or root} cannot be read.",
            f"The system says: {error.strerror or error}.",
            "Make it readable, then run the same command again.",
        ) from error


def _paths(root: Path) -> Iterator[Path]:
    yield root / PLATFORM
    if (root / ROSTER).exists():
        yield root / ROSTER
    services = root / "services"
    if services.exists():
        # `.yml` is read too, so that a service is never passed over in silence: `parse` says how to name it.
        yield from sorted(
            path
            for path in services.iterdir()
            if path.suffix.lower() in {".yaml", ".yml"} and not path.name.startswith(".")
        )


def _content(path: Path) -> bytes:
    if not path.is_file():  # a pipe would wait for ever
        raise Incomplete(f"{path} cannot be read.", "It is not a file.", "Put the file there, or delete what is there.")
    with path.open("rb") as handle:
        return handle.read(LARGEST + 1)
