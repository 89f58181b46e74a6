"""Environments: gates, branch policies, apps' rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from twinlock_world.github import accounts

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

PATH = "/repos/acme/app/environments/production"
CUSTOM = {"protected_branches": False, "custom_branch_policies": True}


def _types(environment: Any) -> list[str]:  # noqa: ANN401 - a document
    return [rule["type"] for rule in environment["protection_rules"]]


def test_an_environment_shows_each_gate_that_it_has(hub: Hub) -> None:
    """Timer, reviewers and branch policy appear as rules, with their reviewers in full."""
    hub.repository()
    team, user = hub.team("releasers"), hub.make("GET", "/users/alice")
    reviewers = [{"type": "Team", "id": team["id"]}, {"type": "User", "id": user["id"]}]
    asked = {"wait_timer": 5, "prevent_self_review": True, "can_admins_bypass": False, "reviewers": reviewers}
    made = hub.make("PUT", PATH, {**asked, "deployment_branch_policy": CUSTOM})
    assert made == hub.make("GET", PATH)
    assert _types(made) == ["wait_timer", "required_reviewers", "branch_policy"]
    timer, required, _ = made["protection_rules"]
    assert (timer["wait_timer"], required["prevent_self_review"]) == (5, True)
    shown = [
        (item["type"], item["reviewer"].get("slug") or item["reviewer"]["login"]) for item in required["reviewers"]
    ]
    assert shown == [("Team", "releasers"), ("User", "alice")]
    assert (made["can_admins_bypass"], made["deployment_branch_policy"]) == (False, CUSTOM)
    assert hub.make("GET", "/repos/acme/app/environments") == {"total_count": 1, "environments": [made]}


def test_removing_all_reviewers_removes_the_rule(hub: Hub) -> None:
    """GitHub drops the whole rule then, and self-review with it; other gates keep their numbers."""
    hub.repository()
    reviewers = [{"type": "User", "id": hub.make("GET", "/users/alice")["id"]}]
    before = hub.make("PUT", PATH, {"wait_timer": 5, "prevent_self_review": True, "reviewers": reviewers})
    after = hub.make("PUT", PATH, {"wait_timer": 6, "prevent_self_review": True, "reviewers": []})
    assert _types(after) == ["wait_timer"]
    assert after["protection_rules"][0]["id"] == before["protection_rules"][0]["id"]
    assert after["id"] == before["id"]
    again = hub.make("PUT", PATH, {"reviewers": reviewers})
    assert again["protection_rules"][0]["id"] > before["protection_rules"][1]["id"]


def test_a_put_sets_what_it_leaves_out_to_githubs_defaults(hub: Hub) -> None:
    """No body at all is an environment without any gate that administrators may bypass."""
    hub.repository()
    hub.make("PUT", PATH, {"wait_timer": 5, "can_admins_bypass": False, "deployment_branch_policy": CUSTOM})
    made = hub.make("PUT", PATH)
    assert (made["protection_rules"], made["can_admins_bypass"], made["deployment_branch_policy"]) == ([], True, None)


def test_names_may_hold_slashes_spaces_and_other_cases(hub: Hub) -> None:
    """One encoded segment is one name, and case does not tell two apart."""
    hub.repository()
    made = hub.make("PUT", "/repos/acme/app/environments/Prod%2Feu%20west")
    assert made["name"] == "Prod/eu west"
    assert made["url"].endswith("/environments/Prod%2Feu%20west")
    assert hub.make("GET", "/repos/acme/app/environments/prod%2FEU%20west")["id"] == made["id"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"wait_timer": 43_201}, "Validation Failed"),
        (
            {"reviewers": [{"type": "Team", "id": 1}]},
            "Invalid request.\n\nFor 'properties/reviewers/0', 1 is not the id of a team.",
        ),
        ({"reviewers": [{"type": "User", "id": 1}] * 7}, "Environments can have up to 6 required reviewers"),
        (
            {"deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": True}},
            "protected_branches and custom_branch_policies cannot have the same value",
        ),
    ],
)
def test_impossible_settings_are_refused(hub: Hub, body: dict[str, Any], message: str) -> None:
    """422, and no environment."""
    hub.repository()
    answer = hub.call("PUT", PATH, body)
    assert (answer.status, answer.message) == (422, message)
    assert hub.call("GET", PATH).status == 404


def test_branch_policies_exist_only_where_they_are_chosen(hub: Hub) -> None:
    """404 before; listed with type after; gone once the environment chooses otherwise."""
    hub.repository()
    hub.make("PUT", PATH)
    policies = f"{PATH}/deployment-branch-policies"
    assert hub.call("POST", policies, {"name": "main"}).status == 404
    hub.make("PUT", PATH, {"deployment_branch_policy": CUSTOM})
    branch = hub.make("POST", policies, {"name": "main"})
    tag = hub.make("POST", policies, {"name": "main", "type": "tag"})
    assert (branch["type"], tag["type"]) == ("branch", "tag")
    assert hub.make("GET", policies) == {"total_count": 2, "branch_policies": [branch, tag]}
    again = hub.call("POST", policies, {"name": "main", "type": "branch"})
    assert (again.status, again.headers["location"].rpartition("/")[2]) == (303, str(branch["id"]))
    changed = hub.make("PUT", f"{policies}/{branch['id']}", {"name": "release/*"})
    assert changed == {**branch, "name": "release/*"}
    hub.make("DELETE", f"{policies}/{tag['id']}")
    assert hub.call("GET", f"{policies}/{tag['id']}").status == 404
    hub.make("PUT", PATH, {"deployment_branch_policy": None})
    assert hub.make("GET", policies) == {"total_count": 0, "branch_policies": []}


def test_only_apps_that_write_deployments_can_be_made_a_gate(hub: Hub) -> None:
    """They are offered, made once, shown with their app, and removed."""
    hub.repository()
    hub.make("PUT", PATH)
    app, _ = accounts.ensure_app(hub.store, hub.organization, "checker", {"deployments": "write"})
    rules = f"{PATH}/deployment_protection_rules"
    offered = hub.make("GET", f"{rules}/apps")
    offer = offered["available_custom_deployment_protection_rule_integrations"]
    assert [found["slug"] for found in offer] == ["checker"]
    writer = hub.make("GET", "/apps/writer")["id"]
    assert hub.call("POST", rules, {"integration_id": writer}).status == 422
    made = hub.make("POST", rules, {"integration_id": app.id})
    assert (made["enabled"], made["app"]["slug"], made["app"]["id"]) == (True, "checker", app.id)
    assert hub.call("POST", rules, {"integration_id": app.id}).status == 422
    assert hub.make("GET", rules) == {"total_count": 1, "custom_deployment_protection_rules": [made]}
    hub.make("DELETE", f"{rules}/{made['id']}")
    assert hub.call("GET", f"{rules}/{made['id']}").status == 404


def test_what_hangs_on_another_environment_is_not_found(hub: Hub) -> None:
    """A policy's number opens nothing elsewhere."""
    hub.repository()
    for name in ("production", "other"):
        hub.make("PUT", f"/repos/acme/app/environments/{name}", {"deployment_branch_policy": CUSTOM})
    made = hub.make("POST", f"{PATH}/deployment-branch-policies", {"name": "main"})
    other = f"/repos/acme/app/environments/other/deployment-branch-policies/{made['id']}"
    assert hub.call("DELETE", other).status == 404
    hub.make("DELETE", PATH)
    assert hub.call("GET", PATH).status == 404
