"""The process that makes providers: who asks gets one of its own, which ends with the engine that it serves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING

import grpc  # type: ignore[import-untyped]  # no stubs are published with it
import pytest
from google.protobuf import empty_pb2  # type: ignore[import-untyped]  # no stubs are published with it
from pulumi.runtime.proto import provider_pb2_grpc

from twinlock.engine.pulumi import host as engine_side
from twinlock.engine.pulumi.host import Host
from twinlock.provider.server import launcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MODULE = "twinlock.provider.server.__main__"
ALONE = (sys.executable, "-c", "print('alone')")
SECONDS = 20

Engine = subprocess.Popen[bytes]
"""A launcher as the engine starts it."""


@pytest.fixture(scope="module")
def host() -> Host:
    """Return a host of our own package."""
    command = (sys.executable, "-I", "-m", "twinlock.provider.server.host", "SOCKET", f"twinlock={MODULE}")
    return Host(command, {"PATH": os.environ["PATH"]})


@pytest.fixture
def launch() -> Iterator[Callable[[Mapping[str, str], str], Engine]]:
    """Return a function that starts a launcher as the engine does: with pipes, in a group of its own."""
    started: list[Engine] = []

    def start(environment: Mapping[str, str], package: str = "twinlock") -> Engine:
        command = [sys.executable, "-IS", launcher.__file__, package, *ALONE]
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, env=dict(environment), start_new_session=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:
            process.kill()


def test_each_launcher_gets_a_provider_of_its_own(host: Host, launch: Callable[..., Engine]) -> None:
    """Two providers answer on two ports, as the package that was asked for."""
    ports = {line(launch(host.settings()).stdout) for _ in range(2)}
    assert len(ports) == 2
    for port in ports:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            info = provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(empty_pb2.Empty(), timeout=SECONDS)
        assert info.version == metadata.version("twinlock")


def test_a_provider_ends_with_its_launcher(host: Host, launch: Callable[..., Engine]) -> None:
    """The engine interrupts the launcher, and waits until nobody holds its pipes any more."""
    process = launch(host.settings())
    assert line(process.stdout)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=SECONDS)[0] == b""


def test_a_provider_ends_with_the_engine(host: Host, launch: Callable[..., Engine]) -> None:
    """An engine that was killed interrupts nobody: its pipes close, and provider and launcher end."""
    process = launch(host.settings())
    assert line(process.stdout)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=SECONDS) == 0


@pytest.mark.parametrize("environment", [{}, {engine_side.VARIABLE: "/nowhere/host"}], ids=["no host", "a dead host"])
def test_without_a_host_a_provider_stands_alone(environment: Mapping[str, str], launch: Callable[..., Engine]) -> None:
    """Under plain `pulumi` nobody has started a host."""
    assert line(launch(environment).stdout) == "alone"


def test_a_package_that_the_host_does_not_have_stands_alone(host: Host, launch: Callable[..., Engine]) -> None:
    """The host lets go of who asks for another."""
    assert line(launch(host.settings(), "other").stdout) == "alone"


def test_a_host_is_started_once_and_leaves_nothing() -> None:
    """It ends with the engine's adapter, and the directory of its socket goes with it."""
    host = Host((sys.executable, "-c", "input()"), {})
    settings = host.settings()
    assert host.settings() is settings
    place = Path(settings[engine_side.VARIABLE]).parent
    assert place.stat().st_mode & 0o777 == 0o700
    del host
    assert not place.exists()


@pytest.mark.parametrize("command", [(), ("/nowhere/python",)], ids=["none", "one that is not there"])
def test_a_host_that_cannot_be_started_is_none(command: tuple[str, ...]) -> None:
    """Providers then stand alone."""
    assert Host(command, {}).settings() == {}


def test_both_sides_name_the_same_variable() -> None:
    """The launcher imports nothing, so the name stands twice."""
    assert launcher.VARIABLE == engine_side.VARIABLE


def line(stream: IO[bytes] | None) -> str:
    """Return the first line of a stream."""
    assert stream is not None
    return stream.readline().decode().strip()
