"""The audit log: every change of a setting stands in it, under GitHub's name, with who made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.audit_phrase import PhraseError, parse
from twinlock_world.events import Event
from twinlock_world.github.changes import TABLES
from twinlock_world.github.changes.watcher import named
from twinlock_world.github.routes import (
    ROUTES,
    access,
    actions,
    environments,
    hooks,
    keys,
    organizations,
    properties,
    repositories,
    rulesets,
    secrets,
    teams,
)

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

LOG: Final = "/orgs/acme/audit-log"
SETTINGS: Final = (
    access,
    actions,
    environments,
    hooks,
    keys,
    organizations,
    properties,
    repositories,
    rulesets,
    secrets,
    teams,
)
UNRECORDED: Final = {"/autolinks"}  # they guard nothing, and GitHub's log does not know them
RULESET: Final[dict[str, Any]] = {
    "name": "default",
    "target": "branch",
    "enforcement": "active",
    "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    "rules": [{"type": "deletion"}, {"type": "non_fast_forward"}],
    "bypass_actors": [{"actor_id": None, "actor_type": "OrganizationAdmin", "bypass_mode": "always"}],
}


def _entries(hub: Hub, since: int = 0) -> list[Any]:
    found: list[Any] = hub.make("GET", f"{LOG}?order=asc&per_page=100")
    return found[since:]


def _actions(hub: Hub, since: int = 0) -> list[str]:
    return [entry["action"] for entry in _entries(hub, since)]


def test_each_settings_route_is_recorded() -> None:
    """A route that changes a setting and stands in no table would change it unseen."""
    known = {key for table in TABLES for key in table}
    writing = {(r.method, named(r.template)) for m in SETTINGS for r in m.ROUTES if r.method != "GET"}
    missing = {key for key in writing - known if not any(part in key[1] for part in UNRECORDED)}
    assert missing == set()


def test_the_tables_name_no_route_that_is_not_there() -> None:
    """But for classic branch protection, whose routes stand elsewhere, each line answers to a route."""
    served = {(route.method, named(route.template)) for route in ROUTES}
    idle = {key for table in TABLES for key in table if key not in served and "/protection" not in key[1]}
    assert idle == set()


def test_an_entry_says_who_did_what_where_and_when(hub: Hub) -> None:
    """People are named by login, apps as bots; the time is the world's, in milliseconds."""
    repository = hub.repository()
    made = hub.make("GET", f"{LOG}?phrase=action:repo.create")[0]
    assert {name: made[name] for name in made if name not in {"_document_id", "@timestamp", "created_at"}} == {
        "action": "repo.create",
        "actor": "olga",
        "actor_id": hub.make("GET", "/users/olga")["id"],
        "actor_is_bot": False,
        "operation_type": "create",
        "org": "acme",
        "org_id": hub.organization.id,
        "programmatic_access_type": "Personal access token (classic)",
        "repo": "acme/app",
        "repo_id": repository["id"],
        "visibility": "private",
    }
    assert abs(made["@timestamp"] / 1000 - hub.store.clock.now().timestamp()) < 60
    hub.make("PATCH", "/repos/acme/app", {"default_branch": "main", "delete_branch_on_merge": True}, by="writer")
    changed = _entries(hub)[-1]
    assert (changed["action"], changed["actor"], changed["actor_is_bot"]) == (
        "repo.change_merge_setting",
        "writer[bot]",
        True,
    )


def test_a_changed_ruleset_is_told_part_by_part(hub: Hub) -> None:
    """What was added, deleted and updated stands there in GitHub's fields; a PUT of the same is no change."""
    hub.repository()
    made = hub.make("POST", "/repos/acme/app/rulesets", RULESET)
    since = len(_entries(hub))
    path = f"/repos/acme/app/rulesets/{made['id']}"
    hub.make("PUT", path, RULESET)
    assert _actions(hub, since) == []
    other = {"rules": [{"type": "deletion"}, {"type": "creation"}], "bypass_actors": [], "enforcement": "disabled"}
    hub.make("PUT", path, {**RULESET, **other})
    hub.make("DELETE", path)
    update, destroy = _entries(hub, since)
    told = {name: value for name, value in update.items() if name.startswith("ruleset_")}
    assert told == {
        "ruleset_bypass_actors_deleted": made["bypass_actors"],
        "ruleset_enforcement": "disabled",
        "ruleset_id": made["id"],
        "ruleset_name": "default",
        "ruleset_old_enforcement": "active",
        "ruleset_rules_added": [{"type": "creation"}],
        "ruleset_rules_deleted": [{"type": "non_fast_forward"}],
        "ruleset_source_type": "Repository",
    }
    assert (destroy["action"], destroy["operation_type"]) == ("repository_ruleset.destroy", "remove")


