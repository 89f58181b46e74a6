"""Rulesets: what is taken, what is refused, what is shown to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.jsonvalue import Fields
from twinlock_world.policy.ref_pattern import names_ref

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

PULL_REQUEST: Final = {
    "required_approving_review_count": 2,
    "dismiss_stale_reviews_on_push": True,
    "require_code_owner_review": True,
    "require_last_push_approval": True,
    "required_review_thread_resolution": True,
}


def _ruleset(**changes: object) -> dict[str, Any]:
    return {
        "name": "main",
        "target": "branch",
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": [{"type": "deletion"}],
        **changes,
    }


def test_a_ruleset_is_shown_whole_with_the_defaults_of_what_was_left_out(hub: Hub) -> None:
    """The answer of a creation and of a read are the same full document."""
    hub.repository()
    rules = [
        {"type": "pull_request", "parameters": PULL_REQUEST},
        {
            "type": "required_status_checks",
            "parameters": {
                "strict_required_status_checks_policy": True,
                "required_status_checks": [{"context": "gate", "integration_id": 15368}, {"context": "any"}],
            },
        },
        {"type": "update"},
        {"type": "non_fast_forward"},
    ]
    made = hub.make("POST", "/repos/acme/app/rulesets", _ruleset(rules=rules))
    where = f"http://127.0.0.1:4000/repos/acme/app/rulesets/{made['id']}"
    assert made == hub.make("GET", f"/repos/acme/app/rulesets/{made['id']}")
    assert made == {
        "id": made["id"],
        "name": "main",
        "target": "branch",
        "source_type": "Repository",
        "source": "acme/app",
        "enforcement": "active",
        "node_id": made["node_id"],
        "_links": {
            "self": {"href": where},
            "html": {"href": f"http://127.0.0.1:4000/acme/app/rules/{made['id']}"},
        },
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": [
            {
                "type": "pull_request",
                "parameters": {
                    **PULL_REQUEST,
                    "required_reviewers": [],
                    "allowed_merge_methods": ["merge", "squash", "rebase"],
                },
            },
            {
                "type": "required_status_checks",
                "parameters": {
                    "strict_required_status_checks_policy": True,
                    "do_not_enforce_on_create": False,
                    "required_status_checks": [{"context": "gate", "integration_id": 15368}, {"context": "any"}],
                },
            },
            {"type": "update", "parameters": {"update_allows_fetch_and_merge": False}},
            {"type": "non_fast_forward"},
        ],
        "current_user_can_bypass": "never",
        "bypass_actors": [],
    }


@pytest.mark.parametrize(
    ("changes", "message", "errors"),
    [
        ({"bypass_actors": None}, "Invalid request.\n\nFor 'properties/bypass_actors', nil is not an array.", None),
        (
            {"rules": [{"type": "no_such_rule"}]},
            "Invalid request.\n\nInvalid property /rules/0: data matches no possible input. See `documentation_url`.",
            None,
        ),
        (
            {"enforcement": "enabled"},
            (
                "Invalid request.\n\nInvalid property /enforcement: `enabled` is not a possible value. "
                "Must be one of the following: disabled, active, evaluate."
            ),
            None,
        ),
        ({"name": " "}, "Validation Failed", ["Name can't be blank"]),
        ({"name": "MAIN"}, "Validation Failed", ["Name must be unique"]),
        (
            {"conditions": {"ref_name": {"include": ["main"], "exclude": []}}},
            "Validation Failed",
            ["Invalid target patterns: 'main'"],
        ),
        (
            {"rules": [{"type": "max_file_size", "parameters": {"max_file_size": 1}}]},
            "Validation Failed",
            ["Invalid rules: 'Max file size'"],
        ),
        (
            {"rules": [{"type": "workflows", "parameters": {"workflows": []}}]},
            "Validation Failed",
            ["Invalid rules: 'Workflows'"],
        ),
        (
            {"bypass_actors": [{"actor_id": 1, "actor_type": "Team"}]},
            "Validation Failed",
            ["Actor Team must be part of the ruleset source or owner organization"],
        ),
        (
            {"bypass_actors": [{"actor_id": 9, "actor_type": "RepositoryRole"}]},
            "Validation Failed",
            ["Actor Repository role must be part of the ruleset source or owner organization"],
        ),
        (
            {
                "rules": [
                    {"type": "pull_request", "parameters": {**PULL_REQUEST, "required_approving_review_count": 11}}
                ]
            },
            (
                "Invalid request.\n\nFor 'properties/rules/0/parameters/required_approving_review_count', "
                "11 must be between 0 and 10."
            ),
            None,
        ),
    ],
)
def test_impossible_rulesets_are_refused(
    hub: Hub, changes: dict[str, Any], message: str, errors: list[str] | None
) -> None:
    """422 says which property and why."""
    hub.repository()
    hub.make("POST", "/repos/acme/app/rulesets", _ruleset())
    answer = hub.call("POST", "/repos/acme/app/rulesets", _ruleset(**{"name": "other", **changes}))
    assert (answer.status, answer.message, answer.json.get("errors")) == (422, message, errors)


@pytest.mark.parametrize(("by", "shown"), [("olga", True), ("writer", True), ("alice", False), ("reader", False)])
def test_who_bypasses_is_told_only_to_those_who_may_change_it(hub: Hub, by: str, shown: bool) -> None:  # noqa: FBT001 - a table's row
    """Others get 200 without the field: hidden, not empty."""
    hub.repository()
    made = hub.make("POST", "/repos/acme/app/rulesets", _ruleset())
    answer = hub.call("GET", f"/repos/acme/app/rulesets/{made['id']}", by=by)
    assert (answer.status, "bypass_actors" in answer.json) == (200, shown)
    assert answer.json["current_user_can_bypass"] == "never"


@pytest.mark.parametrize(
    ("actor", "by", "expected"),
    [
        ({"actor_id": 5, "actor_type": "RepositoryRole"}, "olga", "always"),
        ({"actor_id": 5, "actor_type": "RepositoryRole"}, "alice", "never"),
        (
            {"actor_id": 1, "actor_type": "OrganizationAdmin", "bypass_mode": "pull_request"},
            "olga",
            "pull_requests_only",
        ),
        ({"actor_id": "team", "actor_type": "Team"}, "alice", "always"),
        ({"actor_id": "team", "actor_type": "Team"}, "bob", "never"),
        ({"actor_id": "writer", "actor_type": "Integration"}, "writer", "always"),
        ({"actor_id": None, "actor_type": "DeployKey"}, "olga", "never"),
    ],
)
def test_whether_the_caller_bypasses_follows_the_actors(
    hub: Hub, actor: dict[str, Any], by: str, expected: str
) -> None:
    """Roles, owners, teams and apps count; nobody else does."""
    hub.repository()
    ids = {"team": hub.team("team", "alice")["id"], "writer": hub.make("GET", "/apps/writer")["id"]}
    actor = {**actor, "actor_id": ids.get(actor["actor_id"], actor["actor_id"])}
    made = hub.make("POST", "/repos/acme/app/rulesets", _ruleset(bypass_actors=[actor]))
    assert made["bypass_actors"] == [{"bypass_mode": "always", **actor}]
    shown = hub.make("GET", f"/repos/acme/app/rulesets/{made['id']}", by=by)
    assert shown["current_user_can_bypass"] == expected


def test_a_change_keeps_what_it_leaves_out_and_the_id(hub: Hub) -> None:
    """PUT replaces what is given; a deleted ruleset's id never comes back under the same name."""
    hub.repository()
    made = hub.make("POST", "/repos/acme/app/rulesets", _ruleset())
    path = f"/repos/acme/app/rulesets/{made['id']}"
    changed = hub.make("PUT", path, {"enforcement": "disabled"})
    assert {**changed, "updated_at": ""} == {**made, "enforcement": "disabled", "updated_at": ""}
    hub.make("DELETE", path)
    assert hub.call("GET", path).status == 404
    again = hub.make("POST", "/repos/acme/app/rulesets", _ruleset(rules=[]))
    assert (again["id"] > made["id"], again["rules"]) == (True, [])


