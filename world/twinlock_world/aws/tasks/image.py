"""A container image as bytes, and its files in a directory. Layers are hostile until unpacked.

Source: OCI Image Format Specification 1.1 (image configuration; layer, with whiteouts). A layer may not leave its
directory, hold devices, or be larger than fits a rehearsal; what differs from a plain file, directory or inner link is
refused whole, since a half-unpacked image would run something else.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import tarfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.jsonvalue import FieldError, Fields

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_REFERENCE: Final = re.compile(
    r"(?P<registry>(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]{1,40})\.amazonaws\.com)"
    r"/(?P<repository>[a-z0-9][a-z0-9._/-]{1,255}?)(?::(?P<tag>[\w.-]{1,128}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_MOST_BYTES: Final = 2 << 30
_MOST_FILES: Final = 200_000
_CHUNK: Final = 1 << 20


class ImageError(ValueError):
    """What was pulled is no image that can be unpacked; the text says why."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An image in ECR, as a task definition names it; a digest stands before a tag."""

    text: str
    registry: str
    account: str
    region: str
    repository: str
    name: str


@dataclass(frozen=True, slots=True)
class Image:
    """A pulled image: how it wants to be run, and its layers from the lowest up."""

    entry_point: tuple[str, ...]
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    directory: str
    layers: tuple[bytes, ...]


def parse(text: str) -> Reference | None:
    """Return the ECR image that a text names; nothing where it names an image of another registry."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        return None
    name = found["digest"] or found["tag"] or "latest"
    return Reference(text, found["registry"], found["account"], found["region"], found["repository"], name)


def read(config: bytes, layers: Sequence[bytes]) -> Image:
    """Return the image of a configuration and its layers.

    Raises:
        ImageError: The configuration is none.
    """
    try:
        document = json.loads(config)
        whole = Fields(document if isinstance(document, dict) else {})
        found = whole.object("config") if whole.given("config") else Fields({})
        words = {name: tuple(found.texts(name)) if found.given(name) else () for name in ("Entrypoint", "Cmd", "Env")}
        directory = found.optional_text("WorkingDir") or "/"
    except (FieldError, ValueError, RecursionError) as error:
        raise ImageError(f"the image's configuration cannot be read: {type(error).__name__}") from error
    variables = tuple((name, value) for name, sign, value in (word.partition("=") for word in words["Env"]) if sign)
    return Image(words["Entrypoint"], words["Cmd"], variables, directory, tuple(layers))


def unpack(image: Image, root: Path) -> None:
    """Put an image's files into a new directory.

    Raises:
        ImageError: A layer is damaged, too large, or reaches out of the directory.
        OSError: The directory cannot be written.
    """
    root.mkdir(mode=0o700, parents=True)
    left = _MOST_BYTES
    for layer in image.layers:
        data = _plain(layer, left)
        left -= len(data)
        try:
            with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
                _apply(archive, root)
        except (tarfile.TarError, ValueError, RecursionError) as error:
            raise ImageError(f"failed to extract layer: {error}") from error


def _plain(layer: bytes, most: int) -> bytes:
    if not layer.startswith(b"\x1f\x8b"):
        if len(layer) > most:
            raise ImageError("the image is too large for this world")
        return layer
    try:
        with gzip.open(io.BytesIO(layer)) as stream:
            parts: list[bytes] = []
            while part := stream.read(_CHUNK):
                most -= len(part)
                if most < 0:
                    raise ImageError("the image is too large for this world")
                parts.append(part)
    except (OSError, EOFError, zlib.error) as error:
        raise ImageError(f"failed to decompress layer: {error}") from error
    return b"".join(parts)


def _apply(archive: tarfile.TarFile, root: Path) -> None:
    kept: list[tarfile.TarInfo] = []
    for at, entry in enumerate(archive):
        if at >= _MOST_FILES:
            raise ImageError("the image has too many files for this world")
        folder, _, name = entry.name.rstrip("/").rpartition("/")
        if not name.startswith(_WHITEOUT):
            kept.append(entry)
            continue
        hidden = _inside(root, folder)
        if name == _OPAQUE:
            for found in hidden.iterdir() if hidden.is_dir() else ():
                _remove(found)
        else:
            _remove(_inside(root, folder) / _inside(root, name.removeprefix(_WHITEOUT)).name)
    archive.extractall(root, kept, filter="data")


def _inside(root: Path, name: str) -> Path:
    found = (root / name.lstrip("/")).resolve()
    if not found.is_relative_to(root.resolve()):
        raise ImageError(f"failed to extract layer: {name!r} leads out of the image")
    return found


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
