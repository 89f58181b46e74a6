"""Changes of webhooks: `hook.*` in the audit log. A webhook hears of its own beginning by a `ping`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.changes.change import ORGANIZATION, REPOSITORY, Announced, Audited, Change, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.github.changes.change import Told
    from twinlock_world.jsonvalue import Fields, JsonObject


def created(change: Change) -> Iterator[Told]:
    """Tell of a new webhook."""
    hook = change.answer.fields
    yield Audited("hook.create", _head(hook))
    zen = "What happened is told once."
    yield Announced("ping", None, {"zen": zen, "hook_id": hook.raw.get("id"), "hook": hook.raw})


def changed(change: Change) -> Iterator[Told]:
    """Tell what of a webhook changed, aspect by aspect as GitHub does."""
    head = _head(change.new)
    if change.differs("active"):
        yield Audited("hook.active_changed", {**head, "active_was": change.old.raw.get("active")})
    if change.differs("config"):
        yield Audited("hook.config_changed", {**head, "config_was": [change.old.raw.get("config")]})
    if change.differs("events"):
        yield Audited("hook.events_changed", {**head, "events_were": change.old.raw.get("events")})


def deleted(change: Change) -> Iterator[Told]:
    """Tell of a webhook that is no more."""
    yield Audited("hook.destroy", _head(change.old))


def _head(hook: Fields) -> JsonObject:
    return {
        "hook_id": hook.raw.get("id"),
        "config": [hook.raw.get("config")],
        **hook.only(("active", "events", "name")),
    }


CHANGES: Final[Table] = {
    (method, place + tail): told
    for place in (ORGANIZATION, REPOSITORY)
    for method, tail, told in (
        ("POST", "/hooks", created),
        ("PATCH", "/hooks/{hook_id}", changed),
        ("DELETE", "/hooks/{hook_id}", deleted),
    )
}
