"""`world.json` is outside input that holds secrets: parsed whole or refused, loopback only, never shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.errors import BadInput, Incomplete, TwinlockError
from twinlock.provider import world_file

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock.model.estate import Estate


class Case(Protocol):
    """What the fixture `clean` gives, as far as it is needed here."""

    estate: Estate


START = "Start it: `twinlock world up --detach`."
HERE = "http://127.0.0.1:8080"


def document(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a world file."""
    accounts = {"build": {"id": "444444444444", "access_key": "public-part", "secret_key": "hidden-part"}}
    return {
        "github": {"url": HERE, "tokens": {"olga": "hidden-token"}},
        "aws": {"url": "http://127.0.0.1:9090", "accounts": accounts},
        "pid": 4711,
        **changed,
    }


def written(root: Path, content: object) -> Path:
    """Put a world file into a platform directory, and return the file."""
    path = root.joinpath(*world_file.PATH)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_a_world_file_is_read_whole(tmp_path: Path) -> None:
    """Addresses, tokens, keys and process; keys that a later world adds are no concern."""
    written(tmp_path, document(later={"key": 1}))
    world = world_file.read(tmp_path)
    assert world == world_file.WorldFile(
        github_url=HERE,
        tokens={"olga": "hidden-token"},
        aws_url="http://127.0.0.1:9090",
        accounts={"build": world_file.Keys("444444444444", "public-part", "hidden-part")},
        pid=4711,
    )
    assert world.token("olga") == "hidden-token"


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    """Neither tokens nor secret keys appear where the object is printed."""
    written(tmp_path, document())
    assert "hidden" not in repr(world_file.read(tmp_path))


def test_no_file_is_no_world(tmp_path: Path) -> None:
    """The command that starts one is named."""
    with pytest.raises(Incomplete) as caught:
        world_file.read(tmp_path)
    path = tmp_path.joinpath(*world_file.PATH)
    assert str(caught.value) == f"There is no world for {tmp_path}.\n{path} does not exist.\n{START}"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """What the system says is repeated."""
    path = tmp_path.joinpath(*world_file.PATH)
    path.mkdir(parents=True)
    with pytest.raises(Incomplete) as caught:
        world_file.read(tmp_path)
    assert str(caught.value) == f"{path} was not read.\nThe system says: Is a directory.\n{START}"


DAMAGED = {
    "nothing": b"",
    "half of it": json.dumps(document()).encode()[:60],
    "invalid bytes": b"\xff\xfe",
    "a list": b"[]",
    "nesting": b"[" * 100_000,
    "no GitHub": {key: value for key, value in document().items() if key != "github"},
    "a process that is no number": document(pid="4711"),
    "a token that is no text": document(github={"url": HERE, "tokens": {"olga": 1}}),
    "a token with a line break": document(github={"url": HERE, "tokens": {"olga": "a\r\nX-Injected: b"}}),
    "an empty token": document(github={"url": HERE, "tokens": {"olga": ""}}),
    "a token outside of ASCII": document(github={"url": HERE, "tokens": {"olga": "\ud800"}}),
    "a key without its secret": document(aws={"url": HERE, "accounts": {"build": {"id": "4", "access_key": "a"}}}),
    "a key with a line break": document(
        aws={"url": HERE, "accounts": {"build": {"id": "4", "access_key": "a", "secret_key": "b\n"}}}
    ),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_refused(tmp_path: Path, content: object) -> None:
    """Anything but what the world writes is damaged as a whole; its content is not repeated."""
    path = written(tmp_path, content)
    with pytest.raises(BadInput) as caught:
        world_file.read(tmp_path)
    assert str(caught.value) == f"{path} is damaged.\nIt is not what the world writes.\n{START}"


ELSEWHERE = [
    "https://127.0.0.1:8080",
    "http://192.0.2.1:80",
    "http://localhost:80",
    "http://127.0.0.1.example:80",
    "http://127.0.0.1",
    "http://127.0.0.1:0",
    "http://127.0.0.1:65536",
    "http://127.0.0.1:8080@192.0.2.1:80",
    "http://192.0.2.1:80\\@127.0.0.1:80",
    "http://user@127.0.0.1:80",
    "http://127.0.0.1:80/path",
    "http://127.0.0.1:80\n",
    "http://2130706433:80",
    "file:///etc/passwd",
    "",
]


@pytest.mark.parametrize("url", ELSEWHERE)
@pytest.mark.parametrize("side", ["github", "aws"])
def test_an_address_that_is_not_loopback_is_refused(tmp_path: Path, side: str, url: str) -> None:
    """No token is ever sent to an address that is not written as the world writes its own."""
    changed = document()
    changed[side]["url"] = url
    path = written(tmp_path, changed)
    with pytest.raises(BadInput) as caught:
        world_file.read(tmp_path)
    assert str(caught.value) == (
        f"{path} is refused.\nIt names an address that is not on this machine's loopback.\n{START}"
    )


@given(content=st.binary(max_size=200))
def test_arbitrary_bytes_are_parsed_or_refused(content: bytes) -> None:
    """Nothing raises."""
    assert world_file.parse(content) is None


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5)


