"""Locks that Pulumi's file backend left behind when its process was killed.

Pulumi keeps a file per run, which nobody removes if the run does not. It names the process; one that is gone holds
nothing. Source: `pkg/backend/diy/lock.go` in pulumi/pulumi.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock.engine.port import Stack


def remove_stale(state: Path, stack: Stack) -> None:
    """Remove the locks of a stack whose processes on this machine are gone."""
    place = state / ".pulumi" / "locks" / "organization" / stack.project / stack.group
    for path in sorted(place.glob("*.json")):
        if _is_stale(path):
            path.unlink(missing_ok=True)


def _is_stale(path: Path) -> bool:
    try:
        lock = json.loads(path.read_text(encoding="utf-8"))
        process, host = int(lock["pid"]), lock["hostname"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return process > 0 and host == socket.gethostname() and not _lives(process)


def _lives(process: int) -> bool:
    with contextlib.suppress(PermissionError):
        try:
            os.kill(process, 0)
        except (ProcessLookupError, OverflowError):
            return False
    return True
