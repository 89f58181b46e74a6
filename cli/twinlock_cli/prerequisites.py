"""What some commands need of the machine, asked for before they change anything."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

from twinlock.errors import BadInput


def require_git() -> None:
    """Refuse to begin without git: repositories are seeded with it, and the world serves them with it.

    Raises:
        BadInput: There is none.
    """
    if shutil.which("git") is None:
        raise BadInput("Nothing was begun.", "git was not found.", "Install git, then run the same command again.")


def require_world() -> None:
    """Refuse to begin without what the world is built on.

    Raises:
        BadInput: It is not installed.
    """
    if find_spec("moto") is None or find_spec("uvicorn") is None:
        raise BadInput(
            "The world cannot be started.",
            "What it is built on is not installed.",
            "Install it: `pip install 'twinlock[world]'`.",
        )
