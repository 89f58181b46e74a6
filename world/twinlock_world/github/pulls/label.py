"""Labels: a repository's own, and those that a pull request carries. New repositories have none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twinlock_world.github.errors import already_exists, validation_failed
from twinlock_world.store import DuplicateError, fold

if TYPE_CHECKING:
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site
    from twinlock_world.store import Record

LABEL: Final = "label"
_COLOR: Final = re.compile(r"[0-9a-fA-F]{6}")
_PLAIN: Final = "ededed"
_LONGEST: Final = 50


def labels_of(site: Site, pull: PullRequest) -> list[Record]:
    """Return the labels of a pull request."""
    found = (site.store.get(LABEL, identifier) for identifier in pull.fields.numbers("labels"))
    return [label for label in found if label is not None]


def find_label(site: Site, name: str) -> Record | None:
    """Return a repository's label of this name, whatever the case of the letters."""
    return site.store.find(LABEL, fold(name), parent=site.repository.id)


def make_label(site: Site, name: str, color: str | None = None, description: str | None = None) -> Record:
    """Make a label of a repository.

    Raises:
        GitHubError: 422, the name is taken or unusable, or the colour is none.
    """
    document = {**_checked(name, color or _PLAIN), "description": description}
    try:
        return site.store.insert(LABEL, fold(name), document, parent=site.repository.id)
    except DuplicateError as error:
        raise already_exists("Label", "name") from error


def change_label(site: Site, label: Record, name: str, color: str, description: str | None) -> Record:
    """Change a label.

    Raises:
        GitHubError: 422, as for a new one.
    """
    try:
        return site.store.update(label, {**_checked(name, color), "description": description}, key=fold(name))
    except DuplicateError as error:
        raise already_exists("Label", "name") from error


def _checked(name: str, color: str) -> dict[str, str]:
    if not name.strip() or len(name) > _LONGEST:
        raise validation_failed("Label", "name", "invalid")
    if not _COLOR.fullmatch(color):
        raise validation_failed("Label", "color", "invalid")
    return {"name": name, "color": color.lower()}
