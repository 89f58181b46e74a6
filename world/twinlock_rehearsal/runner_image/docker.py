"""`docker` for jobs: packs an image without a daemon.

`docker buildx build --output type=oci` becomes an OCI archive whose one layer holds the files that the Dockerfile
copies, at the places it says. Nothing is pulled and no RUN is executed, and the image's history says so. The same
context gives the same digest. Formats: OCI Image Format Specification 1.1 (image-layout, manifest, config).
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import shlex
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_STAND_IN: Final = "stand-in for docker: "
_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
_LAYER: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
_INDEX: Final = "application/vnd.oci.image.index.v1+json"
_NEITHER_HERE: Final = {"ARG", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "VOLUME"}


class UnknownInstructionError(Exception):
    """The Dockerfile says something that the stand-in does not know."""


@dataclass(slots=True)
class Recipe:
    """What a Dockerfile says, as far as a packed image shows it."""

    copies: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def read(dockerfile: str) -> Recipe:
    """Return the recipe of a Dockerfile.

    Raises:
        UnknownInstructionError: An instruction is not known here.
    """
    recipe = Recipe()
    where = PurePosixPath("/")
    for line in _lines(dockerfile):
        word, _, rest = line.partition(" ")
        match word.upper():
            case "FROM" | "RUN":
                recipe.skipped.append(line)
            case "WORKDIR":
                where = where / rest.strip()
                recipe.config["WorkingDir"] = str(where)
            case "COPY":
                *sources, target = shlex.split(rest)
                recipe.copies.append((tuple(sources), str(where / target) + ("/" if target.endswith("/") else "")))
            case "ENV":
                recipe.config.setdefault("Env", []).extend(shlex.split(rest))
            case "USER":
                recipe.config["User"] = rest.strip()
            case "CMD" | "ENTRYPOINT" as name:
                recipe.config[name.title()] = json.loads(rest)
            case name if name in _NEITHER_HERE:
                pass
            case name:
                raise UnknownInstructionError(name)
    return recipe


def pack(context: Path, recipe: Recipe, labels: dict[str, str], archive: Path) -> str:
    """Write the OCI archive, and return the digest of its manifest."""
    layer_tar = _layer(context, recipe)
    layer = gzip.compress(layer_tar, mtime=0)
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {**recipe.config, "Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer_tar)]},
            "history": [
                *({"created_by": f"not executed: {line}", "empty_layer": True} for line in recipe.skipped),
                {"created_by": "COPY"},
            ],
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": {"mediaType": _CONFIG, "digest": _digest(config), "size": len(config)},
            "layers": [{"mediaType": _LAYER, "digest": _digest(layer), "size": len(layer)}],
        }
    )
    index = {
        "schemaVersion": 2,
        "mediaType": _INDEX,
        "manifests": [{"mediaType": _MANIFEST, "digest": _digest(manifest), "size": len(manifest)}],
    }
    files = {
        "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
        "index.json": _json(index),
        **{f"blobs/sha256/{hashlib.sha256(blob).hexdigest()}": blob for blob in (config, layer, manifest)},
    }
    archive.write_bytes(_tar(files))
    return _digest(manifest)


def main(arguments: list[str]) -> int:
    """Stand in for `docker buildx create` and `docker buildx build --output type=oci,dest=FILE`."""
    if arguments[:2] == ["buildx", "create"]:
        sys.stdout.write("rehearsal\n")
        return 0
    if arguments[:2] != ["buildx", "build"]:
        sys.stderr.write(f"{_STAND_IN}it knows only `buildx create` and `buildx build`\n")
        return 2
    parser = argparse.ArgumentParser(prog="docker buildx build")
    parser.add_argument("--label", action="append", default=[])
    parser.add_argument("--output", required=True)
    parser.add_argument("--provenance")
    parser.add_argument("context")
    asked = parser.parse_args(arguments[2:])
    output = dict(part.partition("=")[::2] for part in asked.output.split(","))
    if output.get("type") != "oci" or "dest" not in output:
        sys.stderr.write(f"{_STAND_IN}it writes only --output type=oci,dest=FILE\n")
        return 2
    context = Path(asked.context)
    try:
        recipe = read((context / "Dockerfile").read_text(encoding="utf-8"))
        labels = dict(label.partition("=")[::2] for label in asked.label)
        digest = pack(context, recipe, labels, Path(output["dest"]))
    except UnknownInstructionError as error:
        sys.stderr.write(f"{_STAND_IN}it does not know the instruction {error}\n")
        return 1
    except (OSError, ValueError) as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 1
    for line in recipe.skipped:
        sys.stdout.write(f"{_STAND_IN}not executed: {line}\n")
    sys.stdout.write(f"{_STAND_IN}packed {digest}\n")
    return 0


def _lines(dockerfile: str) -> Iterator[str]:
    joined = dockerfile.replace("\\\n", " ")
    for line in joined.splitlines():
        text = line.strip()
        if text and not text.startswith("#"):
            yield text


def _layer(context: Path, recipe: Recipe) -> bytes:
    from docker.utils.build import exclude_paths  # noqa: PLC0415 - Docker's own reading of .dockerignore; slow to load

    ignored = context / ".dockerignore"
    lines = ignored.read_text(encoding="utf-8").splitlines() if ignored.exists() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    present = sorted(path for path in exclude_paths(str(context), patterns) if (context / path).is_file())
    files: dict[str, bytes] = {}
    for sources, target in recipe.copies:
        for source in sources:
            taken = {path: at for path in present if (at := _place(path, source.rstrip("/"), target)) is not None}
            if not taken:
                raise FileNotFoundError(f'"/{source}": not found')
            files |= {at: (context / path).read_bytes() for path, at in taken.items()}
    return _tar(files)


def _place(path: str, source: str, target: str) -> str | None:
    """Return where COPY puts `path`: a file under its name, a directory's content without the directory's name."""
    clean = str(PurePosixPath(source))
    if clean == "." or path.startswith(f"{clean}/"):
        below = path if clean == "." else path[len(clean) + 1 :]
        return str(PurePosixPath(target) / below).lstrip("/")
    if path == clean:
        name = PurePosixPath(target) / PurePosixPath(path).name if target.endswith("/") else PurePosixPath(target)
        return str(name).lstrip("/")
    return None


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            archive.addfile(entry, io.BytesIO(files[name]))
    return buffer.getvalue()


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
