"""`/_world`: who may use it, and what it does to a running world."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.conftest import RunningWorld

SEED = {
    "organization": {"login": "acme"},
    "users": [{"login": "newcomer", "role": "member"}],
    "apps": [{"slug": "late", "permissions": {"contents": "read"}}],
    "aws": {"region": "eu-west-1", "accounts": [{"name": "third", "id": "333333333333"}]},
}
PATHS = [
    ("GET", "clock"),
    ("POST", "apps/key"),
    ("POST", "clock"),
    ("DELETE", "faults"),
    ("GET", "dump"),
    ("GET", "faults"),
    ("GET", "status"),
    ("POST", "limits"),
    ("POST", "seed"),
    ("POST", "shutdown"),
    ("POST", "tokens/expire"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("login", [None, "alice", "mallory", "writer"])
def test_only_owners_may(world: RunningWorld, method: str, path: str, login: str | None) -> None:
    """Neither members nor apps nor strangers get in."""
    answer = world.request(method, f"/_world/{path}", login)
    expected = {"message": "The token of an organization owner is needed", "status": "401"}
    assert (answer.status_code, answer.json()) == (401, expected)


def test_health_is_for_everybody(world: RunningWorld) -> None:
    """Whoever waits for the server needs no token."""
    answer = world.request("GET", "/_world/health", None)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(("method", "path"), [("GET", "nothing"), ("DELETE", "dump"), ("GET", "seed"), ("GET", "")])
def test_what_is_not_there_is_not_found(world: RunningWorld, method: str, path: str) -> None:
    """A path or method that isn't one is named."""
    answer = world.request(method, f"/_world/{path}")
    expected = {"message": f"No {method} /_world/{path} here", "status": "404"}
    assert (answer.status_code, answer.json()) == (404, expected)


def test_more_accounts_can_be_seeded(start_world: Callable[..., RunningWorld]) -> None:
    """New people, apps and accounts work at once; those who were there keep their credentials, also after a restart."""
    world = start_world()
    answer = world.request("POST", "/_world/seed", document=SEED)
    assert answer.status_code == 200
    before, after = world.ready, answer.json()
    assert set(after["github"]["tokens"]) - set(before["github"]["tokens"]) == {"newcomer", "late"}
    assert before["github"]["tokens"].items() <= after["github"]["tokens"].items()
    assert before["aws"]["accounts"].items() <= after["aws"]["accounts"].items()
    assert world.request("POST", "/_world/seed", document=SEED).json() == after
    world.ready = after
    assert world.request("GET", "/user", "newcomer").json()["login"] == "newcomer"
    assert world.aws("sts", "third").get_caller_identity()["Account"] == "333333333333"
    assert world.stop() == 0
    again = start_world(world.state).ready
    assert again["github"]["tokens"] == after["github"]["tokens"]
    assert set(again["aws"]["accounts"]) == {"first", "second", "third"}


def test_a_wrong_seed_changes_nothing(world: RunningWorld) -> None:
    """The refusal says where it is wrong."""
    users = [{"login": "wrong-one", "role": "member"}, {"login": "wrong two", "role": "member"}]
    answer = world.request("POST", "/_world/seed", document={**SEED, "users": users})
    expected = {"message": "users/1/login: 'wrong two' is not possible", "status": "422"}
    assert (answer.status_code, answer.json()) == (422, expected)
    assert world.request("GET", "/users/wrong-one").status_code == 404


def test_a_body_has_a_limit(world: RunningWorld) -> None:
    """A body beyond it isn't kept in memory."""
    headers = {"authorization": f"Bearer {world.token('olga')}"}
    answer = world.client.post(f"{world.url}/_world/seed", headers=headers, content=b" " * (4 * 1024 * 1024 + 1))
    expected = {"message": "A request here has at most 4194304 bytes", "status": "413"}
    assert (answer.status_code, answer.json()) == (413, expected)


