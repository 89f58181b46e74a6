"""Changes of a repository's labels: `label`. The audit log knows nothing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.changes.change import REPOSITORY, Announced, Change, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.github.changes.change import Told
    from twinlock_world.jsonvalue import JsonValue

_FIELDS: Final = ("name", "color", "description")


def created(change: Change) -> Iterator[Told]:
    """Tell of a new label."""
    yield Announced("label", "created", {"label": change.answer.fields.raw})


def changed(change: Change) -> Iterator[Told]:
    """Tell what a label was before, as far as it was otherwise."""
    old, new = change.old.raw, change.answer.fields.raw
    changes: dict[str, JsonValue] = {name: {"from": old.get(name)} for name in _FIELDS if old.get(name) != new[name]}
    yield Announced("label", "edited", {"label": new, "changes": changes})


def deleted(change: Change) -> Iterator[Told]:
    """Tell of a label that is no more."""
    yield Announced("label", "deleted", {"label": change.old.raw})


CHANGES: Final[Table] = {
    ("POST", f"{REPOSITORY}/labels"): created,
    ("PATCH", f"{REPOSITORY}/labels/{{name}}"): changed,
    ("DELETE", f"{REPOSITORY}/labels/{{name}}"): deleted,
}
