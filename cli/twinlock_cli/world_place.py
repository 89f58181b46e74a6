"""Where the world of a platform directory lives, and which process serves it.

Whether one runs is told by the lock on its state, which the system lets go when the process ends, however that dies:
`world.json` may have outlived its process, and something else may listen at its address by now.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from twinlock.errors import BadInput, Incomplete
from twinlock.files import write_atomically
from twinlock.provider import world_file

PRIVATE = ".twinlock"
LOCK = "lock"
PARTS = frozenset(
    {
        LOCK,
        "actions",
        "companion.log",
        "git",
        "github.sqlite",
        "github.sqlite-shm",
        "github.sqlite-wal",
        "oidc-key.json",
        "tasks",
    }
)
"""All that a world keeps in its state."""

_LOG = "world.log"
_SEED = "world-seed.json"
_ELSEWHERE = "world-state"
"""Says where the state is, if it is not within the platform directory."""
_NAMING_SECONDS = 5
_POLL_SECONDS = 0.01
"""Between two looks at the lock's holder: it is another process, which tells by files and locks alone."""


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
        """What the world says while it runs."""
        return self.root / PRIVATE / _LOG

    @property
    def tools(self) -> Path:
        """What jobs find on their PATH beside the system's own."""
        return self.root / PRIVATE / "runner-tools"

    @property
    def socket(self) -> Path:
        """Where clients find GitHub that take no address, such as gh."""
        return self.root / PRIVATE / "github.sock"

    @property
    def seed(self) -> Path:
        """Whom the world is to know from its start."""
        return self.root / PRIVATE / _SEED


def place(root: Path, state: Path | None = None) -> Place:
    """Return where the world of a platform directory lives: as given, else as given the last time, else within."""
    root = root.absolute()
    if state is not None:
        return Place(root, state.absolute())
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return Place(root, Path(os.fsdecode((root / PRIVATE / _ELSEWHERE).read_bytes())))
    return Place(root, _within(root))


def remember(where: Place) -> None:
    """Keep where the state is, for commands that are not told.

    Raises:
        Incomplete: The platform directory cannot be written.
    """
    if where.state == _within(where.root):
        (where.root / PRIVATE / _ELSEWHERE).unlink(missing_ok=True)
    else:
        write_atomically(where.root / PRIVATE / _ELSEWHERE, os.fsencode(where.state))


def server(state: Path) -> int | None:
    """Return the process that serves a state, or None where none does.

    Raises:
        Incomplete: One does, and does not say which it is.
    """
    deadline = time.monotonic() + _NAMING_SECONDS
    while time.monotonic() < deadline:
        try:
            with (state / LOCK).open("rb") as lock:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    return None
                number = lock.read(20).strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        # Whoever has just taken the lock writes its number next; no number below 2 is a server's.
        if number.isdigit() and int(number) > 1:
            return int(number)
        time.sleep(_POLL_SECONDS)
    raise Incomplete(
        f"{state / LOCK} is damaged.",
        "A process holds it, but the file does not say which.",
        f"Find it (`fuser {state / LOCK}`), end it, then run the same command again.",
    )


def require_own(where: Place) -> None:
    """Refuse to forget a directory in which something lies that no world has put there.

    Raises:
        BadInput: It is not a world's state.
    """
    if not os.path.lexists(where.state):
        return
    strange = ["it"] if where.state.is_symlink() or not where.state.is_dir() else _strange(where.state)
    if strange:
        raise BadInput(
            f"{where.state} was not deleted.",
            f"It is not the state of a world: no world has made {strange[0]}.",
            "Name the directory that `world up --state` was given.",
        )


def forget(where: Place) -> None:
    """Remove a stopped world's state."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(where.state)


def _within(root: Path) -> Path:
    return root / PRIVATE / "world"


def _strange(state: Path) -> list[str]:
    return sorted(str(entry) for entry in state.iterdir() if entry.name not in PARTS)
