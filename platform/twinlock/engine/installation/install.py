"""Install an engine: fetch it beside its place, run it, and only then put it there.

What is half fetched stays beside the place, where nothing uses it, and the next attempt goes on with it.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from twinlock.engine import lock
from twinlock.engine.installation import record
from twinlock.engine.installation.place import Installation, digest
from twinlock.engine.installation.release import OPTIONAL, PULUMI, QUESTIONS
from twinlock.errors import Incomplete
from twinlock.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from twinlock.engine.installation.release import Question

_PATIENCE = 60.0
"""Seconds that an executable has to tell its version; a first start on a slow disk takes some."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be installed.

    Attributes:
        root: The folder of all engines.
        version: The version, or None for what there is.
        say: Shows a line of progress.
        environment: What executables that are run may inherit.
    """

    root: Path
    version: str | None
    say: Callable[[str], None]
    environment: Mapping[str, str]


class Way(Protocol):
    """Where an engine comes from."""

    @property
    def name(self) -> str:
        """`path`, `download` or `source`."""

    def fetch(self, into: Path, request: Request) -> None:
        """Put the executables into a directory, which may hold what an earlier attempt left.

        Raises:
            Incomplete: They cannot be had this way.
        """


def install(request: Request, ways: Sequence[Way]) -> Installation:
    """Install an engine the first way that works.

    Raises:
        Incomplete: No way works, or another installation is under way.
    """
    with lock.held(request.root / ".lock", "The engine's installation", "twinlock engine install"):
        refusals = []
        for way in ways:
            staging = request.root / f".partial-{way.name}"
            try:
                return _install(request, way, staging)
            except Incomplete as error:
                refusals.append((way.name, error))
                request.say(f"{way.name}: {error.what} {error.why}")
        raise _refused(refusals)


def verify(executables: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Run what must be there, and what may be, and return what each answered.

    Raises:
        Incomplete: One is missing, does not run, or is something else.
    """
    there = (question for question in OPTIONAL if (executables / question.name).exists())
    return {question.name: _asked(executables, question, environment) for question in (*QUESTIONS, *there)}


def _install(request: Request, way: Way, staging: Path) -> Installation:
    executables = staging / "bin"
    executables.mkdir(mode=0o755, parents=True, exist_ok=True)
    way.fetch(executables, request)
    request.say("verifying: each executable is run")
    version = verify(executables, request.environment)[PULUMI].removeprefix("v")
    if request.version is not None and version != request.version:
        raise Incomplete(
            f"Pulumi {request.version} was not installed.", f"What was found is {version}.", "Name another way."
        )
    known = {
        path.name: record.Executable(path.stat().st_size, digest(path))
        for path in sorted(executables.iterdir())
        if path.is_file()
    }
    made = record.Record(version, way.name, known)
    write_atomically(staging / record.NAME, record.encode(made))
    place = request.root / version
    _put(staging, place)
    return Installation(place, made)


def _put(staging: Path, place: Path) -> None:
    before = place.with_name(f".replaced-{place.name}")
    shutil.rmtree(before, ignore_errors=True)
    if place.exists():
        place.rename(before)
    staging.rename(place)
    shutil.rmtree(before, ignore_errors=True)


def _asked(executables: Path, question: Question, environment: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - what is being installed
            [str(executables / question.name), *question.arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**environment, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": str(executables.parent / "home")},
            timeout=_PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        raise _unverified(question, "it is not there") from None
    except subprocess.TimeoutExpired:
        raise _unverified(question, f"it did not answer within {_PATIENCE:.0f} s") from None
    except OSError as error:
        raise _unverified(question, f"it does not run here: {error.strerror}") from None
    answer = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode != 0 or question.answer.fullmatch(answer) is None:
        shown = answer.splitlines()[0][:80] if answer else "nothing"
        raise _unverified(question, f"asked for its version it answered {shown}")
    return answer


def _unverified(question: Question, why: str) -> Incomplete:
    return Incomplete(
        f"{question.name} was not installed.", f"Of what was fetched, {why}.", "Try another way: `--from`."
    )


def _refused(refusals: Sequence[tuple[str, Incomplete]]) -> Incomplete:
    if len(refusals) == 1:
        return refusals[0][1]
    return Incomplete(
        "No engine was installed.",
        "\n".join(f"{name}: {error.what} {error.why}" for name, error in refusals),
        refusals[-1][1].mend if refusals else "Name a way: `--from`.",
    )