def test_an_environments_loss_of_reviewers_is_told(hub: Hub) -> None:
    """Also the change that an engine's refresh does not see leaves its trace, with who approved before."""
    hub.repository()
    team = hub.team("releasers", "alice")
    path = "/repos/acme/app/environments/production"
    reviewers = [{"type": "Team", "id": team["id"]}]
    since = len(_entries(hub))
    hub.make("PUT", path, {"reviewers": reviewers, "prevent_self_review": True, "can_admins_bypass": False})
    hub.make("PUT", path, {"reviewers": reviewers, "prevent_self_review": False, "can_admins_bypass": False})
    hub.make("PUT", path, {"reviewers": [], "can_admins_bypass": True})
    hub.make("DELETE", path)
    assert _actions(hub, since) == [
        "environment.create",
        "environment.add_protection_rule",
        "environment.update_protection_rule",
        "environment.remove_protection_rule",
        "environment.update_protection_rule",
        "environment.delete",
    ]
    removed, bypass = _entries(hub, since)[3:5]
    assert (removed["environment_name"], removed["approvers_was"], removed["approvers"]) == (
        "production",
        ["Team:releasers"],
        [],
    )
    assert bypass["can_admins_bypass"] is True


CHANGES: Final[list[tuple[str, str, Any, list[str]]]] = [
    ("PATCH", "/orgs/acme", {"default_repository_permission": "none"}, ["org.update_default_repository_permission"]),
    (
        "PATCH",
        "/orgs/acme",
        {"members_can_create_public_repositories": False},
        ["org.update_member_repository_creation_permission"],
    ),
    ("PUT", "/orgs/acme/memberships/alice", {"role": "admin"}, ["org.update_member"]),
    ("PUT", "/orgs/acme/memberships/mallory", {"role": "member"}, ["org.invite_member"]),
    ("DELETE", "/orgs/acme/members/bob", None, ["org.remove_member"]),
    (
        "PUT",
        "/orgs/acme/actions/permissions/workflow",
        {"default_workflow_permissions": "write"},
        ["org.set_default_workflow_permissions"],
    ),
    ("PUT", "/orgs/acme/actions/permissions", {"enabled_repositories": "none"}, ["org.update_actions_settings"]),
    ("POST", "/orgs/acme/teams", {"name": "crew"}, ["team.create"]),
    ("PUT", "/orgs/acme/teams/t/memberships/bob", {"role": "member"}, ["team.add_member"]),
    ("PUT", "/orgs/acme/teams/t/memberships/alice", {"role": "maintainer"}, ["team.promote_maintainer"]),
    ("DELETE", "/orgs/acme/teams/t/memberships/alice", None, ["team.remove_member"]),
    ("PUT", "/orgs/acme/teams/t/repos/acme/app", {"permission": "push"}, ["team.add_repository"]),
    ("PATCH", "/orgs/acme/teams/t", {"privacy": "secret"}, ["team.change_privacy"]),
    ("DELETE", "/orgs/acme/teams/t", None, ["team.destroy"]),
    ("PATCH", "/repos/acme/app", {"visibility": "public"}, ["repo.access"]),
    ("PATCH", "/repos/acme/app", {"name": "other"}, ["repo.rename"]),
    ("PATCH", "/repos/acme/app", {"archived": True}, ["repo.archived"]),
    ("DELETE", "/repos/acme/app", None, ["repo.destroy"]),
    ("PUT", "/repos/acme/app/topics", {"names": ["one"]}, ["repo.add_topic"]),
    ("PUT", "/repos/acme/app/collaborators/alice", {"permission": "admin"}, ["repo.add_member"]),
    ("PUT", "/repos/acme/app/collaborators/mallory", {"permission": "push"}, ["repository_invitation.create"]),
    ("PUT", "/repos/acme/app/actions/permissions", {"enabled": False}, ["repo.update_actions_settings"]),
    (
        "PUT",
        "/repos/acme/app/actions/permissions/access",
        {"access_level": "organization"},
        ["repo.update_actions_access_settings"],
    ),
    (
        "PUT",
        "/repos/acme/app/actions/oidc/customization/sub",
        {"use_default": False, "include_claim_keys": ["repo"]},
        ["repo.update_actions_settings"],
    ),
    ("POST", "/repos/acme/app/actions/variables", {"name": "A", "value": "b"}, ["repo.create_actions_variable"]),
    ("POST", "/repos/acme/app/hooks", {"config": {"url": "http://127.0.0.1:9/"}}, ["hook.create"]),
    ("PUT", "/orgs/acme/properties/schema/kind", {"value_type": "string"}, ["custom_property_definition.create"]),
    ("PUT", "/repos/acme/app/vulnerability-alerts", None, ["repository_vulnerability_alerts.enable"]),
]


