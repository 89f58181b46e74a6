"""A program that lives beside a world, hears of what happens in it and ends with it."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from twinlock_world.companion import Companion
from twinlock_world.start import StartError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.world.conftest import RunningWorld

LISTENER = """\
import pathlib, sys
heard = sys.stdin.read()
pathlib.Path(sys.argv[1]).write_text(heard + "end")
print("said")
"""


def _command(place: Path) -> list[str]:
    return [sys.executable, "-c", LISTENER, str(place)]


def test_a_companion_hears_events_in_order_until_it_is_stopped(tmp_path: Path) -> None:
    """Each event is a line of JSON; when `stop` returns the companion has ended, and what it said is in the log."""
    companion = Companion.start(_command(tmp_path / "heard"), tmp_path / "log")
    companion.tell("push", None, "acme/app")
    companion.tell("organization", "member_added", None)
    companion.stop()
    *lines, end = (tmp_path / "heard").read_text().split("\n")
    assert [json.loads(line) for line in lines] == [
        {"event": "push", "action": None, "repository": "acme/app"},
        {"event": "organization", "action": "member_added", "repository": None},
    ]
    assert end == "end"
    assert (tmp_path / "log").read_text() == "said\n"


def test_a_companion_that_has_ended_takes_nothing_with_it(tmp_path: Path) -> None:
    """Telling and stopping one that is gone are no errors."""
    companion = Companion.start([sys.executable, "-c", ""], tmp_path / "log")
    for _ in range(3):
        companion.tell("push", None, "acme/app")
    companion.stop()
    companion.tell("push", None, "acme/app")


def test_an_unknown_companion_is_refused(tmp_path: Path) -> None:
    """A program that isn't there is named, with the option to look at."""
    with pytest.raises(StartError) as caught:
        Companion.start([str(tmp_path / "absent")], tmp_path / "log")
    assert str(caught.value) == (
        f"the companion {tmp_path / 'absent'} cannot be started: No such file or directory; see --companion"
    )


def test_a_stopped_world_has_no_companion(start_world: Callable[..., RunningWorld], tmp_path: Path) -> None:
    """A world that was asked to end has seen its companion end first."""
    world = start_world(None, None, "--companion", f"{sys.executable} -c '{LISTENER}' '{tmp_path / 'heard'}'")
    world.process.send_signal(signal.SIGTERM)
    assert world.process.wait(20) == 0
    assert (tmp_path / "heard").read_text() == "end"
