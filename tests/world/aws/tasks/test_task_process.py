"""A task's process under its warden: real processes, with nothing around them."""

from __future__ import annotations

import os
import select
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from twinlock_world.aws.tasks.order import CannotStartError
from twinlock_world.aws.tasks.process import End, Limits, Process
from twinlock_world.aws.tasks.program import Program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt what others leave")
SHELL = shutil.which("sh") or "/bin/sh"
FOREVER = "echo $$; while :; do sleep 600 & wait; done"


def process(tmp_path: Path, script: str, grace: float = 5, limits: Limits | None = None) -> Process:
    """Start a script of the shell."""
    program = Program((SHELL, "-c", script), {"PATH": os.environ["PATH"]}, tmp_path)
    return Process(program, grace, limits or Limits())


def said(running: Process) -> list[str]:
    """Return what it says until it has ended."""
    return [line for lines in running.lines() for line in lines]


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 42", 42), ("kill -9 $$", 137), ("kill -15 $$", 143)]
)
def test_it_ends_as_a_container_does(tmp_path: Path, script: str, code: int) -> None:
    """A signal is told as 128 and its number."""
    running = process(tmp_path, script)
    assert said(running) == []
    assert running.end() == End(code)


def test_it_says_what_it_says(tmp_path: Path) -> None:
    """Both streams, whole lines, the last also without its end."""
    running = process(tmp_path, "echo one; echo two >&2; printf '\\377 three'")
    assert said(running) == ["one", "two", "\ufffd three"]
    assert running.end() == End(0)


def test_it_is_asked_and_then_killed(tmp_path: Path) -> None:
    """A program may clean up when it is asked to stop; one that will not is killed when its grace is over."""
    obedient = process(tmp_path, "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.01; done")
    lines = obedient.lines()
    assert next(lines) == ["up"]
    obedient.stop()
    assert [line for part in lines for line in part] == ["bye"]
    assert obedient.end() == End(7, "stop")
    stubborn = process(tmp_path, "trap '' TERM; echo up; while :; do sleep 0.01; done", grace=0)
    assert next(stubborn.lines()) == ["up"]
    stubborn.stop()
    assert said(stubborn) == []
    assert stubborn.end() == End(137, "stop")


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """What a program put into a session of its own ends with it."""
    running = process(tmp_path, "setsid sh -c 'echo $$; exec sleep 600' & sleep 0.1; exit 3")
    left = os.pidfd_open(int(next(running.lines())[0]))
    assert running.end() == End(3)
    assert select.select([left], [], [], 0)[0] == [left]
    os.close(left)


def test_it_does_not_outlive_who_started_it(tmp_path: Path) -> None:
    """The warden ends all once the pipe is closed, as when the world's process is killed."""
    running = process(tmp_path, f"trap '' TERM; {FOREVER}")
    child = os.pidfd_open(int(next(running.lines())[0]))
    running.kill()
    assert running.end() == End(137, "world")
    assert select.select([child], [], [], 0)[0] == [child]
    os.close(child)


def test_its_time_and_its_processes_are_limited(tmp_path: Path) -> None:
    """It is ended, and why is told."""
    assert process(tmp_path, FOREVER, limits=Limits(seconds=0.1)).end() == End(137, "time")
    many = process(tmp_path, "for i in 1 2 3 4 5; do sleep 600 & done; wait", limits=Limits(processes=3))
    assert many.end() == End(137, "processes")


def test_what_is_no_program(tmp_path: Path) -> None:
    """The system's own words, and no process."""
    (tmp_path / "text").write_text("no program")
    (tmp_path / "text").chmod(0o755)
    with pytest.raises(CannotStartError, match=r"^CannotStartContainerError: Exec format error$"):
        Process(Program((str(tmp_path / "text"),), {}, tmp_path), 1, Limits())