def test_a_repository_shows_the_organizations_rulesets_that_reach_it(hub: Hub) -> None:
    """By name, by id and by property; `includes_parents=false` leaves them out."""
    app, other = hub.repository("app"), hub.repository("other")
    hub.make("PUT", "/orgs/acme/properties/schema/tier", {"value_type": "string"})
    hub.make("PATCH", "/repos/acme/app/properties/values", {"properties": [{"property_name": "tier", "value": "one"}]})
    refs = {"ref_name": {"include": ["~ALL"], "exclude": []}}
    conditions = {
        "named": {"repository_name": {"include": ["ap*"], "exclude": []}},
        "numbered": {"repository_id": {"repository_ids": [other["id"]]}},
        "marked": {"repository_property": {"include": [{"name": "tier", "property_values": ["one"]}], "exclude": []}},
    }
    for name, condition in conditions.items():
        hub.make("POST", "/orgs/acme/rulesets", _ruleset(name=name, conditions=refs | condition))
    hub.make("POST", "/repos/acme/app/rulesets", _ruleset(name="own"))

    def names(repository: str, query: str = "") -> list[str]:
        return [ruleset["name"] for ruleset in hub.make("GET", f"/repos/acme/{repository}/rulesets{query}")]

    assert (names("app"), names("app", "?includes_parents=false")) == (["own", "named", "marked"], ["own"])
    assert names("other") == ["numbered"]
    rules = hub.make("GET", "/repos/acme/app/rules/branches/any/where")
    assert [rule["ruleset_source_type"] for rule in rules] == ["Organization", "Organization"]
    assert len(hub.make("GET", "/repos/acme/app/rules/branches/main")) == 3
    assert app["id"] != other["id"]


