"""Custom properties: an organization's schema, and values on repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import (
    METADATA,
    ORGANIZATION_PROFILE,
    WRITE_PROPERTIES,
    WRITE_PROPERTY_VALUES,
)
from twinlock_world.github.call import NO_CONTENT, Reply
from twinlock_world.github.errors import invalid, not_found
from twinlock_world.github.mounts import ORGANIZATION, REPOSITORY, OrganizationCall, RepositoryCall
from twinlock_world.github.properties import PROPERTY, definitions, set_value, values
from twinlock_world.jsonvalue import Fields, as_array, as_text

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record

_TYPES: Final = ("string", "single_select", "multi_select", "true_false", "url")
_EDITORS: Final = ("org_actors", "org_and_repo_actors")


def list_definitions(call: OrganizationCall) -> Reply:
    """Return an organization's properties."""
    return Reply(200, [_body(call, record) for record in definitions(call.store, call.organization)])


def set_definitions(call: OrganizationCall) -> Reply:
    """Define several properties at once."""
    made = [_define(call, item.text("property_name"), item) for item in call.body().objects("properties")]
    return Reply(200, [_body(call, record) for record in made])


def show_definition(call: OrganizationCall) -> Reply:
    """Return a property."""
    return Reply(200, _body(call, _definition(call)))


def set_definition(call: OrganizationCall) -> Reply:
    """Define a property."""
    return Reply(200, _body(call, _define(call, call.params["property"], call.body())))


def delete_definition(call: OrganizationCall) -> Reply:
    """Delete a property with its values."""
    call.store.delete(_definition(call))
    return NO_CONTENT


def list_values(call: RepositoryCall) -> Reply:
    """Return a repository's properties."""
    held = values(call.store, call.repository)
    return Reply(200, [{"property_name": name, "value": value} for name, value in held.items()])


def set_values(call: RepositoryCall) -> Reply:
    """Set some of a repository's properties; null takes a value away."""
    for item in call.body().objects("properties"):
        name = item.text("property_name")
        definition = call.store.find(PROPERTY, name, parent=call.repository.owner.id)
        if definition is None:
            raise invalid(f"Property '{name}' does not exist for this organization")
        set_value(call.store, call.repository, definition, _value(definition.fields, item.raw.get("value")))
    return NO_CONTENT


def _define(call: OrganizationCall, name: str, asked: Fields) -> Record:
    kind = asked.choice("value_type", _TYPES)
    document: dict[str, JsonValue] = {
        "property_name": name,
        "value_type": kind,
        "required": asked.flag("required", default=False),
        "default_value": _default(kind, asked),
        "description": asked.optional_text("description"),
        "allowed_values": asked.texts("allowed_values", []) if asked.given("allowed_values") else None,
        "values_editable_by": asked.choice("values_editable_by", _EDITORS, _EDITORS[0])
        if asked.given("values_editable_by")
        else _EDITORS[0],
    }
    if kind in {"single_select", "multi_select"} and not document["allowed_values"]:
        raise invalid("Allowed values must be provided for this value type")
    if document["required"] and document["default_value"] is None:
        raise invalid("Default value is required for required properties")
    return call.store.put(PROPERTY, name, document, parent=call.organization.id)


def _default(kind: str, asked: Fields) -> JsonValue:
    if not asked.raw.get("default_value"):
        return None
    return asked.texts("default_value") if kind == "multi_select" else asked.text("default_value")


def _definition(call: OrganizationCall) -> Record:
    record = call.store.find(PROPERTY, call.params["property"], parent=call.organization.id)
    if record is None:
        raise not_found()
    return record


def _value(definition: Fields, value: JsonValue) -> JsonValue:
    if value is None:
        return None
    name, kind = definition.text("property_name"), definition.text("value_type")
    given = (
        [as_text(item, name) for item in as_array(value, name)] if kind == "multi_select" else [as_text(value, name)]
    )
    allowed = definition.texts("allowed_values") if definition.given("allowed_values") else None
    allowed = ["true", "false"] if kind == "true_false" else allowed
    if allowed is not None and not set(given) <= set(allowed):
        raise invalid(f"Property '{name}' value is invalid. Allowed values: {', '.join(allowed)}")
    return value


def _body(call: OrganizationCall, record: Record) -> JsonObject:
    url = call.urls.api("orgs", call.organization.login, "properties", "schema", record.key)
    return {**record.data, "url": url, "source_type": "organization", "require_explicit_values": False}


ROUTES: Final = (
    *ORGANIZATION.get("/properties/schema", ORGANIZATION_PROFILE, list_definitions),
    *ORGANIZATION.patch("/properties/schema", WRITE_PROPERTIES, set_definitions),
    *ORGANIZATION.get("/properties/schema/{property}", ORGANIZATION_PROFILE, show_definition),
    *ORGANIZATION.put("/properties/schema/{property}", WRITE_PROPERTIES, set_definition),
    *ORGANIZATION.delete("/properties/schema/{property}", WRITE_PROPERTIES, delete_definition),
    *REPOSITORY.get("/properties/values", METADATA, list_values),
    *REPOSITORY.patch("/properties/values", WRITE_PROPERTY_VALUES, set_values),
)
