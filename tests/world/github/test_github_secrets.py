"""Secrets, variables, properties, hooks and keys: the small things that hang on others."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from nacl.public import PrivateKey, PublicKey, SealedBox

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

HOLDERS = ("/repos/acme/app/actions", "/repos/acme/app/environments/e%2F1", "/orgs/acme/actions")


FOR_OTHERS = ("/repos/acme/app/dependabot", "/repos/acme/app/codespaces")


def _make(hub: Hub) -> dict[str, Any]:
    hub.repository()
    hub.make("PUT", "/repos/acme/app/environments/e%2F1")
    return {"/orgs/acme/actions": {"visibility": "all"}}


@pytest.mark.parametrize("holder", HOLDERS)
def test_variables_are_made_changed_and_deleted(hub: Hub, holder: str) -> None:
    """Names are upper-cased, values shown; a second one of a name is refused."""
    scope = _make(hub).get(holder, {})
    assert hub.call("POST", f"{holder}/variables", {"name": "foo", "value": "1", **scope}).status == 201
    assert hub.call("POST", f"{holder}/variables", {"name": "FOO", "value": "2", **scope}).status == 409
    assert hub.call("PATCH", f"{holder}/variables/foo", {"value": "3"}).status == 204
    shown = hub.make("GET", f"{holder}/variables/FOO")
    assert (shown["name"], shown["value"]) == ("FOO", "3")
    assert hub.make("GET", f"{holder}/variables") == {"total_count": 1, "variables": [shown]}
    assert hub.call("DELETE", f"{holder}/variables/FOO").status == 204
    assert hub.call("GET", f"{holder}/variables/FOO").status == 404
    for name in ("1A", "GITHUB_X", "a-b", ""):
        assert hub.call("POST", f"{holder}/variables", {"name": name, "value": "", **scope}).status == 422


@pytest.mark.parametrize("holder", [*HOLDERS, *FOR_OTHERS])
def test_secrets_are_sealed_for_their_holder_and_never_shown(hub: Hub, holder: str) -> None:
    """201, then 204; what another key sealed is refused; no answer holds what was sent."""
    scope = _make(hub).get(holder, {})
    key = hub.make("GET", f"{holder}/secrets/public-key")
    assert key == hub.make("GET", f"{holder}/secrets/public-key")
    public = PublicKey(base64.b64decode(key["key"]))

    def sealed(to: PublicKey) -> dict[str, str]:
        return {"key_id": key["key_id"], "encrypted_value": base64.b64encode(SealedBox(to).encrypt(b"v")).decode()}

    path = f"{holder}/secrets/S"
    assert hub.call("PUT", path, {**sealed(public), **scope}).status == 201
    assert hub.call("PUT", path, {**sealed(public), **scope}).status == 204
    assert sorted(hub.make("GET", path)) == sorted(["created_at", "name", "updated_at", *scope])
    assert hub.call("PUT", path, {**sealed(PrivateKey.generate().public_key), **scope}).status == 422
    assert hub.call("PUT", path, {**sealed(public), **scope, "key_id": "1"}).status == 422
    assert hub.make("GET", f"{holder}/secrets")["total_count"] == 1
    others = [other for other in (HOLDERS[0], *FOR_OTHERS) if other != holder]
    assert [hub.make("GET", f"{other}/secrets")["total_count"] for other in others] == [0] * len(others)
    assert hub.call("DELETE", path).status == 204
    assert hub.call("GET", path).status == 404


def test_an_organization_lends_to_the_repositories_it_selects(hub: Hub) -> None:
    """Which ones see it is a list of its own; there is none where all see it."""
    number = hub.repository()["id"]
    path = "/orgs/acme/actions/variables"
    chosen = {"visibility": "selected", "selected_repository_ids": [number]}
    hub.make("POST", path, {"name": "OURS", "value": "1", **chosen})
    hub.make("POST", path, {"name": "ALL", "value": "1", "visibility": "all"})
    listed = hub.make("GET", f"{path}/OURS/repositories")
    assert (listed["total_count"], [found["name"] for found in listed["repositories"]]) == (1, ["app"])
    assert hub.call("GET", f"{path}/ALL/repositories").status == 409
    assert hub.call("GET", f"{path}/NONE/repositories").status == 404
    assert [sorted(found) for found in hub.make("GET", path)["variables"]] == [
        ["created_at", "name", "updated_at", "value", "visibility"]
    ] * 2


def test_an_environments_secrets_answer_by_the_repositorys_number(hub: Hub) -> None:
    """Where clients look for them."""
    _make(hub)
    number = hub.make("GET", "/repos/acme/app")["id"]
    by_number = hub.make("GET", f"/repositories/{number}/environments/e%2F1/secrets/public-key")
    assert by_number == hub.make("GET", "/repos/acme/app/environments/e%2F1/secrets/public-key")


def test_writers_set_variables_of_a_repository_and_not_of_an_environment(hub: Hub) -> None:
    """An environment's are its administrators'."""
    _make(hub)
    hub.make("PUT", "/repos/acme/app/collaborators/alice", {"permission": "push"})
    document = {"name": "A", "value": "1"}
    assert hub.call("POST", f"{HOLDERS[0]}/variables", document, by="alice").status == 201
    assert hub.call("POST", f"{HOLDERS[1]}/variables", document, by="alice").status == 403
    assert hub.call("GET", f"{HOLDERS[1]}/variables", by="alice").status == 200
    assert hub.call("GET", f"{HOLDERS[0]}/variables", by="bob").status == 403


def test_properties_are_defined_once_and_set_per_repository(hub: Hub) -> None:
    """Only allowed values; null takes one away; a required one shows its default."""
    hub.repository()
    schema = "/orgs/acme/properties/schema"
    hub.make("PUT", f"{schema}/kind", {"value_type": "single_select", "allowed_values": ["a", "b"]})
    hub.make("PUT", f"{schema}/tier", {"value_type": "string", "required": True, "default_value": "none"})
    assert [found["property_name"] for found in hub.make("GET", schema)] == ["kind", "tier"]
    values = "/repos/acme/app/properties/values"

    def put(value: str | None) -> int:
        return hub.call("PATCH", values, {"properties": [{"property_name": "kind", "value": value}]}).status

    assert (put("a"), put("c")) == (204, 422)
    assert hub.make("GET", values) == [
        {"property_name": "kind", "value": "a"},
        {"property_name": "tier", "value": "none"},
    ]
    assert hub.make("GET", "/repos/acme/app")["custom_properties"] == {"kind": "a", "tier": "none"}
    assert put(None) == 204
    hub.make("DELETE", f"{schema}/tier")
    assert hub.make("GET", values) == []
    assert hub.call("PUT", f"{schema}/x", {"value_type": "single_select"}).status == 422


@pytest.mark.parametrize("holder", ["/repos/acme/app", "/orgs/acme"])
def test_webhooks_are_kept_without_their_secret(hub: Hub, holder: str) -> None:
    """It is told only that there is one."""
    hub.repository()
    config = {"url": "http://127.0.0.1:9/hook", "content_type": "json", "secret": "never shown"}
    made = hub.make("POST", f"{holder}/hooks", {"name": "web", "events": ["push"], "config": config})
    assert made["config"] == {**config, "secret": "********", "insecure_ssl": "0"}
    assert hub.call("POST", f"{holder}/hooks", {"config": config}).status == 422
    path = f"{holder}/hooks/{made['id']}"
    changed = hub.make("PATCH", path, {"active": False, "add_events": ["release"], "remove_events": ["push"]})
    assert (changed["active"], changed["events"]) == (False, ["release"])
    assert [found["id"] for found in hub.make("GET", f"{holder}/hooks")] == [made["id"]]
    hub.make("DELETE", path)
    assert hub.call("GET", path).status == 404


def test_deploy_keys(hub: Hub) -> None:
    """Read-only or not; one key serves one repository; the organization may forbid them."""
    hub.repository()
    key = f"ssh-ed25519 {base64.b64encode(b'k' * 51).decode()} someone@example.invalid"
    made = hub.make("POST", "/repos/acme/app/keys", {"title": "t", "key": key, "read_only": True})
    assert (made["key"], made["read_only"], made["title"]) == (key.rpartition(" ")[0], True, "t")
    assert hub.call("POST", "/repos/acme/app/keys", {"key": key}).status == 422
    assert hub.call("POST", "/repos/acme/app/keys", {"key": "nonsense"}).status == 422
    assert hub.make("GET", "/repos/acme/app/keys") == [made]
    hub.make("DELETE", f"/repos/acme/app/keys/{made['id']}")
    hub.make("PATCH", "/orgs/acme", {"deploy_keys_enabled_for_repositories": False})
    assert hub.call("POST", "/repos/acme/app/keys", {"key": key}).status == 422
