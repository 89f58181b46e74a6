"""The local world as a process of its own: started, joined, stopped.

The world is a separate program reached over loopback; this module is the only one that starts it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shlex
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from twinlock.errors import BadInput, Incomplete
from twinlock.files import write_atomically
from twinlock.provider import world_file
from twinlock_cli import local_socket, prerequisites, world_seed
from twinlock_cli.world_place import Place, place, remember, server
from twinlock_cli.world_requests import RESTART, running
from twinlock_rehearsal import runner_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twinlock.model.estate import Estate
    from twinlock.provider.world_file import WorldFile

START_SECONDS = 30
JOIN_SECONDS = 5
STOP_SECONDS = 15
POLL_SECONDS = 0.01
"""Between two looks at the world: it is another process, which tells by files and locks alone."""

_REFUSED_TO_START = 2


def start(where: Place, estate: Estate, port: int = 0) -> WorldFile:
    """Start the world in the background and return once it answers; one that runs is joined and seeded again.

    Raises:
        BadInput: It refused to start (a port in use, a state that is none), or it runs elsewhere than asked for.
        Incomplete: It did not start in time, or does not say where it is.
    """
    if (pid := server(where.state)) is not None:
        return _joined(where, pid, estate, port)
    return _ready(where, _launch(where, estate, port))


def serve(where: Place, estate: Estate, port: int, announce: Callable[[WorldFile], None]) -> None:
    """Serve the world in the foreground until it is interrupted or stopped from elsewhere.

    Raises:
        BadInput: It refused to start, or runs already.
        Incomplete: It did not start in time, or ended by itself.
    """
    if (pid := server(where.state)) is not None:
        raise _runs_already(where, f"Process {pid} serves {where.state}.")
    process = _launch(where, estate, port)
    try:
        announce(_ready(where, process))
        code = process.wait()
    except KeyboardInterrupt:
        return
    finally:
        _end(process)
    if code:
        raise Incomplete("The world has ended.", _last_words(where.log), f"See {where.log}, then start it again.")


def stop(where: Place) -> bool:
    """Stop the world, and return whether one ran.

    Raises:
        Incomplete: It does not stop.
    """
    pid = server(where.state)
    if pid is None:
        where.ready.unlink(missing_ok=True)
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if server(where.state) != pid:
            _await_end(pid)
            return True
        time.sleep(POLL_SECONDS)
    raise Incomplete(
        "The world did not stop.",
        f"Process {pid} still runs after {STOP_SECONDS} seconds.",
        f"End it: `kill -9 {pid}`.",
    )


def _await_end(pid: int) -> None:
    """Return once a process that has given up its lock has ended, so that nothing of it is left."""
    if sys.platform != "linux":
        return
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        # It can be read from once the process has ended, even if nobody collects it.
        select.select([process], [], [], STOP_SECONDS)
    finally:
        os.close(process)


def environment() -> dict[str, str]:
    """Return the scrubbed environment of the world: no credentials, no proxies, no Python settings of the user's."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR", "TZ"}}
    # Where this process found its packages, the world finds its own, also without an installation.
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _joined(where: Place, pid: int, estate: Estate, port: int) -> WorldFile:
    deadline = time.monotonic() + JOIN_SECONDS
    while _address(where, pid) is None:
        if time.monotonic() > deadline:
            why = f"Process {pid} serves {where.state}, but {where.ready} does not say where."
            raise Incomplete("The world cannot be reached.", why, RESTART)
        time.sleep(POLL_SECONDS)
    known = running(where.root, estate)
    if port and urlsplit(known.github_url).port != port:
        raise _runs_already(where, f"It answers at {known.github_url}, not at port {port}.")
    return known


def _runs_already(where: Place, why: str) -> BadInput:
    return BadInput("A world runs already.", why, f"Stop it first: `twinlock -C {where.root} world down`.")


def _launch(where: Place, estate: Estate, port: int) -> subprocess.Popen[bytes]:
    prerequisites.require_world()
    prerequisites.require_git()
    _require_no_other(where)
    write_atomically(where.seed, json.dumps(world_seed.document(estate), indent=2), mode=0o600)
    remember(where)
    # A killed world may have left it, with a process number that the new one may be given.
    where.ready.unlink(missing_ok=True)
    options = {"--state": where.state, "--seed": where.seed, "--ready-file": where.ready, "--port": port}
    options["--companion"] = shlex.join(_gate_stub(where, estate))
    options |= {"--runner": "act", "--runner-path": where.tools}
    runner_image.furnish(where.tools)
    options |= {"--socket": local_socket.beside(where.socket), "--task-path": where.tools}
    words = (str(word) for pair in options.items() for word in pair)
    arguments = [sys.executable, "-m", "twinlock_world", "serve", "--tasks", *words]
    with where.log.open("wb") as log:
        # In a session of its own: Ctrl-C is for this process, which then stops the world.
        return subprocess.Popen(  # noqa: S603 - a list of arguments of our own, without a shell
            arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), start_new_session=True
        )


def _gate_stub(where: Place, estate: Estate) -> list[str]:
    """Return the command of the gate's stand-in, without which no pull request of the world could be merged."""
    return [sys.executable, "-m", "twinlock_rehearsal.gate_stub", str(where.root), estate.organization.login]


def _require_no_other(where: Place) -> None:
    other = place(where.root)
    if other.state != where.state and (pid := server(other.state)) is not None:
        raise _runs_already(where, f"Process {pid} serves {other.state}, not {where.state}.")


def _ready(where: Place, process: subprocess.Popen[bytes]) -> WorldFile:
    try:
        return _awaited(where, process)
    except BaseException:
        _end(process)
        raise


def _awaited(where: Place, process: subprocess.Popen[bytes]) -> WorldFile:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if (known := _address(where, process.pid)) is not None:
            return known
        if process.poll() is not None:
            raise _not_started(where, process.returncode)
        time.sleep(POLL_SECONDS)
    why = f"It gave no sign within {START_SECONDS} seconds."
    raise Incomplete("The world did not start.", why, f"See {where.log}, then start it again.")


def _address(where: Place, pid: int) -> WorldFile | None:
    with contextlib.suppress(BadInput, Incomplete):
        known = world_file.read(where.root)
        return known if known.pid == pid else None
    return None


def _not_started(where: Place, code: int) -> BadInput | Incomplete:
    words = _last_words(where.log)
    if code != _REFUSED_TO_START:
        return Incomplete("The world did not start.", words, f"See {where.log}, then start it again.")
    # The world refuses in one line: who speaks, why, and what to do.
    why, _, mend = words.removeprefix("twinlock_world: ").partition("; ")
    return BadInput("The world did not start.", f"{why[:1].upper()}{why[1:]}.", f"{mend[:1].upper()}{mend[1:]}.")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_words(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "It ended without a word."
