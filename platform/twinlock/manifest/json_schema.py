"""JSON Schema of the files, for editors and for whoever generates them.

Generating them takes longer than everything else that `init` does, so they are part of the package; `generate` makes
them of the files' models.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, TypeAlias, cast

Kind: TypeAlias = Literal["platform", "roster", "service"]

KINDS: tuple[Kind, ...] = ("platform", "roster", "service")
DIRECTORY = "schemas"
"""Within this package; a file for each kind."""


def schema(kind: Kind) -> dict[str, object]:
    """Return the JSON Schema (2020-12) of one kind of file."""
    text = Path(__file__).with_name(DIRECTORY).joinpath(f"{kind}.json").read_text(encoding="utf-8")
    return cast("dict[str, object]", json.loads(text))
