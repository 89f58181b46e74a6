"""A checkpoint that a full disk has cut off, and the copy that Pulumi makes of it before each write.

Whether the copy may be run on is custody's to say, as of any checkpoint.
Source: `backupTarget` in `pkg/backend/diy/state.go` in pulumi/pulumi.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from twinlock.engine import checkpoint
from twinlock.errors import BadInput, Incomplete
from twinlock.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def restore(path: Path) -> None:
    """Put Pulumi's copy in the place of a checkpoint that cannot be read; where that cannot be either, do nothing."""
    content, copy = _read(path), _read(path.with_name(f"{path.name}.bak"))
    if content is None or _whole(content) or copy is None or not _whole(copy):
        return
    with contextlib.suppress(Incomplete):  # the disk is full still
        write_atomically(path, copy, mode=0o600)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _whole(content: bytes) -> bool:
    try:
        checkpoint.deployment(content)
    except BadInput:
        return False
    return True
