"""The templates of the repositories that twinlock scaffolds, as package data.

`KIND/managed/PATH.jinja` must equal its rendering for ever; `KIND/seeded/PATH.jinja` is the team's after the first
time. Adding a template is adding one file. They are data: no template runs anything when it is rendered.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Installers unpack packages; `importlib.resources` would first import what reads archives.
_HERE = Path(__file__).parent

SUFFIX = ".jinja"
"""Every template's; it keeps tools from taking a template for what it renders to."""


def templates(kind: str) -> Iterator[tuple[str, str, str]]:
    """Yield `(class, path, text)` of each template of one kind of repository; the path is without the suffix.

    Raises:
        FileNotFoundError: There is no such kind.
        ValueError: A file in the package lacks the suffix.
    """
    for folder in (_HERE / kind).iterdir():
        if folder.is_dir():
            for path, template in _walk(folder, ""):
                if not path.endswith(SUFFIX):
                    raise ValueError(f"{kind}/{folder.name}/{path} lacks the suffix {SUFFIX}")
                yield folder.name, path.removesuffix(SUFFIX), template.read_text(encoding="utf-8")


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    for entry in folder.iterdir():
        path = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _walk(entry, f"{path}/")
        else:
            yield path, entry
