"""From the text of a file to its tree: by libyaml where that is enough, else by ruamel.yaml."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from twinlock.manifest import libyaml_tree
from twinlock.manifest.unreadable import UnreadableError

if TYPE_CHECKING:
    from twinlock.manifest.tree import Node

_KEPT = 16
"""Trees that are kept: all that `new` meets more than once."""
_WORDED = 64 * 1024
"""Characters of a text whose mistake ruamel.yaml words, which takes it a second; libyaml does for larger ones."""


@lru_cache(maxsize=_KEPT)
def composed(text: str) -> Node | None:
    """Return the root of a file's tree, or None where nothing is written.

    Raises:
        UnreadableError: The text is not YAML, nested too deeply, or holds too many values.
    """
    try:
        return libyaml_tree.compose(text)
    except libyaml_tree.UndecidedError:
        pass
    except UnreadableError:
        if len(text) > _WORDED:
            raise
    from twinlock.manifest import ruamel_tree  # noqa: PLC0415 - it takes a twentieth of a small command to import

    return ruamel_tree.compose(text)
