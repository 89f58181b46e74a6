"""What the engine promises, seen from the command line: deletion of what is gone, one run at a time, loopback alone."""

from __future__ import annotations

import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTS, RESOLVES = "socket.connect", "socket.getaddrinfo"


class _Calls:
    """Whom this process calls while it listens; an audit hook cannot be taken away, so it is made once."""

    def __init__(self) -> None:
        self.hosts: set[str] = set()
        self.listening = False
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.listening or event not in {CONNECTS, RESOLVES}:
            return
        if event == CONNECTS and arguments[0].family == socket.AF_UNIX:
            return
        self.hosts.add(str(arguments[1][0] if event == CONNECTS else arguments[0]))


@pytest.fixture(scope="module")
def _calls() -> _Calls:
    return _Calls()


@pytest.fixture
def called(_calls: _Calls) -> Iterator[set[str]]:
    """Return the hosts that this process connected to or looked up since the test began."""
    _calls.hosts.clear()
    _calls.listening = True
    yield _calls.hosts
    _calls.listening = False


def test_a_team_that_is_no_longer_declared_is_deleted(provisioned: Any) -> None:  # noqa: ANN401 - the conftest's
    """What the manifest adds is created, and what it then leaves out is deleted, with nothing else changed."""
    manifest, roster = provisioned.root / "platform.yaml", provisioned.root / "roster.yaml"
    texts = manifest.read_text(), roster.read_text()
    provisioned.clean = False
    manifest.write_text(f"{texts[0].rstrip()}\n  guild: {{duty: author}}\n")
    roster.write_text(texts[1].replace("[payments-developers]", "[payments-developers, guild]"))
    made = provisioned.twinlock("up", "--yes", "--format", "json")
    assert made.code == 0, made.err
    assert _operations(made.document) == [
        ("organization/platform", "create", "Team", "guild"),
        # Every team has people, so the new team's are found, not made.
        ("organization/platform", "update", "TeamMembers", "guild"),
    ]

    manifest.write_text(texts[0])
    roster.write_text(texts[1])
    previewed = provisioned.twinlock("preview", "--format", "json")
    gone = provisioned.twinlock("up", "--yes", "--format", "json")
    expected = [
        ("organization/platform", "delete", "TeamMembers", "guild"),
        ("organization/platform", "delete", "Team", "guild"),
    ]
    assert (previewed.code, _operations(previewed.document)) == (1, expected)
    assert (gone.code, _operations(gone.document)) == (0, expected)
    assert "guild" not in {team["slug"] for team in provisioned.request("GET", "/orgs/acme/teams")}
    assert provisioned.twinlock("audit").code == 0
    provisioned.clean = True


def _operations(document: Any) -> list[tuple[str, str, str, str]]:  # noqa: ANN401 - JSON
    return [
        (stack["stack"], change["operation"], change["type"].rpartition(":")[2], change["name"])
        for stack in document["stacks"]
        for change in stack["changes"]
    ]


def test_a_second_run_is_refused_and_told_who_holds_the_lock(provisioned: Any) -> None:  # noqa: ANN401 - as above
    """While one `up` is under way another ends at once with exit 3, and the first is not disturbed."""
    # Without it the program is run, resource by resource, and is not through when it has told of the first.
    (provisioned.root / ".twinlock/state/organization/platform.declaration").unlink()
    first = provisioned.start("up", "--yes", "--verbose")
    try:
        assert first.stderr.readline() == "target: world (acme)\n"
        assert first.stderr.readline() == "  organization/platform begins\n"
        assert first.stderr.readline().split()[:1] == ["organization/platform"]
        first.send_signal(signal.SIGSTOP)
        second = provisioned.twinlock("up", "--yes")
    finally:
        first.send_signal(signal.SIGCONT)
    _, said = first.communicate()
    assert first.returncode == 0, said
    why = next(line for line in second.err.splitlines() if line.startswith("  why: "))
    assert (second.code, second.out) == (3, "")
    assert "error: organization/platform was not begun." in second.err
    assert why.startswith("  why: Another run holds it: `")
    assert f" up --yes --verbose`, process {first.pid} on {socket.gethostname()}, since " in why


def test_nothing_but_loopback_is_ever_called(provisioned: Any, called: set[str]) -> None:  # noqa: ANN401 - as above
    """Provisioning, auditing and reconciling connect to 127.0.0.1 and look up nothing else."""
    provisioned.clean = False
    provisioned.change_ruleset("default-branch", enforcement="disabled")
    for command in (["audit"], ["reconcile", "--once", "--yes"], ["up", "--yes"], ["world", "status"]):
        provisioned.twinlock(*command)
    provisioned.clean = True
    assert called == {"127.0.0.1"}


def test_a_world_that_is_not_on_loopback_is_refused_before_anything_is_sent(
    provisioned: Any,  # noqa: ANN401 - as above
    called: set[str],
) -> None:
    """A world file that names another host is refused: no token leaves the machine."""
    file = provisioned.root / ".twinlock" / "world.json"
    was = file.read_bytes()
    port = provisioned.world["github"]["url"].rpartition(":")[2]
    file.write_bytes(was.replace(f"http://127.0.0.1:{port}".encode(), b"http://192.0.2.1:80"))
    try:
        told = [provisioned.twinlock(*command) for command in (["up", "--yes"], ["audit"], ["world", "status"])]
    finally:
        file.write_bytes(was)
    assert [(each.code, each.out) for each in told] == [(2, "")] * 3
    assert called == set()
