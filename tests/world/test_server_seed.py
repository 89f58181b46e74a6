"""The seed: what is accepted, what is refused and in which words, and that planting only ever adds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.github.accounts import account_of_token, expire_token
from twinlock_world.seed import AccountSeed, AppSeed, Seed, SeedError, UserSeed, accounts, parse, plant, tokens
from twinlock_world.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FULL: Final[dict[str, Any]] = {
    "organization": {"login": "acme", "plan": "team", "name": "Acme Inc."},
    "users": [{"login": "olga", "role": "owner"}, {"login": "alice", "role": "member"}],
    "apps": [{"slug": "some-app", "permissions": {"contents": "write"}}],
    "aws": {"region": "eu-west-1", "accounts": [{"name": "build", "id": "444444444444"}]},
}
SMALL: Final[dict[str, Any]] = {"organization": {"login": "acme"}, "aws": {"region": "eu-west-1"}}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store."""
    opened = Store.open(tmp_path / "store.sqlite")
    yield opened
    opened.close()


def parsed(**changed: object) -> Seed:
    """Return the full seed with some keys changed."""
    return parse(json.dumps({**FULL, **changed}).encode())


def refusal(document: object) -> str:
    """Return the words in which a document is refused."""
    with pytest.raises(SeedError) as caught:
        parse(json.dumps(document).encode())
    return str(caught.value)


def test_every_key_is_read() -> None:
    """A seed is what the document says."""
    assert parsed() == Seed(
        organization="acme",
        plan="team",
        organization_name="Acme Inc.",
        users=(UserSeed("olga", "owner"), UserSeed("alice", "member")),
        apps=(AppSeed("some-app", {"contents": "write"}),),
        region="eu-west-1",
        accounts=(AccountSeed("build", "444444444444"),),
    )


def test_what_may_be_left_out_has_a_default() -> None:
    """An organization without a plan has the largest one; lists may be missing."""
    assert parse(json.dumps(SMALL).encode()) == Seed("acme", "enterprise", "acme", (), (), "eu-west-1", ())


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"organisation": {}}, "organisation: is no key here; did you mean organization?"),
        ({"xyz": 1}, "xyz: is no key here; known: organization, users, apps, aws"),
        ({"organization": []}, "organization: [] is not an object"),
        ({"organization": {}}, "organization/login: wasn't supplied"),
        ({"organization": {"login": "a b"}}, "organization/login: 'a b' is not possible"),
        (
            {"organization": {"login": "acme", "plan": "pro"}},
            "organization/plan: `pro` is not a possible value. Must be one of the following: free, team, enterprise.",
        ),
        ({"users": {}}, "users: {} is not an array"),
        ({"users": [1]}, "users/0: 1 is not an object"),
        ({"users": [{"login": "../x", "role": "member"}]}, "users/0/login: '../x' is not possible"),
        ({"users": [{"login": "x" * 200, "role": "member"}]}, f"users/0/login: '{'x' * 80}' is not possible"),
        (
            {"users": [{"login": "a", "role": "\x1b[2J\n"}]},
            "users/0/role: `?[2J?` is not a possible value. Must be one of the following: owner, member, outsider.",
        ),
        ({"users": [{"login": "a", "rôle": "member"}]}, "users/0/rôle: is no key here; did you mean role?"),
        (
            {"users": [{"login": "a", "role": "admin"}]},
            "users/0/role: `admin` is not a possible value. Must be one of the following: owner, member, outsider.",
        ),
        (
            {"users": [{"login": "Ann", "role": "owner"}, {"login": "ann", "role": "owner"}]},
            "login or slug: 'ann' stands there twice",
        ),
        ({"apps": [{"slug": "acme", "permissions": {}}]}, "login or slug: 'acme' stands there twice"),
        ({"apps": [{"slug": "App", "permissions": {}}]}, "apps/0/slug: 'App' is not possible"),
        ({"apps": [{"slug": "a"}]}, "apps/0/permissions: wasn't supplied"),
        (
            {"apps": [{"slug": "a", "permissions": {"contents": True}}]},
            "apps/0/permissions/contents: true is not a string",
        ),
        (
            {"apps": [{"slug": "a", "permissions": {"Contents": "read"}}]},
            "apps/0/permissions/Contents: is no permission's name",
        ),
        ({"aws": {"region": "moon"}}, "aws/region: 'moon' is not possible"),
        (
            {"aws": {"region": "eu-west-1", "accounts": [{"name": "a", "id": 444444444444}]}},
            "aws/accounts/0/id: 444444444444 is not a string",
        ),
        (
            {"aws": {"region": "eu-west-1", "accounts": [{"name": n, "id": "4" * 12} for n in "ab"]}},
            "AWS account id: '444444444444' stands there twice",
        ),
    ],
)
def test_a_mistake_is_named_where_it_stands(changed: dict[str, object], message: str) -> None:
    """The message leads to the place, and says what would be right where that can be known."""
    assert refusal({**FULL, **changed}) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the seed is no JSON: Expecting value: line 1 column 1 (char 0)"),
        (b'{"a": 1, "a": 2}', "the seed is no JSON: an object holds a key twice"),
        (b"[]", "it: is not an object"),
        (b"[" * 100_000, "the seed is nested too deeply"),
        (b" " * (4 * 1024 * 1024 + 1), "the seed has 4194305 bytes; at most 4194304 are read"),
    ],
)
def test_what_is_no_seed_at_all_is_refused(content: bytes, message: str) -> None:
    """Text that isn't JSON, or isn't an object, is refused in one line."""
    with pytest.raises(SeedError) as caught:
        parse(content)
    assert str(caught.value) == message


