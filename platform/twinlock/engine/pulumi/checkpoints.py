"""Reads checkpoints where Pulumi keeps them, without an engine: on this machine's disk, or in a bucket.

Custody compares them before and after each run, and people ask for them where no engine is installed; starting one
twice for each stack would take longer than many a run. Source of the paths: `pkg/backend/diy/state.go` in
pulumi/pulumi.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from twinlock.engine.pulumi.bucket import Bucket, Unavailable, understood
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twinlock.engine.port import Stack

STACKS: Final = ".pulumi/stacks"
_META: Final = ".pulumi/meta.yaml"
"""Says that stacks are kept by project."""


class Checkpoints(Protocol):
    """Where checkpoints are."""

    def exist(self) -> bool:
        """Tell whether there is such a place at all.

        Raises:
            Incomplete: That is not told.
        """

    def read(self, stack: Stack) -> bytes | None:
        """Return a stack's checkpoint, or None where there is none.

        Raises:
            Incomplete: It cannot be read.
        """

    def copy(self, into: Path) -> None:
        """Copy every checkpoint into a directory that Pulumi takes for a backend of its own.

        Raises:
            Incomplete: They cannot be copied.
        """


@dataclass(frozen=True, slots=True)
class OnDisk:
    """Beneath a directory.

    Attributes:
        directory: The one that the backend's address names.
    """

    directory: Path

    def exist(self) -> bool:
        """Tell whether there is such a directory."""
        return self.directory.is_dir()

    def path(self, stack: Stack) -> Path:
        """Return the file of a stack's checkpoint."""
        return self.directory / _key(stack)

    def read(self, stack: Stack) -> bytes | None:
        """Return a stack's checkpoint, or None where there is none.

        Raises:
            Incomplete: It cannot be read.
        """
        path = self.path(stack)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unread(stack, f"The system says of {path}: {error.strerror}", "Make it readable") from None

    def copy(self, into: Path) -> None:
        """Copy the directory.

        Raises:
            Incomplete: It cannot be copied.
        """
        try:
            if self.directory.is_dir():
                shutil.copytree(self.directory, into)
        except (OSError, shutil.Error) as error:
            raise _uncopied(error) from None


@dataclass(frozen=True, slots=True)
class InBucket:
    """In a bucket of S3.

    Attributes:
        bucket: The one that the backend's address names.
    """

    bucket: Bucket

    def exist(self) -> bool:
        """Tell whether there is such a bucket.

        Raises:
            Incomplete: That is not told.
        """
        try:
            return self.bucket.exists()
        except Unavailable as error:
            raise Incomplete(
                "The state was not looked for.", f"AWS says: {error}.", "See to it, then run the same command again."
            ) from None

    def read(self, stack: Stack) -> bytes | None:
        """Return a stack's checkpoint, or None where there is none.

        Raises:
            Incomplete: It cannot be read.
        """
        try:
            return self.bucket.get(_key(stack))
        except Unavailable as error:
            raise _unread(stack, f"AWS says: {error}", f"See to the bucket {self.bucket.name}") from None

    def copy(self, into: Path) -> None:
        """Copy the objects that are checkpoints, and no history of theirs.

        Raises:
            Incomplete: They cannot be copied.
        """
        try:
            for key in (_META, *self.bucket.keys(f"{STACKS}/")):
                path = (into / key).resolve()
                # Whoever writes the bucket names its objects, and must not so write beside the copy.
                if not path.is_relative_to(into.resolve()) or path.suffix not in {".json", ".yaml"}:
                    continue
                content = self.bucket.get(key)
                if content is not None:
                    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    path.write_bytes(content)
        except (Unavailable, OSError) as error:
            raise _uncopied(error) from None


def reader(url: str, state: Path | None, credentials: Mapping[str, str]) -> OnDisk | InBucket | None:
    """Return what reads a backend's checkpoints; None where only Pulumi can.

    Args:
        url: The backend's address.
        state: Its directory, where it is one on this machine.
        credentials: What it is entered with.
    """
    if state is not None:
        return OnDisk(state)
    return InBucket(Bucket(url, credentials)) if understood(url) else None


def _key(stack: Stack) -> str:
    return f"{STACKS}/{stack.project}/{stack.group}.json"


def _unread(stack: Stack, why: str, mend: str) -> Incomplete:
    return Incomplete(
        f"The checkpoint of {stack.id} was not read.", f"{why}.", f"{mend}, then run the same command again."
    )


def _uncopied(error: Exception) -> Incomplete:
    return Incomplete("The state was not copied.", f"The system says: {error}.", "Run the same command again.")
