"""OIDC subjects of repositories and organizations, and the custom properties that stand in tokens.

Source: https://docs.github.com/en/rest/actions/oidc.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import ADMINISTER_ACTIONS, READ_ACTIONS, READ_ORGANIZATION, WRITE_ORGANIZATION
from twinlock_world.github.actions_policy import (
    change_policy,
    organization_policy,
    read_claim_keys,
    repository_policy,
)
from twinlock_world.github.call import NO_CONTENT, Reply
from twinlock_world.github.errors import invalid, not_found
from twinlock_world.github.mounts import ORGANIZATION, REPOSITORY, OrganizationCall, RepositoryCall
from twinlock_world.github.properties import PROPERTY
from twinlock_world.oidc.subject import Names, prefix

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonValue


def show_for_repository(call: RepositoryCall) -> Reply:
    """Return how the subject of a repository's tokens is made."""
    oidc, repository = repository_policy(call.store, call.repository).object("oidc"), call.repository
    names = Names(repository.owner.login, repository.owner.id, repository.name, repository.id)
    return Reply(200, {**oidc.raw, "sub_claim_prefix": prefix(names, immutable=oidc.flag("use_immutable_subject"))})


def set_for_repository(call: RepositoryCall) -> Reply:
    """Set how the subject of a repository's tokens is made."""
    body, held = call.body(), repository_policy(call.store, call.repository).object("oidc")
    oidc: dict[str, JsonValue] = {"use_default": body.flag("use_default")}
    if body.given("include_claim_keys") and not body.flag("use_default"):
        oidc["include_claim_keys"] = read_claim_keys(body)
    oidc["use_immutable_subject"] = body.flag("use_immutable_subject", held.flag("use_immutable_subject"))
    change_policy(call.store, call.repository.id, {"oidc": oidc})
    return Reply(201, {})


def show_for_organization(call: OrganizationCall) -> Reply:
    """Return how the subjects of an organization's tokens are made."""
    return Reply(200, organization_policy(call.store, call.organization).object("oidc").raw)


def set_for_organization(call: OrganizationCall) -> Reply:
    """Set how the subjects of an organization's tokens are made."""
    body, held = call.body(), organization_policy(call.store, call.organization).object("oidc")
    keys = read_claim_keys(body) if body.given("include_claim_keys") else held.texts("include_claim_keys")
    immutable = body.flag("use_immutable_subject", held.flag("use_immutable_subject"))
    oidc: dict[str, JsonValue] = {"include_claim_keys": keys, "use_immutable_subject": immutable}
    change_policy(call.store, call.organization.id, {"oidc": oidc})
    return Reply(201, {})


def list_properties(call: OrganizationCall) -> Reply:
    """Return the custom properties that stand in tokens."""
    return Reply(200, [_inclusion(name) for name in _included(call)])


def include_property(call: OrganizationCall) -> Reply:
    """Let a custom property stand in tokens."""
    name, included = call.body().text("custom_property_name"), _included(call)
    if call.store.find(PROPERTY, name, parent=call.organization.id) is None:
        raise invalid(f"Property '{name}' does not exist for this organization")
    if name in included:
        raise invalid(f"Property '{name}' is already included")
    _include(call, [*included, name])
    return Reply(201, _inclusion(name))


def exclude_property(call: OrganizationCall) -> Reply:
    """Let a custom property stand in tokens no longer."""
    name, included = call.params["custom_property_name"], _included(call)
    if name not in included:
        raise not_found()
    _include(call, [other for other in included if other != name])
    return NO_CONTENT


def _included(call: OrganizationCall) -> list[str]:
    return organization_policy(call.store, call.organization).texts("oidc_properties", [])


def _include(call: OrganizationCall, names: list[str]) -> None:
    change_policy(call.store, call.organization.id, {"oidc_properties": sorted(names)})


def _inclusion(name: str) -> dict[str, JsonValue]:
    return {"custom_property_name": name, "inclusion_source": "organization"}


_SUBJECT: Final = "/actions/oidc/customization/sub"
_PROPERTIES: Final = "/actions/oidc/customization/properties/repo"

ROUTES: Final = (
    *REPOSITORY.get(_SUBJECT, READ_ACTIONS, show_for_repository),
    *REPOSITORY.put(_SUBJECT, ADMINISTER_ACTIONS, set_for_repository),
    *ORGANIZATION.get(_SUBJECT, READ_ORGANIZATION, show_for_organization),
    *ORGANIZATION.put(_SUBJECT, WRITE_ORGANIZATION, set_for_organization),
    *ORGANIZATION.get(_PROPERTIES, READ_ORGANIZATION, list_properties),
    *ORGANIZATION.post(_PROPERTIES, WRITE_ORGANIZATION, include_property),
    *ORGANIZATION.delete(f"{_PROPERTIES}/{{custom_property_name}}", WRITE_ORGANIZATION, exclude_property),
)
