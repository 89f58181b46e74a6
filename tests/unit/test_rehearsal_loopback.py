"""Nothing but loopback is contacted: other addresses are refused before a socket is opened."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any, NoReturn

import pulumi
import pulumi_aws
import pulumi_github
import pytest

from twinlock.engine.port import Stack
from twinlock.errors import Incomplete
from twinlock.provider.connection import AwsConnection, GitHubConnection, aws_inputs, github_inputs
from twinlock.provider.resources import Provider, RoleInventory, TeamMembers
from twinlock_rehearsal.connections import Connections
from twinlock_rehearsal.engine import EmbeddedEngine
from twinlock_rehearsal.loopback import require_loopback

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "a-secret-made-for-this-test"  # noqa: S105 - nothing accepts it
REMOTE = "http://192.0.2.1:8080"
ACCOUNT = "111111111111"


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Forbid every socket and every look-up, and remember who tried: the guard is below all of our ports."""
    tried: list[object] = []

    def refuse(*arguments: Any, **_: Any) -> NoReturn:  # noqa: ANN401 - any address
        tried.append(arguments)
        raise AssertionError(f"contacted {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return tried


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:80/"])
def test_loopback_by_number_passes(url: str) -> None:
    """Any loopback address is good, and is returned as it is."""
    assert require_loopback(url, "GitHub") == url


@pytest.mark.parametrize(
    ("url", "described"),
    [
        (None, "not given"),
        ("", "not given"),
        (5, "not given"),
        ("https://api.github.com", "at api.github.com"),
        ("https://127.0.0.1", "at 127.0.0.1"),
        ("http://localhost:8080", "at localhost"),
        ("http://127.0.0.1.example.com", "at 127.0.0.1.example.com"),
        ("http://someone:password@127.0.0.1", "at 127.0.0.1"),
        ("http://127.0.0.1@192.0.2.1", "at 192.0.2.1"),
        ("http://127.0.0.1:99999", "at 127.0.0.1"),
        ("http://127.1", "at 127.1"),
        ("http://0.0.0.0", "at 0.0.0.0"),
        ("http://[::ffff:192.0.2.1]", "at ::ffff:192.0.2.1"),
        ("http://[::1", "none at all"),
        ("//127.0.0.1", "at 127.0.0.1"),
        ("127.0.0.1", "at nobody"),
    ],
)
def test_anything_else_is_refused_without_showing_it_whole(url: object, described: str) -> None:
    """Names, other schemes, credentials in the address and tricks with them are refused; passwords are not shown."""
    with pytest.raises(Incomplete) as refused:
        require_loopback(url, "GitHub")
    assert str(refused.value) == (
        "GitHub was not contacted.\n"
        "The embedded engine reaches nothing but a world on this machine, such as http://127.0.0.1:8080, and the "
        f"provider's address is {described}.\n"
        "Start a world and use its address (`twinlock world up --detach`), or use Pulumi's engine."
    )


def github(url: str | None = None) -> None:
    """Declare a repository with the official provider."""
    provider = pulumi_github.Provider("github", owner="acme", token=SECRET, base_url=url)
    pulumi_github.Repository("payments", name="payments", opts=pulumi.ResourceOptions(provider=provider))


def aws(endpoint: str | None) -> None:
    """Declare a role with the official provider."""
    provider = pulumi_aws.Provider(
        "aws-build",
        access_key=SECRET,
        secret_key=SECRET,
        region="eu-west-1",
        allowed_account_ids=[ACCOUNT],
        endpoints=None if endpoint is None else [{"iam": endpoint}],
    )
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    pulumi_aws.iam.Role("role", name="role", assume_role_policy=trust, opts=pulumi.ResourceOptions(provider=provider))


def own_github() -> None:
    """Declare one of our own resources of GitHub."""
    provider = Provider("twinlock", github_inputs(GitHubConnection(REMOTE, "acme", SECRET)))
    TeamMembers("team", team="t", members=[], maintainers=[], opts=pulumi.ResourceOptions(provider=provider))


def own_aws(endpoint: str | None) -> None:
    """Declare one of our own resources of AWS."""
    connection = AwsConnection(ACCOUNT, "eu-west-1", endpoint=endpoint, access_key=SECRET, secret_key=SECRET)
    options = pulumi.ResourceOptions(provider=Provider("twinlock-build", aws_inputs(connection)))
    RoleInventory("roles", account_id=ACCOUNT, roles=[], undeclared="report", opts=options)


@pytest.mark.parametrize(
    "declare",
    [
        pytest.param(lambda: github(REMOTE), id="github"),
        pytest.param(github, id="github, its own address"),
        pytest.param(lambda: aws(REMOTE), id="aws"),
        pytest.param(lambda: aws(None), id="aws, its own address"),
        pytest.param(own_github, id="twinlock, GitHub"),
        pytest.param(lambda: own_aws(REMOTE), id="twinlock, AWS"),
        pytest.param(lambda: own_aws(None), id="twinlock, AWS's own address"),
    ],
)
def test_a_program_with_a_remote_provider_contacts_nobody(
    declare: Callable[[], None], tmp_path: Path, opened: list[object]
) -> None:
    """Preview and apply end with the refusal, and no socket was opened and no name looked up."""
    engine = EmbeddedEngine(tmp_path)
    for run in (engine.preview, engine.up):
        with pytest.raises(Incomplete, match="reaches nothing but a world on this machine") as refused:
            run(Stack("organization", "platform", declare))
        assert SECRET not in str(refused.value)
    assert opened == []


def test_the_guard_sees_a_socket(tmp_path: Path, opened: list[object]) -> None:
    """The same program with an address on loopback does try: the guard of these tests is not blind."""
    with pytest.raises((AssertionError, Incomplete)):
        EmbeddedEngine(tmp_path).preview(Stack("organization", "platform", lambda: github("http://127.0.0.1:1")))
    assert opened != []


def test_an_unknown_package_is_refused() -> None:
    """A provider that could reach anywhere is not connected."""
    with pytest.raises(Incomplete) as refused:
        Connections().to("pulumi:providers:random", {})
    assert str(refused.value) == (
        "The provider random was not connected.\n"
        "The embedded engine knows aws, github, twinlock.\n"
        "Run the program with Pulumi's engine."
    )


def test_offline_nothing_is_opened(tmp_path: Path, opened: list[object]) -> None:
    """Declaring without a world asks nobody, wherever the providers point."""

    def both() -> None:
        github()
        aws(None)

    result = EmbeddedEngine(tmp_path, live=False).preview(Stack("organization", "platform", both))
    assert [change.name for change in result.changes] == ["payments", "role"]
    assert opened == []