def test_an_organizations_ruleset_must_choose_repositories_one_way(hub: Hub) -> None:
    """None and two ways are refused."""
    answer = hub.call("POST", "/orgs/acme/rulesets", _ruleset())
    assert (answer.status, answer.message) == (422, "Validation Failed")


@pytest.mark.parametrize(
    ("pattern", "ref", "expected"),
    [
        ("refs/heads/main", "refs/heads/main", True),
        ("refs/heads/*", "refs/heads/a/b", False),
        ("refs/heads/**/*", "refs/heads/a/b", True),
        ("refs/heads/**/*", "refs/heads/a", True),
        ("refs/heads/v?.[0-9]", "refs/heads/v1.2", True),
        ("refs/heads/v[!0-9]", "refs/heads/v1", False),
        ("refs/heads/a.b", "refs/heads/axb", False),
        ("~DEFAULT_BRANCH", "refs/heads/trunk", True),
        ("~DEFAULT_BRANCH", "refs/heads/main", False),
        ("~ALL", "refs/heads/anything", True),
    ],
)
def test_patterns_match_as_githubs_do(pattern: str, ref: str, expected: bool) -> None:  # noqa: FBT001 - a table's row
    """`*` stays within a segment, `**/` spans segments, exclusions win."""
    conditions = Fields({"ref_name": {"include": [pattern], "exclude": []}})
    excluded = Fields({"ref_name": {"include": ["~ALL"], "exclude": [pattern]}})
    assert names_ref(conditions, ref, "trunk") is expected
    assert names_ref(excluded, ref, "trunk") is not expected


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_pattern_breaks_the_matching(pattern: str, ref: str) -> None:
    """Whatever text stands in a condition, the answer is yes or no."""
    conditions = Fields({"ref_name": {"include": [pattern], "exclude": []}})
    assert names_ref(conditions, ref, "main") in {True, False}
