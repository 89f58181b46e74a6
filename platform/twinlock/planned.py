"""What a sealed plan is made from, read from the platform directory: its git tree, its base, its manifest.

Git is asked as a program, without any configuration of the user's. What is not committed has no tree, so a plan is
sealed, and carried out, only from a clean checkout: what was reviewed is what runs.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from twinlock.engine.sealed_plan import Origin, Present
from twinlock.errors import BadInput
from twinlock.names import DEFAULT_BRANCH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SECONDS: Final = 30
_MANIFEST: Final = ("platform.yaml", "roster.yaml", "services/*.yaml")


def origin(root: Path, engine: str) -> Origin:
    """Return what a plan made now is made from.

    The base is where HEAD left the default branch, as the remote has it, or else as it is here.

    Args:
        root: The platform directory.
        engine: Version of the engine.

    Raises:
        BadInput: It is no git checkout, git is missing, or something is not committed.
    """
    _require_clean(root)
    head = _revision(root, "HEAD")
    upstream = next((each for each in (f"origin/{DEFAULT_BRANCH}", DEFAULT_BRANCH) if _has(root, each)), "HEAD")
    base = _git(root, "merge-base", "HEAD", upstream).strip() or head
    return Origin(_revision(root, "HEAD^{tree}"), base, manifest_digest(root), engine, _authors(root, base))


def present(root: Path, engine: str, checkpoints: Mapping[str, str]) -> Present:
    """Return what a plan would be carried out on now.

    A plan may stand on HEAD itself, or on what HEAD was merged onto: its first parent.

    Args:
        root: The platform directory.
        engine: Version of the engine.
        checkpoints: Digest of each stack's checkpoint.

    Raises:
        BadInput: As `origin`.
    """
    _require_clean(root)
    bases = [_revision(root, "HEAD")] + ([_revision(root, "HEAD^1")] if _has(root, "HEAD^1") else [])
    return Present(_revision(root, "HEAD^{tree}"), bases, manifest_digest(root), engine, checkpoints)


def manifest_digest(root: Path) -> str:
    """Return the digest of the manifest's files, by name and content."""
    found = hashlib.sha256()
    for pattern in _MANIFEST:
        for path in sorted(root.glob(pattern)):
            content = path.read_bytes()
            found.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
            found.update(content)
    return found.hexdigest()


def _authors(root: Path, base: str) -> tuple[str, ...]:
    """Return the addresses that wrote what is not in the base, or the last commit where all is in it."""
    written = _git(root, "log", "--format=%ae", f"{base}..HEAD") or _git(root, "log", "-1", "--format=%ae")
    return tuple(sorted(set(written.splitlines())))


def _require_clean(root: Path) -> None:
    changed = [line[3:] for line in _git(root, "status", "--porcelain", "--untracked-files=normal").splitlines()]
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise BadInput(
            "No plan can be bound to this directory.",
            f"Not committed: {changed[0]}{more}. What is not committed was not reviewed.",
            "Commit it, or put it away, then run the same command again.",
        )


def _has(root: Path, revision: str) -> bool:
    return _done(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").returncode == 0


def _revision(root: Path, revision: str) -> str:
    return _git(root, "rev-parse", "--verify", "--end-of-options", revision).strip()


def _git(root: Path, *arguments: str) -> str:
    done = _done(root, *arguments)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise BadInput(
            "No plan can be bound to this directory.",
            f"git says: {said[-1] if said else 'nothing'}",
            "Keep the platform directory in a git repository with a commit: `git init`, `git add .`, `git commit`.",
        )
    return done.stdout.decode(errors="replace")


def _done(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("git")
    if program is None:
        raise BadInput(
            "No plan can be bound to this directory.", "git was not found.", "Install git, then run it again."
        )
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }
    return subprocess.run(  # noqa: S603 - a list of arguments of our own, without a shell
        [program, "-c", "core.fsmonitor=false", "-C", str(root), *arguments],
        env=environment,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
