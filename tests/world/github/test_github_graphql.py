"""GraphQL: GitHub's schema, answered by what REST says to the same caller."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinlock_world.github.urls import node_id
from twinlock_world.graphql import types
from twinlock_world.graphql.connection import connect
from twinlock_world.graphql.errors import QueryError
from twinlock_world.graphql.identifiers import number_of
from twinlock_world.graphql.schema import github_schema
from twinlock_world.graphql.thing import answered
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

RULESET: Final[dict[str, Any]] = {
    "name": "default",
    "target": "branch",
    "enforcement": "active",
    "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    "rules": [
        {"type": "deletion"},
        {
            "type": "required_status_checks",
            "parameters": {
                "strict_required_status_checks_policy": True,
                "required_status_checks": [{"context": "suite", "integration_id": None}],
            },
        },
    ],
}


def _ask(hub: Hub, query: str, *, by: str = "olga", **variables: object) -> Any:  # noqa: ANN401 - a test reads what it expects
    answer = hub.call("POST", "/graphql", {"query": query, "variables": variables}, by=by)
    assert answer.status == 200, answer.content
    return answer.json


def _data(hub: Hub, query: str, *, by: str = "olga", **variables: object) -> Any:  # noqa: ANN401 - as above
    found = _ask(hub, query, by=by, **variables)
    assert "errors" not in found, found["errors"]
    return found["data"]


def _message(hub: Hub, query: str, *, by: str = "olga", **variables: object) -> tuple[str | None, str]:
    error = _ask(hub, query, by=by, **variables)["errors"][0]
    return error.get("type"), error["message"]


def test_each_answered_field_is_of_the_schema() -> None:
    """A misspelt field would never be asked for, and so never be missed."""
    types.load()
    schema = github_schema()
    for kind, name in answered():
        found = schema.type_map[kind]
        assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType)
        assert name in found.fields, f"{kind}.{name}"


def test_it_stands_where_clients_look_for_it(hub: Hub) -> None:
    """Beside a REST API at the root, and beside one that is mounted."""
    for path in ("/graphql", "/api/graphql"):
        answer = hub.call("POST", path, {"query": "{viewer{login}}"}, by="alice")
        assert (answer.status, answer.json) == (200, {"data": {"viewer": {"login": "alice"}}})
    refused = hub.call("POST", "/graphql", {"query": "{viewer{login}}"}, by=None)
    assert (refused.status, refused.message) == (401, "This endpoint requires you to be authenticated.")


def test_rulesets_as_an_auditor_asks(hub: Hub) -> None:
    """Conditions, rules with parameters, and who bypasses them, as REST has them."""
    hub.repository()
    team = hub.team("crew", "alice")
    actors = [
        {"actor_id": team["id"], "actor_type": "Team", "bypass_mode": "pull_request"},
        {"actor_id": None, "actor_type": "OrganizationAdmin", "bypass_mode": "always"},
    ]
    hub.make("POST", "/repos/acme/app/rulesets", {**RULESET, "bypass_actors": actors})
    query = """{repository(owner:"acme", name:"app"){rulesets(first:9){totalCount nodes{name target enforcement
        conditions{refName{include exclude}}
        rules(first:9){nodes{type parameters{__typename ... on RequiredStatusChecksParameters{
            strictRequiredStatusChecksPolicy requiredStatusChecks{context integrationId}}}}}
        bypassActors(first:9){nodes{bypassMode organizationAdmin actor{... on Team{slug}}}}}}}}"""
    found = _data(hub, query)["repository"]["rulesets"]
    assert found == {
        "totalCount": 1,
        "nodes": [
            {
                "name": "default",
                "target": "BRANCH",
                "enforcement": "ACTIVE",
                "conditions": {"refName": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
                "rules": {
                    "nodes": [
                        {"type": "DELETION", "parameters": None},
                        {
                            "type": "REQUIRED_STATUS_CHECKS",
                            "parameters": {
                                "__typename": "RequiredStatusChecksParameters",
                                "strictRequiredStatusChecksPolicy": True,
                                "requiredStatusChecks": [{"context": "suite", "integrationId": None}],
                            },
                        },
                    ]
                },
                "bypassActors": {
                    "nodes": [
                        {"bypassMode": "PULL_REQUEST", "organizationAdmin": False, "actor": {"slug": "crew"}},
                        {"bypassMode": "ALWAYS", "organizationAdmin": True, "actor": None},
                    ]
                },
            }
        ],
    }


def test_who_bypasses_is_hidden_from_those_who_could_not_change_it(hub: Hub) -> None:
    """Hidden is null, which is not an empty list."""
    hub.repository()
    hub.make("PUT", "/repos/acme/app/collaborators/alice", {"permission": "push"})
    hub.make("POST", "/repos/acme/app/rulesets", {**RULESET, "bypass_actors": []})
    query = '{repository(owner:"acme", name:"app"){rulesets(first:9){nodes{bypassActors(first:9){totalCount}}}}}'
    assert _data(hub, query)["repository"]["rulesets"]["nodes"] == [{"bypassActors": {"totalCount": 0}}]
    assert _data(hub, query, by="alice")["repository"]["rulesets"]["nodes"] == [{"bypassActors": None}]


def test_environments_and_people_as_an_auditor_asks(hub: Hub) -> None:
    """Reviewers, timers and collaborators with their roles."""
    hub.repository()
    team = hub.team("releasers", "alice")
    reviewers = [{"type": "Team", "id": team["id"]}]
    settings = {"reviewers": reviewers, "prevent_self_review": True, "wait_timer": 5}
    hub.make("PUT", "/repos/acme/app/environments/production", settings)
    hub.make("PUT", "/repos/acme/app/collaborators/bob", {"permission": "admin"})
    query = """{repository(owner:"acme", name:"app"){
        environments(first:9){nodes{name protectionRules(first:9){nodes{type timeout preventSelfReview
            reviewers(first:9){nodes{__typename ... on Team{slug}}}}}}}
        collaborators(first:9, affiliation:DIRECT){edges{permission node{login}}}}}"""
    found = _data(hub, query)["repository"]
    assert found["environments"]["nodes"] == [
        {
            "name": "production",
            "protectionRules": {
                "nodes": [
                    {"type": "WAIT_TIMER", "timeout": 5, "preventSelfReview": None, "reviewers": {"nodes": []}},
                    {
                        "type": "REQUIRED_REVIEWERS",
                        "timeout": 0,
                        "preventSelfReview": True,
                        "reviewers": {"nodes": [{"__typename": "Team", "slug": "releasers"}]},
                    },
                ]
            },
        }
    ]
    assert found["collaborators"]["edges"] == [{"permission": "ADMIN", "node": {"login": "bob"}}]


def test_team_members_tell_own_from_inherited(hub: Hub) -> None:
    """`IMMEDIATE` leaves out who is only in a team below."""
    parent = hub.team("parent", "alice")
    hub.make("POST", "/orgs/acme/teams", {"name": "child", "parent_team_id": parent["id"], "privacy": "closed"})
    hub.make("PUT", "/orgs/acme/teams/child/memberships/bob", {"role": "maintainer"})
    hub.make("DELETE", "/orgs/acme/teams/child/memberships/olga")
    query = """query($m: TeamMembershipType){organization(login:"acme"){team(slug:"parent"){
        members(first:9, membership:$m){edges{role node{login}}}}}}"""

    def logins(membership: str) -> list[str]:
        edges = _data(hub, query, m=membership)["organization"]["team"]["members"]["edges"]
        return [edge["node"]["login"] for edge in edges]

    assert (logins("ALL"), logins("IMMEDIATE"), logins("CHILD_TEAM")) == (["alice", "bob"], ["alice"], ["bob"])


def test_a_protection_rule_is_made_changed_and_deleted(hub: Hub) -> None:
    """Also for a pattern, which REST cannot; an update leaves what it does not name; the log tells of each."""
    repository = hub.repository()
    team = hub.team("crew", "alice")
    create = """mutation($input: CreateBranchProtectionRuleInput!){createBranchProtectionRule(input:$input){
        clientMutationId branchProtectionRule{id pattern}}}"""
    wanted = {
        "repositoryId": repository["node_id"],
        "pattern": "release/*",
        "requiresApprovingReviews": True,
        "requiredApprovingReviewCount": 2,
        "requiresStatusChecks": True,
        "requiredStatusCheckContexts": ["suite"],
        "restrictsPushes": True,
        "pushActorIds": [team["node_id"]],
        "isAdminEnforced": True,
        "clientMutationId": "echo",
    }
    made = _data(hub, create, input=wanted)["createBranchProtectionRule"]
    assert (made["clientMutationId"], made["branchProtectionRule"]["pattern"]) == ("echo", "release/*")
    identifier = made["branchProtectionRule"]["id"]
    assert _message(hub, create, input=wanted) == ("UNPROCESSABLE", "Name already protected: release/*")
    read = """query($id: ID!){node(id:$id){... on BranchProtectionRule{requiredApprovingReviewCount isAdminEnforced
        requiredStatusCheckContexts restrictsPushes pushAllowances(first:9){nodes{actor{... on Team{slug}}}}}}}"""
    before = {
        "requiredApprovingReviewCount": 2,
        "isAdminEnforced": True,
        "requiredStatusCheckContexts": ["suite"],
        "restrictsPushes": True,
        "pushAllowances": {"nodes": [{"actor": {"slug": "crew"}}]},
    }
    assert _data(hub, read, id=identifier)["node"] == before
    update = """mutation($input: UpdateBranchProtectionRuleInput!){updateBranchProtectionRule(input:$input){
        branchProtectionRule{isAdminEnforced}}}"""
    _data(hub, update, input={"branchProtectionRuleId": identifier, "isAdminEnforced": False})
    assert _data(hub, read, id=identifier)["node"] == {**before, "isAdminEnforced": False}
    delete = """mutation($input: DeleteBranchProtectionRuleInput!){deleteBranchProtectionRule(input:$input){
        clientMutationId}}"""
    _data(hub, delete, input={"branchProtectionRuleId": identifier})
    gone = f"Could not resolve to a node with the global id of '{identifier}'"
    assert _message(hub, read, id=identifier) == ("NOT_FOUND", gone)
    log = hub.make("GET", "/orgs/acme/audit-log?phrase=action:protected_branch&order=asc")
    assert [entry["action"] for entry in log] == [
        "protected_branch.create",
        "protected_branch.update_admin_enforced",
        "protected_branch.destroy",
    ]


@pytest.mark.parametrize("login", ["alice", "reader", "mallory"])
def test_protection_rules_are_for_administrators(hub: Hub, login: str) -> None:
    """Who may not administer a repository neither makes nor reads one, and an outsider does not see the repository."""
    repository = hub.repository()
    create = "mutation($i: CreateBranchProtectionRuleInput!){createBranchProtectionRule(input:$i){clientMutationId}}"
    wanted = {"repositoryId": repository["node_id"], "pattern": "main"}
    kind, _message_text = _message(hub, create, by=login, i=wanted)
    assert kind == ("NOT_FOUND" if login == "mallory" else "FORBIDDEN")
    query = '{repository(owner:"acme", name:"app"){branchProtectionRules(first:1){totalCount}}}'
    assert _message(hub, query, by=login)[0] == ("NOT_FOUND" if login == "mallory" else "FORBIDDEN")


@pytest.mark.parametrize(
    ("query", "kind", "message"),
    [
        (
            '{repository(owner:"acme", name:"x"){id}}',
            "NOT_FOUND",
            "Could not resolve to a Repository with the name 'acme/x'.",
        ),
        ('{organization(login:"no"){id}}', "NOT_FOUND", "Could not resolve to an Organization with the login of 'no'."),
        ('{user(login:"no"){id}}', "NOT_FOUND", "Could not resolve to a User with the login of 'no'."),
        ('{node(id:"R_1"){id}}', "NOT_FOUND", "Could not resolve to a node with the global id of 'R_1'"),
        ("{viewer{bioHTML}}", "NOT_IMPLEMENTED", "This world does not answer User.bioHTML"),
        (
            '{organization(login:"acme"){teams{nodes{id}}}}',
            "MISSING_PAGINATION_BOUNDARIES",
            "You must provide a `first` or `last` value to properly paginate the `teams` connection.",
        ),
        (
            '{organization(login:"acme"){teams(first:101){nodes{id}}}}',
            "EXCESSIVE_PAGINATION",
            "Requesting 101 records on the `teams` connection exceeds the `first` limit of 100 records.",
        ),
    ],
)
def test_what_cannot_be_answered_is_said_in_githubs_words(hub: Hub, query: str, kind: str, message: str) -> None:
    """An error has a kind, by which clients tell them apart, and names what is missing."""
    assert _message(hub, query) == (kind, message)


def test_an_unmodelled_field_is_counted(hub: Hub) -> None:
    """The status shows what was asked for in vain."""
    _ask(hub, "{viewer{bioHTML}}")
    assert hub.app.statistics.unknown_routes["GraphQL User.bioHTML"] == 1


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"query": 3}',
        b'{"query": "{"}',
        b'{"query": "{viewer{login}}", "variables": 3}',
        b'{"query": "{viewer{login}}", "operationName": "other"}',
        b'{"query": "subscription{x}"}',
        b'{"query": "query($id: ID!){node(id:$id){id}}"}',
        ('{"query": "' + "{viewer" * 3000 + '"}').encode(),
        ('{"query": "{viewer{login}' + " a:viewer{login}" * 20_000 + '}"}').encode(),
    ],
)
def test_a_malformed_request_is_an_answer(hub: Hub, body: bytes) -> None:
    """Whatever comes is refused in a document; nothing fails, nothing hangs."""
    answer = hub.call("POST", "/graphql", body)
    assert answer.status in {200, 400, 422}
    assert "message" in answer.json or answer.json["errors"]


@given(st.integers(0, 2**32 - 1), st.sampled_from(["R", "BPR", "PR", "PRRT"]))
def test_every_number_comes_back_from_its_id(number: int, prefix: str) -> None:
    """Also where the packed number holds the letter that ends a prefix."""
    assert number_of(node_id(prefix, number)) == number


@given(st.text())
def test_any_text_is_an_id_or_none(text: str) -> None:
    """No text makes the reader fail."""
    assert number_of(text) is None or isinstance(number_of(text), int)


@given(st.lists(st.integers(), max_size=30), st.integers(1, 7), st.booleans())
def test_pages_lead_through_the_whole_list(items: list[int], size: int, forwards: bool) -> None:  # noqa: FBT001 - drawn
    """Following the cursors from either end shows each item once, in order."""
    seen: list[int] = []
    arguments: dict[str, Any] = {"first": size} if forwards else {"last": size}
    while True:
        found: Any = connect("things", items, Fields(arguments))
        seen = [*seen, *found["nodes"]] if forwards else [*found["nodes"], *seen]
        page = found["pageInfo"]
        if not page["hasNextPage" if forwards else "hasPreviousPage"]:
            break
        arguments |= {"after": page["endCursor"]} if forwards else {"before": page["startCursor"]}
    assert seen == items


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_any_cursor_is_one_or_refused(text: str) -> None:
    """A cursor of another list, or of nothing, is a refusal by name."""
    try:
        connect("things", [1, 2], Fields({"first": 1, "after": text}))
    except QueryError as error:
        assert error.kind == "INVALID_CURSOR_ARGUMENTS"  # noqa: PT017 - either outcome is right


def test_a_branch_is_read_to_its_commit(hub: Hub) -> None:
    """Refs, commits and their authors are what git holds."""
    hub.repository()
    content = {"message": "Say\n\nmore", "content": base64.b64encode(b"x").decode()}
    hub.make("PUT", "/repos/acme/app/contents/x", content)
    query = """{repository(owner:"acme", name:"app"){defaultBranchRef{name prefix target{... on Commit{
        messageHeadline messageBody author{user{login}} parents(first:2){totalCount}}}}}}"""
    assert _data(hub, query)["repository"]["defaultBranchRef"] == {
        "name": "main",
        "prefix": "refs/heads/",
        "target": {
            "messageHeadline": "Say",
            "messageBody": "more",
            "author": {"user": {"login": "olga"}},
            "parents": {"totalCount": 1},
        },
    }
