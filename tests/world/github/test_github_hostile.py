"""Whatever is sent to whichever route, the answer is GitHub's: never a failure of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinlock_world.github.routes import ROUTES

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

    from twinlock_world.jsonvalue import JsonValue

NAMES: Final = {
    "org": "acme",
    "owner": "acme",
    "repo": "app",
    "username": "alice",
    "team_slug": "team",
    "environment": "production",
    "name": "NAME",
    "path": "README.md",
    "ref": "heads/main",
    "branch": "main",
    "tree": "main",
    "app_slug": "writer",
    "property": "kind",
}
FIELDS: Final = sorted(
    [
        "name",
        "description",
        "private",
        "visibility",
        "default_branch",
        "archived",
        "topics",
        "names",
        "security_and_analysis",
        "target",
        "enforcement",
        "bypass_actors",
        "conditions",
        "rules",
        "wait_timer",
        "reviewers",
        "deployment_branch_policy",
        "type",
        "integration_id",
        "enabled",
        "allowed_actions",
        "selected_repository_ids",
        "include_claim_keys",
        "use_default",
        "permission",
        "role",
        "parent_team_id",
        "maintainers",
        "repo_names",
        "key",
        "title",
        "read_only",
        "config",
        "events",
        "key_prefix",
        "url_template",
        "value",
        "value_type",
        "allowed_values",
        "default_value",
        "properties",
        "key_id",
        "encrypted_value",
        "message",
        "content",
        "sha",
        "branch",
        "author",
        "committer",
        "ref",
        "force",
        "tree",
        "base_tree",
        "parents",
        "new_name",
        "state",
        "encoding",
    ]
)
WRITES: Final = sorted({(route.method, route.template) for route in ROUTES if route.method in {"POST", "PUT", "PATCH"}})

texts = st.text(max_size=8) | st.sampled_from(
    ["\0", "main", "refs/heads/x", "--all", "\ud800", "acme/app", "~ALL", ".."]
)
leaves = st.none() | st.booleans() | st.integers(-2, 2**70) | st.floats() | texts
values: st.SearchStrategy[JsonValue] = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=6,
)
bodies = st.dictionaries(st.sampled_from(FIELDS), values, max_size=5)


def _path(template: str, hub: Hub) -> str:
    for name, value in {**NAMES, "organization_id": str(hub.organization.id)}.items():
        template = template.replace(f"{{{name}}}", value).replace(f"{{{name}...}}", value)
    return template


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize(("method", "template"), WRITES)
@given(body=bodies)
def test_no_body_breaks_a_route(hub: Hub, method: str, template: str, body: JsonValue) -> None:
    """Every write answers with a status of its own for any JSON at all."""
    if hub.call("GET", "/repos/acme/app").status == 404:
        hub.repository()
        hub.call("PUT", "/repos/acme/app/environments/production")
        hub.call("POST", "/orgs/acme/teams", {"name": "team"})
    answer = hub.call(method, _path(template, hub), body)
    assert answer.status < 500, (answer.status, answer.content)
    if answer.status >= 400:
        assert answer.message


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "DELETE", "HEAD", "OPTIONS", "BREW"]),
    path=st.text(st.characters(codec="latin-1", exclude_characters="?#"), max_size=30),
    query=st.text(st.characters(codec="latin-1"), max_size=20),
    authorization=st.none() | st.text(st.characters(codec="latin-1"), max_size=20),
)
def test_no_request_line_or_header_breaks_the_server(
    hub: Hub, method: str, path: str, query: str, authorization: str | None
) -> None:
    """Raw bytes of any kind are answered, unknown routes with 501."""
    headers = {} if authorization is None else {"authorization": authorization}
    for start in ("/", "/repos/acme/", "/api/v3/orgs/acme/"):
        answer = hub.call(method, f"{start}{path}?{query}", by=None, headers=headers)
        assert answer.status < 500 or answer.status == 501
