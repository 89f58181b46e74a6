"""Trees: GitHub's recursive listing of a commit, and the files in it.

Source: https://docs.github.com/en/rest/git/trees. A listing that GitHub cut off says so, and is no listing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.github.fields import Fields
from twinlock.model.managed import Blob
from twinlock.model.observed import Observed, Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Mapping


def decode(raw: object) -> Observed[Mapping[str, Blob]]:
    """Return every file of a tree by its path; submodules are files of another repository.

    Raises:
        Malformed: It is no tree.
    """
    fields = Fields(raw)
    if fields.flag("truncated", default=False):
        return Unread("the files on the default branch: GitHub does not list so many")
    entries = ((each.text("path"), each.text("type"), each) for each in fields.each("tree"))
    return Seen({path: Blob(each.text("sha"), each.text("mode")) for path, kind, each in entries if kind == "blob"})
