"""Actions policies and OIDC subjects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

REPOSITORY = "/repos/acme/app/actions/permissions"
ORGANIZATION = "/orgs/acme/actions/permissions"
SELECTED = {"github_owned_allowed": True, "verified_allowed": False, "patterns_allowed": ["acme/*"]}


def test_a_new_repository_follows_its_organization(hub: Hub) -> None:
    """What it never set is its organization's, then and later."""
    hub.repository()
    assert hub.make("GET", REPOSITORY) == {"enabled": True, "allowed_actions": "all", "sha_pinning_required": False}
    hub.make(
        "PUT",
        ORGANIZATION,
        {"enabled_repositories": "all", "allowed_actions": "local_only", "sha_pinning_required": True},
    )
    assert hub.make("GET", REPOSITORY) == {
        "enabled": True,
        "allowed_actions": "local_only",
        "sha_pinning_required": True,
    }
    hub.make("PUT", f"{ORGANIZATION}/workflow", {"can_approve_pull_request_reviews": True})
    assert hub.make("GET", f"{REPOSITORY}/workflow") == {
        "default_workflow_permissions": "read",
        "can_approve_pull_request_reviews": True,
    }
    hub.make("PUT", ORGANIZATION, {"enabled_repositories": "none"})
    assert hub.make("GET", REPOSITORY) == {"enabled": False}
    assert hub.make("GET", ORGANIZATION) == {"enabled_repositories": "none"}
    assert hub.call("PUT", REPOSITORY, {"enabled": True}).status == 409


@pytest.mark.parametrize(
    ("path", "scope"), [(REPOSITORY, {"enabled": True}), (ORGANIZATION, {"enabled_repositories": "all"})]
)
def test_actions_are_listed_only_where_they_are_selected(hub: Hub, path: str, scope: dict[str, Any]) -> None:
    """409 for the list while all actions are allowed; then it is what was set."""
    hub.repository()
    assert hub.call("PUT", f"{path}/selected-actions", SELECTED).status == 409
    assert hub.call("GET", f"{path}/selected-actions").status == 409
    hub.make("PUT", path, {**scope, "allowed_actions": "selected", "sha_pinning_required": True})
    hub.make("PUT", f"{path}/selected-actions", SELECTED)
    assert hub.make("GET", f"{path}/selected-actions") == SELECTED
    assert hub.make("GET", path) == {
        **scope,
        "allowed_actions": "selected",
        "sha_pinning_required": True,
        "selected_actions_url": f"http://127.0.0.1:4000{path}/selected-actions",
    }


def test_a_change_keeps_what_it_leaves_out(hub: Hub) -> None:
    """Switching Actions off and on again does not forget what is allowed."""
    hub.repository()
    hub.make("PUT", REPOSITORY, {"enabled": True, "allowed_actions": "local_only", "sha_pinning_required": True})
    hub.make("PUT", REPOSITORY, {"enabled": False})
    assert hub.make("GET", REPOSITORY) == {"enabled": False}
    hub.make("PUT", REPOSITORY, {"enabled": True})
    assert hub.make("GET", REPOSITORY)["sha_pinning_required"] is True


def test_repositories_are_selected_one_by_one(hub: Hub) -> None:
    """Only while they are to be selected, and only those of the organization."""
    app, other = hub.repository("app"), hub.repository("other")
    path = f"{ORGANIZATION}/repositories"
    assert hub.call("GET", path).status == 409
    hub.make("PUT", ORGANIZATION, {"enabled_repositories": "selected"})
    hub.make("PUT", path, {"selected_repository_ids": [app["id"]]})
    assert (hub.make("GET", REPOSITORY)["enabled"], hub.make("GET", f"{path}?x=1")["total_count"]) == (True, 1)
    hub.make("PUT", f"{path}/{other['id']}")
    hub.make("DELETE", f"{path}/{app['id']}")
    assert [found["name"] for found in hub.make("GET", path)["repositories"]] == ["other"]
    assert hub.make("GET", REPOSITORY) == {"enabled": False}
    assert hub.call("PUT", path, {"selected_repository_ids": [1]}).status == 404


def test_other_repositories_use_workflows_only_where_allowed(hub: Hub) -> None:
    """None by default."""
    hub.repository()
    assert hub.make("GET", f"{REPOSITORY}/access") == {"access_level": "none"}
    hub.make("PUT", f"{REPOSITORY}/access", {"access_level": "organization"})
    assert hub.make("GET", f"{REPOSITORY}/access") == {"access_level": "organization"}
    assert hub.call("PUT", f"{REPOSITORY}/access", {"access_level": "world"}).status == 422


def test_a_new_repositorys_subject_holds_ids(hub: Hub) -> None:
    """Immutable by default; the prefix says what a token's subject begins with."""
    made, path = hub.repository(), "/repos/acme/app/actions/oidc/customization/sub"
    immutable = f"repo:acme@{hub.organization.id}/app@{made['id']}"
    assert hub.make("GET", path) == {
        "use_default": True,
        "use_immutable_subject": True,
        "sub_claim_prefix": immutable,
    }
    assert hub.call("PUT", path, {"use_default": False, "include_claim_keys": ["repo", "context"]}).status == 201
    assert hub.make("GET", path) == {
        "use_default": False,
        "include_claim_keys": ["repo", "context"],
        "use_immutable_subject": True,
        "sub_claim_prefix": immutable,
    }
    hub.make("PUT", path, {"use_default": True, "use_immutable_subject": False})
    assert hub.make("GET", path) == {
        "use_default": True,
        "use_immutable_subject": False,
        "sub_claim_prefix": "repo:acme/app",
    }
    assert hub.call("PUT", path, {"use_default": False, "include_claim_keys": ["a:b"]}).status == 422


def test_an_organizations_subject_template(hub: Hub) -> None:
    """Kept and shown."""
    path = "/orgs/acme/actions/oidc/customization/sub"
    assert hub.make("GET", path) == {"include_claim_keys": ["repo", "context"], "use_immutable_subject": True}
    assert hub.call("PUT", path, {"include_claim_keys": ["repo"]}).status == 201
    assert hub.make("GET", path) == {"include_claim_keys": ["repo"], "use_immutable_subject": True}
