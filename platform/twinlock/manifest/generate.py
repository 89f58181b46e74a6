"""Writes the JSON Schema of each kind of file: `python -m twinlock.manifest.generate [--check]`.

They come from the files' models alone. `make docs` runs it; `--check` changes nothing and exits 1 where something would
change.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from twinlock.files import write_atomically
from twinlock.manifest.json_schema import DIRECTORY, KINDS, Kind
from twinlock.manifest.platform_file import PlatformFile
from twinlock.manifest.roster_file import RosterFile
from twinlock.manifest.service_file import ServiceFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

SCHEMAS = Path("platform/twinlock/manifest", DIRECTORY)

_MODELS: dict[Kind, type[BaseModel]] = {"platform": PlatformFile, "roster": RosterFile, "service": ServiceFile}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> Mapping[str, str]:
    """Return the text of each schema by file name."""
    return {f"{kind}.json": json.dumps(_described(kind), indent=2, sort_keys=True) + "\n" for kind in KINDS}


def main(arguments: list[str]) -> int:
    """Generate, or with `--check` only say what is stale; return the exit code."""
    expected = {SCHEMAS / name: text for name, text in schemas().items()}
    stale = [path for path, text in expected.items() if not path.is_file() or path.read_text("utf-8") != text]
    if "--check" in arguments:
        sys.stderr.writelines(f"{path} is not as generated: run `make docs`.\n" for path in stale)
        return 1 if stale else 0
    for path in stale:
        write_atomically(path, expected[path])
    return 0


def _described(kind: Kind) -> dict[str, object]:
    return {"$schema": _DIALECT, **_plain(_MODELS[kind].model_json_schema())}


def _plain(node: dict[str, object]) -> dict[str, object]:
    """Drop the titles that pydantic makes of class and key names; they tell nobody anything."""
    return {key: _plain_value(key, value) for key, value in node.items() if not _is_title(key, value)}


def _plain_value(key: str, value: object) -> object:
    if key in {"default", "examples"}:
        return value
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, list):
        return [_plain(element) if isinstance(element, dict) else element for element in value]
    return value


def _is_title(key: str, value: object) -> bool:
    return key == "title" and isinstance(value, str)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
