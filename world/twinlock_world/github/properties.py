"""Custom properties: an organization's definitions, and their values on repositories.

Called by the property routes, and by whoever writes a repository's body, where the values stand too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Organization
    from twinlock_world.github.repository import Repository
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record, Store

PROPERTY: Final = "property"
PROPERTY_VALUE: Final = "property_value"


def definitions(store: Store, organization: Organization) -> list[Record]:
    """Return an organization's property definitions, by name."""
    return sorted(store.children(PROPERTY, organization.id), key=lambda record: record.key)


def values(store: Store, repository: Repository) -> JsonObject:
    """Return what each defined property is on a repository: its own value, else a required property's default."""
    own = {record.peer: record.data["value"] for record in store.children(PROPERTY_VALUE, repository.id)}
    found: dict[str, JsonValue] = {}
    for definition in definitions(store, repository.owner):
        if definition.id in own:
            found[definition.key] = own[definition.id]
        elif definition.fields.flag("required"):
            found[definition.key] = definition.data.get("default_value")
    return found


def set_value(store: Store, repository: Repository, definition: Record, value: JsonValue) -> None:
    """Give a property a value on a repository; null takes it away."""
    if value is not None:
        store.put(PROPERTY_VALUE, definition.key, {"value": value}, parent=repository.id, peer=definition.id)
        return
    held = store.find(PROPERTY_VALUE, definition.key, parent=repository.id)
    if held is not None:
        store.delete(held)
