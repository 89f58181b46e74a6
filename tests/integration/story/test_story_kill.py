"""`up` killed in the middle, anywhere: the next one finishes it, and nothing tells that it ever happened."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

KILLS = 10
LONGEST_STEP = 0.06
"""About as long as one step takes, in seconds: a kill comes anywhere within it."""
SEED = 20


@dataclass(frozen=True)
class Uninterrupted:
    """A run that nobody killed.

    Attributes:
        lines: How many lines of progress it showed.
        dump: What the world holds after it.
    """

    lines: int
    dump: Any


@pytest.fixture(scope="session")
def uninterrupted(new_platform: Callable[[], Any]) -> Uninterrupted:
    """Provision one platform without any interruption."""
    platform = new_platform()
    told = platform.twinlock("up", "--yes")
    assert told.code == 0, told.err
    return Uninterrupted(len(told.err.splitlines()), platform.dump())


@pytest.fixture(scope="session")
def victim(new_platform: Callable[[], Any]) -> Any:  # noqa: ANN401 - the conftest's Platform
    """Return a platform that is killed again and again, each time from the beginning."""
    return new_platform()


def _moments() -> list[tuple[float, float]]:
    """Return where to kill: after which part of the progress, and how long into the step that follows."""
    chance = random.Random(SEED)  # noqa: S311 - moments, not secrets
    return [((kill + chance.random()) / KILLS, chance.uniform(0, LONGEST_STEP)) for kill in range(KILLS)]


@pytest.mark.parametrize(("part", "delay"), _moments(), ids=[f"{part:.0%}" for part, _ in _moments()])
def test_up_that_was_killed_is_finished_by_the_next(
    part: float,
    delay: float,
    uninterrupted: Uninterrupted,
    victim: Any,  # noqa: ANN401 - as above
) -> None:
    """After SIGKILL at a random moment, `up` exits 0, the audit is clean, and the world is as if nothing had been."""
    assert victim.twinlock("world", "reset", "--yes").code == 0
    process = victim.start("up", "--yes")
    assert process.stderr is not None
    for _ in range(int(part * uninterrupted.lines)):
        process.stderr.readline()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(delay)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL

    told = victim.twinlock("up", "--yes")
    assert told.code == 0, told.err
    report = victim.twinlock("audit", "--format", "json")
    assert (report.code, report.document["findings"], report.document["unknowns"]) == (0, [], [])
    assert victim.dump() == uninterrupted.dump
