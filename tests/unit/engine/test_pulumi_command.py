"""Pulumi's command line as a process: what is interrupted ends, whenever that comes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from pulumi.automation.errors import CommandError

from twinlock.engine.pulumi.command import Command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECONDS = 10


@pytest.fixture
def command(tmp_path: Path) -> Callable[[str], Command]:
    """Return a function that makes a command whose engine is a shell script."""

    def make(script: str) -> Command:
        path = tmp_path / "pulumi"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)
        return Command(path, "3.256.0", {"PATH": "/usr/bin:/bin"})

    return make


def test_a_command_that_runs_is_interrupted(command: Callable[[str], Command], tmp_path: Path) -> None:
    """It is told once, and may end as it likes; what it wrote until then is told."""
    runs = command("trap 'echo stopped; exit 1' INT; echo begun; while :; do sleep 0.05; done")
    begun = threading.Event()

    def interrupt() -> None:
        begun.wait(SECONDS)
        runs.interrupt()

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    with pytest.raises(CommandError, match="begun\nstopped"):
        runs.run([], str(tmp_path), {}, on_output=lambda _: begun.set())
    interrupting.join(SECONDS)


def test_a_command_that_was_interrupted_before_it_began_ends_at_once(
    command: Callable[[str], Command], tmp_path: Path
) -> None:
    """A stack that was about to begin when a person interrupted the run."""
    runs = command("exec sleep 60")
    runs.interrupt()
    with pytest.raises(CommandError):
        runs.run([], str(tmp_path), {})
