"""Files that must equal the rendering, as git knows them: by the id of their content."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Blob:
    """A file in a tree.

    Attributes:
        id: Git's id of the content.
        mode: Git's mode: `100644`, `100755` where it may be run, `120000` for a link.
    """

    id: str
    mode: str
