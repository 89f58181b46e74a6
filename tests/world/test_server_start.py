"""Starting and stopping the server process: what it takes, what it refuses, what it leaves behind."""

from __future__ import annotations

import json
import signal
import socket
import stat
from typing import TYPE_CHECKING

import pytest

from twinlock_world.start import listen

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.world.conftest import RunningWorld

    Serve = Callable[..., subprocess.Popen[str]]

OWNER = {"login": "olga", "role": "owner"}
SEED = {"organization": {"login": "acme"}, "users": [OWNER], "aws": {"region": "eu-west-1"}}


@pytest.fixture
def seed_file(tmp_path: Path) -> Path:
    """Return a file that holds a small valid seed."""
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(SEED))
    return path


def refusal(process: subprocess.Popen[str]) -> str:
    """Return what a server that must not start says."""
    out, error = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, ""), error
    assert "Traceback" not in error
    return error


def test_the_ready_file_is_private_and_complete(world: RunningWorld) -> None:
    """Its reader finds both addresses, everybody's token and every account's keys, and nobody else may read it."""
    assert stat.S_IMODE(world.ready_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(world.state.stat().st_mode) == 0o700
    github, aws = world.ready["github"], world.ready["aws"]
    assert set(world.ready) == {"github", "aws", "pid"}
    assert set(github) == {"url", "tokens"}
    assert set(github["tokens"]) == {"olga", "alice", "mallory", "writer", "reader"}
    assert {name: account["id"] for name, account in aws["accounts"].items()} == {
        "first": "111111111111",
        "second": "222222222222",
    }
    assert all(set(account) == {"id", "access_key", "secret_key"} for account in aws["accounts"].values())
    assert world.ready["pid"] == world.process.pid


def test_both_sides_answer_once_the_ready_file_is_there(start_world: Callable[..., RunningWorld]) -> None:
    """Nobody has to try again."""
    world = start_world()
    assert world.request("GET", "/meta", None).status_code == 200
    assert world.aws("sts").get_caller_identity()["Account"] == "111111111111"


def test_only_this_machine_is_served(world: RunningWorld) -> None:
    """Both listeners are on 127.0.0.1 alone, not on every address of the machine."""
    for address in (world.ready["github"]["url"], world.ready["aws"]["url"]):
        host, _, port = address.removeprefix("http://").partition(":")
        assert host == "127.0.0.1"
        with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
            probe.connect(("127.0.0.2", int(port)))


def test_small_answers_are_sent_at_once() -> None:
    """Without the protocol's name on the socket, each answer would wait some 40 ms for an acknowledgement."""
    with listen(0, "--port") as bound:
        assert bound.proto == socket.IPPROTO_TCP


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(start_world: Callable[..., RunningWorld], number: signal.Signals) -> None:
    """It exits with 0, says nothing, takes its ready file with it, and may be started again on its state."""
    world = start_world()
    world.request("GET", "/meta", None)  # an idle connection doesn't hold it
    world.process.send_signal(number)
    assert world.process.communicate(timeout=20) == ("", "")
    assert world.process.returncode == 0
    assert not world.ready_file.exists()
    assert list(world.ready_file.parent.glob("*ready*")) == []
    assert start_world(world.state).stop() == 0


def test_an_owner_may_stop_it(start_world: Callable[..., RunningWorld]) -> None:
    """The answer comes before the end."""
    world = start_world()
    answer = world.request("POST", "/_world/shutdown")
    assert (answer.status_code, answer.json()) == (202, {"status": "stopping"})
    assert world.process.wait(20) == 0
    assert not world.ready_file.exists()


@pytest.mark.parametrize("option", ["--port", "--aws-port"])
def test_a_used_port_is_named(serve_command: Serve, tmp_path: Path, seed_file: Path, option: str) -> None:
    """Whoever asked for the port learns which it was and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = serve_command(tmp_path / "state", seed_file, tmp_path / "ready.json", option, str(port))
        assert refusal(process) == (
            f"twinlock_world: port {port} is in use; choose another with {option}, or 0 for a free one\n"
        )
    assert not (tmp_path / "ready.json").exists()


def test_a_port_may_be_chosen(start_world: Callable[..., RunningWorld]) -> None:
    """A port that was named is the one that is served, also right after another server left it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for _ in range(2):
        world = start_world(None, None, "--port", str(port))
        assert world.ready["github"]["url"] == f"http://127.0.0.1:{port}"
        world.request("GET", "/meta", None)
        world.kill()


@pytest.mark.parametrize("port", ["-1", "65536", "http", "\u0661"])
def test_a_port_must_be_one(serve_command: Serve, tmp_path: Path, seed_file: Path, port: str) -> None:
    """A number beyond the ports, or none, is refused with the usage."""
    process = serve_command(tmp_path / "state", seed_file, tmp_path / "ready.json", f"--port={port}")
    assert refusal(process).endswith(f"argument --port: {port!r} is no port\n")


def test_a_state_is_served_once(world: RunningWorld, serve_command: Serve, tmp_path: Path, seed_file: Path) -> None:
    """The second server is told who has it, and leaves the first alone."""
    process = serve_command(world.state, seed_file, tmp_path / "ready.json")
    assert refusal(process) == (
        f"twinlock_world: {world.state} is served by process {world.process.pid}; "
        "stop that server, or name another --state\n"
    )
    assert world.request("GET", "/_world/health", None).json() == {"status": "ok"}
    assert not (tmp_path / "ready.json").exists()


def test_a_missing_seed_is_named(serve_command: Serve, tmp_path: Path) -> None:
    """The path that cannot be read stands in the message, and nothing was made."""
    process = serve_command(tmp_path / "state", tmp_path / "none.json", tmp_path / "ready.json")
    expected = f"twinlock_world: cannot read {tmp_path}/none.json: No such file or directory; name a seed with --seed\n"
    assert refusal(process) == expected
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_seed_is_named(serve_command: Serve, tmp_path: Path, seed_file: Path) -> None:
    """The message says where in which file; nothing was made."""
    seed_file.write_text(json.dumps({**SEED, "users": [OWNER, {"login": "al ice", "role": "member"}]}))
    process = serve_command(tmp_path / "state", seed_file, tmp_path / "ready.json")
    assert refusal(process) == (
        f"twinlock_world: {seed_file}: users/1/login: 'al ice' is not possible; "
        "README.md of twinlock_world describes the format\n"
    )
    assert list(tmp_path.iterdir()) == [seed_file]


def test_a_seed_that_contradicts_the_state_is_refused(
    start_world: Callable[..., RunningWorld], serve_command: Serve, tmp_path: Path, seed_file: Path
) -> None:
    """An account cannot change its number; the state stays as it was."""
    first = start_world()
    assert first.stop() == 0
    accounts = [{"name": "first", "id": "999999999999"}]
    seed_file.write_text(json.dumps({**SEED, "aws": {"region": "eu-west-1", "accounts": accounts}}))
    process = serve_command(first.state, seed_file, tmp_path / "ready.json")
    assert refusal(process) == (
        f"twinlock_world: {seed_file}: AWS account first is 111111111111 here, not 999999999999; "
        "name another --seed or --state\n"
    )
    assert start_world(first.state).ready["aws"]["accounts"]["first"]["id"] == "111111111111"


def test_a_foreign_state_is_refused(serve_command: Serve, tmp_path: Path, seed_file: Path) -> None:
    """A file that is no store is not touched."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "github.sqlite").write_text("not a database, but long enough to be mistaken for the head of one\n" * 9)
    before = (state / "github.sqlite").read_bytes()
    process = serve_command(state, seed_file, tmp_path / "ready.json")
    expected = f"{state}/github.sqlite is no store of this world: file is not a database; name another --state"
    assert refusal(process) == f"twinlock_world: {expected}\n"
    assert (state / "github.sqlite").read_bytes() == before


def test_a_state_that_is_a_file_is_refused(serve_command: Serve, tmp_path: Path, seed_file: Path) -> None:
    """Where no directory can be, none is served."""
    process = serve_command(seed_file, seed_file, tmp_path / "ready.json")
    expected = f"cannot use {seed_file} as state: File exists; name a directory that may be written"
    assert refusal(process) == f"twinlock_world: {expected}\n"


def test_a_ready_file_that_cannot_be_written_is_refused(serve_command: Serve, tmp_path: Path, seed_file: Path) -> None:
    """Nobody could find the server, so it doesn't run."""
    process = serve_command(tmp_path / "state", seed_file, tmp_path / "none" / "ready.json")
    expected = f"cannot write {tmp_path}/none/ready.json: No such file or directory; name another --ready-file"
    assert refusal(process) == f"twinlock_world: {expected}\n"
