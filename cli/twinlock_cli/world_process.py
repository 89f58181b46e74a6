"""The local world as a process of its own: started, asked, stopped.

The world is a separate program reached over loopback; this module is the only one that starts it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinlock.errors import BadInput, Incomplete
from twinlock.files import write_atomically
from twinlock.provider import world_file
from twinlock_cli import world_seed

if TYPE_CHECKING:
    from twinlock.model.estate import Estate
    from twinlock.provider.world_file import WorldFile

PRIVATE = ".twinlock"
LOG = "world.log"
SEED = "world-seed.json"
START_SECONDS = 30
STOP_SECONDS = 15
POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Place:
    """Where the world of a platform directory lives.

    Attributes:
        root: The platform directory.
        state: The world's own state.
    """

    root: Path
    state: Path

    @property
    def ready(self) -> Path:
        """The file that says where the world is."""
        return self.root.joinpath(*world_file.PATH)

    @property
    def log(self) -> Path:
        """What the world says while it runs detached."""
        return self.root / PRIVATE / LOG


def place(root: Path, state: Path | None = None) -> Place:
    """Return where the world of a platform directory lives, given or by default."""
    root = root.absolute()
    return Place(root, (state or root / PRIVATE / "world").absolute())


def command(where: Place, estate: Estate, port: int) -> list[str]:
    """Write the seed and return the command that serves the world.

    Raises:
        BadInput: The world's dependencies are not installed.
        Incomplete: The platform directory cannot be written.
    """
    _require_world()
    seed = where.root / PRIVATE / SEED
    write_atomically(seed, json.dumps(world_seed.document(estate), indent=2).encode(), mode=0o600)
    options = {"--state": where.state, "--seed": seed, "--ready-file": where.ready, "--port": port}
    return [sys.executable, "-m", "twinlock_world", "serve", *(str(word) for pair in options.items() for word in pair)]


def environment() -> dict[str, str]:
    """Return the scrubbed environment of the world: no credentials, no proxies, no Python settings of the user's."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR", "TZ"}}
    # Where this process found its packages, the world finds its own, also without an installation.
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def start(where: Place, estate: Estate, port: int = 0) -> WorldFile:
    """Start the world in the background and return once it answers.

    Raises:
        BadInput: It refused to start: a port in use, another server on the same state.
        Incomplete: It did not start in time.
    """
    if (known := _alive(where)) is not None:
        return known
    arguments = command(where, estate, port)
    where.log.parent.mkdir(parents=True, exist_ok=True)
    with where.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - a list of arguments of our own, without a shell
            arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), start_new_session=True
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise BadInput("The world did not start.", _last_words(where.log), f"See {where.log}, then start it again.")
        with contextlib.suppress(BadInput, Incomplete):
            started = world_file.read(where.root)
            if started.pid == process.pid:
                return started
        time.sleep(POLL_SECONDS)
    process.kill()
    raise Incomplete(
        "The world did not start.",
        f"It gave no sign within {START_SECONDS} seconds.",
        f"See {where.log}, then start it again.",
    )


def serve(where: Place, estate: Estate, port: int) -> int:
    """Serve the world in the foreground until it is interrupted, and return its exit code.

    Raises:
        BadInput: The world's dependencies are not installed.
    """
    arguments = command(where, estate, port)
    # A list of arguments of our own, without a shell.
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, env=environment())  # noqa: S603
    try:
        return process.wait()
    except KeyboardInterrupt:
        # The terminal has sent the world the same signal; it stops by itself.
        return process.wait(STOP_SECONDS)


def running(root: Path, estate: Estate) -> WorldFile:
    """Return the world that runs for a platform directory, having seeded it with whoever was declared since.

    Raises:
        Incomplete: None runs, or it does not answer.
        BadInput: Its file is damaged, or the seed is refused.
    """
    known = world_file.read(root)
    answer = ask(known, "POST", "/_world/seed", estate=estate, body=world_seed.document(estate))
    current = json.dumps(answer).encode()
    renewed = world_file.parse(current)
    if renewed is None:
        raise Incomplete(
            "The world was not seeded.", "Its answer is not what a world answers.", "Restart it: `twinlock world down`."
        )
    if renewed != known:
        write_atomically(place(root).ready, current, mode=0o600)
    return renewed


def ask(known: WorldFile, method: str, path: str, *, estate: Estate, body: object = None) -> Any:  # noqa: ANN401 - JSON
    """Ask the world's control address as an owner, and return its JSON answer.

    Raises:
        Incomplete: It does not answer, or refuses.
    """
    import httpx

    owner = next((login for login in sorted(estate.organization.owners) if login in known.tokens), "")
    try:
        answer = httpx.request(
            method,
            f"{known.github_url}{path}",
            json=body,
            headers={"Authorization": f"Bearer {known.token(owner)}"},
            timeout=60,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        raise Incomplete(
            "The world does not answer.",
            f"Nothing answers at {known.github_url} ({type(error).__name__}).",
            world_file.START,
        ) from None
    if answer.is_error:
        raise Incomplete(
            f"The world refused {method} {path}.",
            f"It answered {answer.status_code}: {answer.text[:200]}",
            "Begin anew: `twinlock world reset`.",
        )
    return answer.json() if answer.content else None


def stop(where: Place, estate: Estate) -> bool:
    """Stop the world, and return whether one ran.

    Raises:
        Incomplete: It does not stop.
    """
    known = _alive(where)
    if known is None:
        where.ready.unlink(missing_ok=True)
        return False
    ask(known, "POST", "/_world/shutdown", estate=estate)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        # The world removes the file as its last deed; its process may linger until somebody collects it.
        if not where.ready.exists() or not _is_running(known.pid):
            where.ready.unlink(missing_ok=True)
            return True
        time.sleep(POLL_SECONDS)
    raise Incomplete(
        "The world did not stop.",
        f"Process {known.pid} still runs after {STOP_SECONDS} seconds.",
        f"End it: `kill {known.pid}`.",
    )


def forget(where: Place) -> None:
    """Remove a stopped world's state, and the engine's, which speaks of a world that is no more."""
    for path in (where.state, where.root / PRIVATE / "state"):
        shutil.rmtree(path, ignore_errors=True)


def _alive(where: Place) -> WorldFile | None:
    try:
        known = world_file.read(where.root)
    except (BadInput, Incomplete):
        return None
    return known if _answers(known) else None


def _answers(known: WorldFile) -> bool:
    import httpx

    try:
        return httpx.get(f"{known.github_url}/_world/health", timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _is_running(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _require_world() -> None:
    from importlib.util import find_spec

    if find_spec("moto") is None or find_spec("uvicorn") is None:
        raise BadInput(
            "The world cannot be started.",
            "What it is built on is not installed.",
            "Install it: `pip install 'twinlock[world]'`.",
        )


def _last_words(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "It ended without a word."
