"""Hold the wheel's file list to the source trees: a template that git or the builder passes over would be missed."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

PACKAGES = (
    "platform/twinlock",
    "cli/twinlock_cli",
    "templates/twinlock_templates",
    "world/twinlock_world",
    "world/twinlock_rehearsal",
)


MODULES = "engine", "twinlock/engine/installation/modules"


def main(wheel: str) -> int:
    """Compare, and return 1 with the differences on stderr if there are any."""
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    expected = {
        str(path.relative_to(Path(package).parent))
        for package in PACKAGES
        for path in Path(package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    source, place = MODULES
    # The schema is made by a build, and belongs to nobody's source.
    expected |= {
        f"{place}/{path.relative_to(source)}"
        for path in Path(source).rglob("*")
        if path.is_file() and path.name != "schema.json"
    }
    for name in sorted(packed ^ expected):
        sys.stderr.write(f"{'missing from' if name in expected else 'only in'} the wheel: {name}\n")
    return 1 if packed != expected else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