@pytest.mark.parametrize(("method", "path", "body", "expected"), CHANGES, ids=lambda value: str(value)[:40])
def test_each_change_has_its_entry(hub: Hub, method: str, path: str, body: Any, expected: list[str]) -> None:  # noqa: ANN401 - a JSON body
    """A change makes exactly the entries that GitHub documents for it, by whoever made it."""
    hub.repository()
    hub.team("t", "alice")
    since = len(_entries(hub))
    hub.make(method, path, body)
    assert _actions(hub, since) == expected
    assert {entry["actor"] for entry in _entries(hub, since)} == {"olga"}


def test_a_refused_change_leaves_no_entry(hub: Hub) -> None:
    """Only what happened stands in the log."""
    hub.repository()
    since = len(_entries(hub))
    assert hub.call("DELETE", "/repos/acme/app", by="alice").status in {403, 404}
    assert hub.call("PATCH", "/repos/acme/app", {"visibility": "odd"}).status == 422
    assert _actions(hub, since) == []


def test_only_owners_and_apps_that_may_read_it_do(hub: Hub) -> None:
    """A member's request is refused as for every administration of the organization."""
    assert hub.call("GET", LOG, by="alice").status == 403
    assert hub.call("GET", LOG, by="mallory").status == 404
    assert hub.call("GET", LOG, by=None).status == 401
    assert hub.call("GET", LOG, by="reader").status == 403
    assert hub.call("GET", LOG, by="writer").status == 200


def test_pages_lead_through_the_whole_log(hub: Hub) -> None:
    """Following `next` from either end shows each entry once; `prev` leads back."""
    for number in range(5):
        hub.make("POST", "/orgs/acme/teams", {"name": f"t{number}"})
    for order in ("asc", "desc"):
        seen, path, pages = [], f"{LOG}?order={order}&per_page=2&phrase=action:team", 0
        while path:
            answer = hub.call("GET", path)
            seen += [entry["team"] for entry in answer.json]
            links = dict(part.split("; ")[::-1] for part in answer.headers.get("link", "").split(", ") if part)
            path, pages = links.get('rel="next"', "")[1:-1].removeprefix("http://127.0.0.1:4000"), pages + 1
        expected = [f"acme/t{number}" for number in range(5)]
        assert (seen, pages) == (expected if order == "asc" else expected[::-1], 3)
    back = links['rel="prev"'][1:-1].removeprefix("http://127.0.0.1:4000")
    assert [entry["team"] for entry in hub.make("GET", back)] == ["acme/t2", "acme/t1"]


def test_gits_own_events_come_when_asked_for(hub: Hub) -> None:
    """A push is no change of a setting; `include` shows it."""
    repository = hub.repository()
    payload = {"ref": "refs/heads/main", "before": "0" * 40, "after": "1" * 40}
    hub.store.events.publish(Event("push", None, hub.organization.id, repository["id"], None, payload))
    assert "git.push" not in _actions(hub)
    assert [entry["action"] for entry in hub.make("GET", f"{LOG}?include=git")] == ["git.push"]
    assert hub.make("GET", f"{LOG}?include=all")[0]["ref"] == "refs/heads/main"


ENTRY: Final[dict[str, Any]] = {
    "action": "team.add_member",
    "actor": "olga",
    "created_at": 1_767_268_800_000,  # 2026-01-01T12:00:00Z
    "operation_type": "create",
    "org": "acme",
    "user": "alice",
}


@pytest.mark.parametrize(
    ("phrase", "asked"),
    [
        ("", True),
        ("action:team", True),
        ("action:team.add_member actor:OLGA", True),
        ("action:team.add", False),
        ("-action:team", False),
        ("actor:olga actor:otto", True),
        ("actor:olga user:bob", False),
        ("created:2026-01-01", True),
        ("created:>2026-01-01", False),
        ("created:>=2026-01-01", True),
        ("created:<2026-01-01", False),
        ("created:2025-12-31..2026-01-02", True),
        ("created:2026-01-01T12:00:00Z", True),
        ("operation:create repo:acme/app", False),
        ('actor:"olga"', True),
    ],
)
def test_a_phrase_asks_for_some(phrase: str, asked: bool) -> None:  # noqa: FBT001 - a table's column
    """Qualifiers join as GitHub documents: kinds by and, one kind's values by or, a dash excludes."""
    assert parse(phrase).matches(ENTRY) is asked


@pytest.mark.parametrize(("phrase", "name"), [("country:de", "country"), ("word", "word"), ("created:soon", "soon")])
def test_what_cannot_be_searched_is_named(hub: Hub, phrase: str, name: str) -> None:
    """An unmodelled search answers 501, never with all or nothing."""
    answer = hub.call("GET", f"{LOG}?phrase={phrase}")
    assert (answer.status, name in answer.message) == (501, True)


@given(st.text())
def test_any_phrase_is_read_or_refused(text: str) -> None:
    """No text makes the parser fail in another way, or hang."""
    try:
        parse(text).matches(ENTRY)
    except PhraseError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