def _outcome(content: bytes) -> str:
    try:
        return parse(content).organization
    except SeedError as error:
        return str(error)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["login", "role", "slug", "id", "x"]), inner)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*FULL, "x"]), json_values), st.binary(max_size=30))
def test_any_document_is_a_seed_or_refused(changed: dict[str, object], noise: bytes) -> None:
    """Nothing makes the parser fail in another way than by its own error, in one line."""
    for content in (json.dumps({**FULL, **changed}).encode(), noise):
        assert _outcome(content).isprintable()


def test_planting_twice_changes_nothing(store: Store) -> None:
    """The same seed again gives the same tokens and the same records."""
    plant(parsed(), store)
    before, held = store.counts(), tokens(store)
    plant(parsed(), store)
    assert (store.counts(), tokens(store)) == (before, held)
    assert set(held) == {"olga", "alice", "some-app"}
    assert accounts(store) == [AccountSeed("build", "444444444444")]


def test_planting_only_adds(store: Store) -> None:
    """A later seed that leaves somebody out takes nobody away, and brings who is new."""
    plant(parsed(), store)
    held = tokens(store)
    more = {"users": [{"login": "bob", "role": "member"}], "apps": [], "aws": {"region": "eu-west-1", "accounts": []}}
    plant(parsed(**more), store)
    assert {login: token for login, token in tokens(store).items() if login != "bob"} == held
    assert accounts(store) == [AccountSeed("build", "444444444444")]


def test_an_expired_token_is_not_among_the_credentials(store: Store) -> None:
    """Nobody is handed a token that no longer works; planting again gives a new one."""
    plant(parsed(), store)
    old = tokens(store)["alice"]
    assert expire_token(store, "alice")
    assert "alice" not in tokens(store)
    plant(parsed(), store)
    assert account_of_token(store, old) is None
    assert account_of_token(store, tokens(store)["alice"]) is not None


@pytest.mark.parametrize(
    ("account", "message"),
    [
        ({"name": "build", "id": "555555555555"}, "AWS account build is 444444444444 here, not 555555555555"),
        ({"name": "other", "id": "444444444444"}, "AWS account 444444444444 has another name here"),
    ],
)
def test_an_account_keeps_name_and_number(store: Store, account: dict[str, str], message: str) -> None:
    """A contradicting seed is refused as a whole."""
    plant(parsed(), store)
    before = store.counts()
    users = [{"login": "new", "role": "member"}]
    with pytest.raises(SeedError) as caught:
        plant(parsed(users=users, aws={"region": "eu-west-1", "accounts": [account]}), store)
    assert (str(caught.value), store.counts()) == (message, before)


def test_a_new_organization_needs_an_owner(store: Store) -> None:
    """Nobody could administer one without; an organization that exists needs none in the seed."""
    with pytest.raises(SeedError, match=r"^users: a new organization needs one with the role owner$"):
        plant(parsed(users=[]), store)
    assert store.counts() == {}
    plant(parsed(), store)
    plant(parsed(users=[]), store)