@given(part=st.sampled_from(["github", "aws", "pid"]), value=JSON | st.dictionaries(st.text(), JSON))
def test_arbitrary_values_are_parsed_or_refused(part: str, value: object) -> None:
    """A part replaced by any JSON is no world file, unless it is another process."""
    parsed = world_file.parse(json.dumps(document(**{part: value})).encode())
    assert parsed is None or (part == "pid" and isinstance(value, int))


def test_a_holder_without_a_token_is_told() -> None:
    """Who was declared after the world was seeded has no token yet."""
    world = world_file.WorldFile(HERE, {}, HERE, {}, 2)
    with pytest.raises(Incomplete) as caught:
        world.token("zoe")
    assert str(caught.value) == (
        "The world has no token for zoe.\n"
        "It was seeded before they were declared, or their token was revoked.\n"
        "Seed it again: `twinlock world up --detach`."
    )


def test_a_connection_has_every_account_of_the_estate(clean: Case) -> None:
    """An identity's token, and the keys of each account by its purpose."""
    estate = clean.estate
    reached = world_file.connection(_world(estate), estate, "olga")
    assert (reached.github.url, reached.github.organization, reached.github.token) == (
        HERE,
        estate.organization.login,
        "hidden-token",
    )
    assert {purpose: (account.account_id, account.access_key) for purpose, account in reached.aws.items()} == {
        purpose: (account.id, f"{purpose.value}-key") for purpose, account in estate.accounts.items()
    }
    assert "hidden" not in repr(reached)


@pytest.mark.parametrize("trouble", ["missing", "another id"])
def test_an_account_that_the_world_does_not_have_is_told(clean: Case, trouble: str) -> None:
    """A world that was seeded with other accounts is not used half."""
    estate = clean.estate
    world = _world(estate)
    purpose, account = next(iter(estate.accounts.items()))
    accounts = dict(world.accounts)
    del accounts[purpose.value]
    if trouble == "another id":
        accounts[purpose.value] = world_file.Keys("999999999999", "a", "b")
    other = world_file.WorldFile(world.github_url, world.tokens, world.aws_url, accounts, world.pid)
    with pytest.raises(TwinlockError) as caught:
        world_file.connection(other, estate, "olga")
    assert str(caught.value) == (
        f"The world has no {purpose.value} account {account.id}.\n"
        "It was seeded with other accounts.\n"
        "Begin anew: `twinlock world reset`."
    )


def _world(estate: Estate) -> world_file.WorldFile:
    accounts = {
        purpose.value: world_file.Keys(account.id, f"{purpose.value}-key", "hidden-part")
        for purpose, account in estate.accounts.items()
    }
    return world_file.WorldFile(HERE, {"olga": "hidden-token"}, HERE, accounts, 2)
