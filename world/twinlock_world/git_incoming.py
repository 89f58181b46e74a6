"""Objects that are not in a repository yet, and may never be: those of a push or a commit that rules must judge first.

Why: what is refused must leave nothing that anybody could read afterwards, yet must be read to be judged. So new
objects are written to a directory of their own, laid over the repository's, and linked into it only once the ref that
needs them may move. Called by the git server and by the routes that make commits.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twinlock_world.git_objects import ABSENT, GitError, GitRepository

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FOLDER: Final = "incoming"


@dataclass(frozen=True, slots=True)
class Incoming:
    """New objects over a repository. `objects` reads and writes as if they were in it."""

    repository: GitRepository
    objects: GitRepository

    @property
    def directory(self) -> Path:
        """Where the new objects are."""
        if self.objects.incoming is None:
            raise ValueError("not an overlay")
        return self.objects.incoming

    def adopt(self) -> None:
        """Put all new objects into the repository."""
        source = self.directory
        target = self.repository.path / "objects"
        for path in sorted(source.rglob("*"), key=_pack_index_last):
            place = target / path.relative_to(source)
            if path.is_dir() or place.exists() or not _is_object(path):
                continue
            place.parent.mkdir(exist_ok=True)
            os.link(path, place)

    def adopt_only(self, tips: Sequence[str]) -> None:
        """Put what these commits or tags need into the repository, and nothing else.

        Raises:
            GitError: An object is missing.
        """
        held = [f"^{ref.sha}" for ref in self.repository.refs()]
        wanted = "".join(f"{line}\n" for line in (*tips, *held)).encode()
        pack = self.repository.path / "objects" / "pack" / "pack"
        done = self.objects.command("pack-objects", "--revs", "--quiet", str(pack), given=wanted)
        if done.returncode != 0:
            raise GitError(done.stderr.decode(errors="replace").strip())


@contextmanager
def incoming(repository: GitRepository) -> Iterator[Incoming]:
    """Give room for new objects; what was not adopted at the end is gone."""
    parent = repository.path.parent / _FOLDER
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as directory:
        yield Incoming(repository, GitRepository(repository.path, Path(directory)))


def forget_incoming(root: Path) -> None:
    """Remove what a killed process left under the directory of all repositories."""
    shutil.rmtree(root / _FOLDER, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class BroughtCommit:
    """A commit that a ref would gain."""

    sha: str
    parents: tuple[str, ...]
    author_email: str
    committer_email: str
    message: str


@dataclass(frozen=True, slots=True)
class BroughtFile:
    """A file that such a commit adds or changes, and the size of its new content."""

    path: str
    size: int


def brought_commits(objects: GitRepository, old: str, new: str) -> list[BroughtCommit]:
    """Return the commits that moving a ref from `old` to `new` would bring to it, newest first.

    A new ref is brought those that no other branch or tag has.
    """
    if new == ABSENT:
        return []
    listed = objects.command("log", "-z", "--format=%H%n%P%n%ae%n%ce%n%B", new, *_rest(old), "--")
    if listed.returncode != 0:
        return []  # the ref would name no commit: a tag of a blob or a tree
    entries = listed.stdout.decode(errors="replace").split("\0")
    return [_commit(entry) for entry in entries if entry.strip()]


def brought_files(objects: GitRepository, old: str, new: str) -> list[BroughtFile]:
    """Return the files that those commits add or change, each path with each of its contents."""
    if new == ABSENT:
        return []
    flags = ("-m", "--root", "--raw", "--no-renames", "--no-abbrev", "--diff-filter=AMT", "--format=", "-z")
    listed = objects.command("log", *flags, new, *_rest(old), "--")
    if listed.returncode != 0:
        return []
    fields = [field for field in listed.stdout.decode(errors="replace").split("\0") if field]
    found = {(path, head.split(" ")[3]) for head, path in zip(fields[0::2], fields[1::2], strict=True)}
    sizes = _sizes(objects, sorted({sha for _, sha in found}))
    return [BroughtFile(path, sizes.get(sha, 0)) for path, sha in sorted(found)]


def _rest(old: str) -> list[str]:
    return ["--not", "--branches", "--tags"] if old == ABSENT else [f"^{old}"]


def _commit(entry: str) -> BroughtCommit:
    sha, parents, author, committer, message = entry.split("\n", 4)
    return BroughtCommit(sha, tuple(parents.split()), author, committer, message)


def _sizes(objects: GitRepository, shas: Sequence[str]) -> dict[str, int]:
    given = "".join(f"{sha}\n" for sha in shas).encode()
    answer = objects.command("cat-file", "--batch-check=%(objectname) %(objectsize)", given=given).stdout.decode()
    rows = (line.split(" ") for line in answer.splitlines())
    return {sha: int(size) for sha, size in rows if size.isdigit()}


def _is_object(path: Path) -> bool:
    return not path.name.startswith("tmp_") and path.suffix not in {".lock", ".keep"}  # git's marks while it works


def _pack_index_last(path: Path) -> bool:
    return path.suffix == ".idx"  # git takes a pack for complete once its index is there
