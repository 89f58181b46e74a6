"""The server process: takes its state and its ports, starts GitHub and AWS side by side, says when both answer.

Light to import: whatever can refuse the start is done before moto, the larger part of the start, is loaded.
"""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock_world.clock import Clock
from twinlock_world.seed import SeedError, parse
from twinlock_world.start import StartError, claim, listen, listen_locally, url, write_private
from twinlock_world.store import Store

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from twinlock_world.aws.edge import Aws
    from twinlock_world.companion import Companion
    from twinlock_world.seed import Seed
    from twinlock_world.world import LocalWorld


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """What jobs find on this machine beside what the world gives them."""

    path: tuple[Path, ...] = ()
    environment: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says."""

    state: Path
    seed: Path
    ready_file: Path
    port: int
    aws_port: int
    companion: tuple[str, ...] = ()
    socket: Path | None = None
    runner: RunnerSettings | None = None
    tasks: tuple[Path, ...] | None = None
    """Directories on the PATH of tasks; nothing where none are run."""


def serve(settings: Settings) -> None:
    """Serve until told to stop.

    Raises:
        StartError: The server cannot start.
    """
    os.umask(0o077)  # state holds tokens
    seed = _read_seed(settings.seed)
    with (
        claim(settings.state),
        listen(settings.port, "--port") as github,
        listen(settings.aws_port, "--aws-port") as aws,
        listen_locally(settings.socket) as local,
    ):
        _remove(settings.ready_file)  # a killed server may have left one
        try:
            _run(settings, seed, [github, *local], aws)
        finally:
            _remove(settings.ready_file)


def _run(settings: Settings, seed: Seed, sockets: list[socket.socket], aws_socket: socket.socket) -> None:
    variables = _read_variables(None if settings.runner is None else settings.runner.environment)
    clock = Clock()
    with ThreadPoolExecutor(1) as executor:
        opening = executor.submit(_open_aws, clock)
        from twinlock_world import world as parts  # noqa: PLC0415 - same
        from twinlock_world.listener import Listener  # noqa: PLC0415 - loaded while moto is, in the other thread

        store = _open_store(settings.state, clock)
        aws = opening.result()
    from twinlock_world.aws.edge import Listener as AwsListener  # noqa: PLC0415 - loaded by now

    def ready() -> None:
        aws_listener.start()
        write_private(settings.ready_file, world.credentials())
        if settings.companion:
            companions.append(world.accompany(settings.companion, settings.state / "companion.log"))
        world.begin()
        if settings.runner is not None:
            world.execute_jobs(settings.runner.path, variables, settings.socket)

    def stop() -> None:
        listener.stop()

    urls = parts.Urls(url(sockets[0]), url(aws_socket), settings.socket)
    world = parts.LocalWorld(store, settings.state, aws, urls, stop)
    aws_listener = AwsListener(aws, aws_socket)
    listener = Listener(world, ready)
    companions: list[Companion] = []
    if settings.tasks is not None:
        world.run_tasks(settings.tasks)
    try:
        _plant(world, seed, settings.seed)
        listener.run(sockets)
    finally:
        for companion in companions:
            companion.stop()
        world.rest()
        aws_listener.stop()
        store.close()


def _open_aws(clock: Clock) -> Aws:
    from twinlock_world.aws.edge import Aws  # noqa: PLC0415 - takes most of the start, so it has a thread of its own

    return Aws(clock.now)


def _open_store(state: Path, clock: Clock) -> Store:
    try:
        return Store.open(state / "github.sqlite", clock)
    except sqlite3.Error as error:
        raise StartError(f"{state}/github.sqlite is no store of this world: {error}; name another --state") from error


def _plant(world: LocalWorld, seed: Seed, path: Path) -> None:
    try:
        world.plant(seed)
    except SeedError as error:
        raise StartError(f"{path}: {error}; name another --seed or --state") from error


def _read_seed(path: Path) -> Seed:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise StartError(f"cannot read {path}: {error.strerror}; name a seed with --seed") from error
    except SeedError as error:
        raise StartError(f"{path}: {error}; README.md of twinlock_world describes the format") from error


def _read_variables(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"cannot read {path}: {error}; name another --runner-environment") from error
    pairs = [line.partition("=") for line in lines if line.strip() and not line.startswith("#")]
    wrong = next((name for name, sign, _ in pairs if not sign or not name.isidentifier()), None)
    if wrong is not None:
        raise StartError(f"{path}: {wrong!r} is no NAME=VALUE; mend the line or name another --runner-environment")
    return {name: value for name, _, value in pairs}


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StartError(f"cannot write {path}: {error.strerror}; name another --ready-file") from error
