"""Changes of custom properties: `custom_property_definition.*` and `custom_property_value.*`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.changes.change import ORGANIZATION, REPOSITORY, Announced, Audited, Change, Table
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.github.changes.change import Told, View
    from twinlock_world.jsonvalue import JsonValue


def defined(change: Change) -> Iterator[Told]:
    """Tell of a property, new or other than before."""
    if change.old.raw == change.new.raw:
        return
    yield from _definition("create" if change.made else "update", change.new)


def several_defined(change: Change) -> Iterator[Told]:
    """Tell of each property of a list that is new or other than before."""
    old = {item.text("property_name"): item for item in _list(change.before)}
    for item in _list(change.after):
        known = old.get(item.text("property_name"))
        if known is None or known.raw != item.raw:
            yield from _definition("create" if known is None else "update", item)


def undefined(change: Change) -> Iterator[Told]:
    """Tell of a property that is no more."""
    name: dict[str, JsonValue] = {"property_name": change.parameter("property")}
    yield Audited("custom_property_definition.destroy", name)
    yield Announced("custom_property", "deleted", {"definition": name})


def valued(change: Change) -> Iterator[Told]:
    """Tell of each value that came, went or changed."""
    old, new = _values(change.before), _values(change.after)
    for name in [*new, *(name for name in old if name not in new)]:
        was, now = old.get(name), new.get(name)
        if was != now:
            verb = "create" if was is None else "destroy" if now is None else "update"
            data = {"property_name": name, "value": now, "old_value": was}
            yield Audited(f"custom_property_value.{verb}", data)
    if old != new:
        pairs = [{"property_name": name, "value": value} for name, value in new.items()]
        before = [{"property_name": name, "value": value} for name, value in old.items()]
        yield Announced(
            "custom_property_values", "updated", {"new_property_values": pairs, "old_property_values": before}
        )


def _definition(verb: str, item: Fields) -> Iterator[Told]:
    names = ("property_name", "value_type", "required", "default_value", "allowed_values", "values_editable_by")
    yield Audited(f"custom_property_definition.{verb}", item.only(names))
    yield Announced("custom_property", f"{verb}d", {"definition": item.raw})


def _list(view: View) -> list[Fields]:
    return Fields({"items": view.body}).objects("items") if isinstance(view.body, list) else []


def _values(view: View) -> dict[str, JsonValue]:
    return {item.text("property_name"): item.raw.get("value") for item in _list(view)}


CHANGES: Final[Table] = {
    ("PATCH", f"{ORGANIZATION}/properties/schema"): several_defined,
    ("PUT", f"{ORGANIZATION}/properties/schema/{{property}}"): defined,
    ("DELETE", f"{ORGANIZATION}/properties/schema/{{property}}"): undefined,
    ("PATCH", f"{REPOSITORY}/properties/values"): valued,
}