@pytest.mark.parametrize("login", ["alice", "reader"])
def test_an_expired_token_opens_nothing(start_world: Callable[..., RunningWorld], login: str) -> None:
    """Neither REST nor git takes it; everybody else's goes on working."""
    world = start_world()
    answer = world.request("POST", "/_world/tokens/expire", document={"login": login})
    assert (answer.status_code, answer.json()) == (200, {"login": login, "expired": True})
    refused = world.request("GET", "/orgs/acme", login)
    assert (refused.status_code, refused.json()["message"]) == (401, "Bad credentials")
    advertised = world.request("GET", "/acme/any.git/info/refs?service=git-upload-pack", login)
    assert advertised.status_code == 401
    assert world.request("GET", "/orgs/acme").status_code == 200


@pytest.mark.parametrize(
    ("document", "status", "message"),
    [
        ({"login": "nobody"}, 404, "Nobody is called nobody"),
        ({}, 422, 'The body must be {"login": "..."}'),
        ([1], 422, 'The body must be {"login": "..."}'),
        (None, 422, 'The body must be {"login": "..."}'),
    ],
)
def test_a_token_of_nobody_cannot_expire(world: RunningWorld, document: object, status: int, message: str) -> None:
    """A name that nobody has, or none at all, is refused."""
    answer = world.request("POST", "/_world/tokens/expire", document=document)
    assert (answer.status_code, answer.json()) == (status, {"message": message, "status": str(status)})


def test_the_status_counts(start_world: Callable[..., RunningWorld]) -> None:
    """What there is, what was asked for, what was missing, and what is only kept."""
    world = start_world()
    world.repository("counted")
    assert world.request("GET", "/repos/acme/counted/no/such/route").status_code == 501
    world.request("GET", "/acme/counted.git/info/refs?service=git-upload-pack")
    found = world.request("GET", "/_world/status").json()
    assert found["pid"] == world.process.pid
    assert found["github"]["records"]["repository"] == 1
    assert "token" not in found["github"]["records"]
    assert found["github"]["requests"] == 2
    assert found["github"]["unknown_routes"] == {"GET /repos/{owner}/{repo}/no/such/route": 1}
    assert found["git"] == {"requests": {"info/refs": 1}}
    assert found["aws"]["empty_since_start"] is True
    assert any(line.startswith("AWS: ") for line in found["not_enforced"])


def test_a_dump_holds_no_secret(start_world: Callable[..., RunningWorld]) -> None:
    """Neither tokens nor keys are in it, nor in the status."""
    world = start_world()
    shown = world.request("GET", "/_world/dump").text + world.request("GET", "/_world/status").text
    secrets = [*world.ready["github"]["tokens"].values()]
    secrets += [
        account[key] for account in world.ready["aws"]["accounts"].values() for key in ("access_key", "secret_key")
    ]
    assert [secret for secret in secrets if secret in shown] == []


def test_worlds_in_which_the_same_was_done_are_equal(start_world: Callable[..., RunningWorld]) -> None:
    """Order, ids, times and ports leave no trace in a normalised dump; what was done does."""
    dumps = []
    for names in (("one", "two"), ("two", "one")):
        world = start_world()
        made = {name: world.repository(name) for name in names}
        owner = made["one"]["owner"]["id"]
        subject = f"repo:acme@{owner}/one@{made['one']['id']}:ref:refs/heads/main"
        condition = {"StringEquals": {"issuer:sub": subject, "issuer:repository_id": str(made["one"]["id"])}}
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Condition": condition}]}
        world.aws("iam").create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(trust))
        dumps.append(world.request("GET", "/_world/dump?normalised=true").content)
    assert dumps[0] == dumps[1]
    assert b"repo:acme@{acme}/one@{one}:ref:refs/heads/main" in dumps[0]
    world.repository("three")
    assert world.request("GET", "/_world/dump?normalised=true").content != dumps[0]


def test_a_dump_shows_what_was_pushed(
    start_world: Callable[..., RunningWorld], git: Callable[..., object], work_tree: object
) -> None:
    """Refs are part of it: a branch that moved makes another dump."""
    world = start_world()
    world.repository("pushed")
    empty = world.request("GET", "/_world/dump?normalised=true").text
    git("push", "--quiet", world.git_url("pushed"), "main", cwd=work_tree)
    filled = world.request("GET", "/_world/dump?normalised=true").text
    assert "refs/heads/main" in filled
    assert filled != empty
