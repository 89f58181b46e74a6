"""The first commit of a repository, by a real push, and only into a repository without commits."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twinlock.errors import Incomplete
from twinlock.names import DEFAULT_BRANCH
from twinlock.scaffold.commit import AUTHOR, MESSAGE, TIME, commit_id
from twinlock.scaffold.git import Git

if TYPE_CHECKING:
    from twinlock.scaffold.tree import Tree

BRANCH = f"refs/heads/{DEFAULT_BRANCH}"


@dataclass(frozen=True, slots=True)
class Seeded:
    """The tree was pushed.

    Attributes:
        commit: Its commit.
    """

    commit: str


@dataclass(frozen=True, slots=True)
class AlreadySeeded:
    """The default branch points at exactly this commit already.

    Attributes:
        commit: The seed's commit.
    """

    commit: str


@dataclass(frozen=True, slots=True)
class HasOtherCommits:
    """The repository holds something else; nothing was pushed.

    Attributes:
        head: What its default branch points at; another ref where it has none.
    """

    head: str


def seed(tree: Tree, url: str, token: str) -> Seeded | AlreadySeeded | HasOtherCommits:
    """Push the tree's commit to the default branch of the repository at `url`, if it has no commits.

    Args:
        tree: What to push.
        url: Address of the repository, without credentials.
        token: What git authenticates with; it reaches git by its environment alone.

    Raises:
        BadInput: git is missing.
        Incomplete: The repository cannot be reached, or refused the push.
    """
    commit = commit_id(tree)
    with tempfile.TemporaryDirectory(prefix="twinlock-seed-") as directory:
        git = Git(url, token, Path(directory))
        refs = _refs(git)
        if refs:
            head = refs.get(BRANCH) or next(iter(refs.values()))
            return AlreadySeeded(commit) if head == commit else HasOtherCommits(head)
        _build(git, tree, commit)
        # The empty lease makes the server refuse if anybody has created the branch in between.
        git.remote("push", "--quiet", f"--force-with-lease={BRANCH}:", "--", url, f"{commit}:{BRANCH}")
    return Seeded(commit)


def _refs(git: Git) -> dict[str, str]:
    listed = git.remote("ls-remote", "--refs", "--", git.url).splitlines()
    return {name: commit for commit, _, name in (line.partition("\t") for line in listed)}


def _build(git: Git, tree: Tree, commit: str) -> None:
    git.local("init", "--quiet", "--bare", "--object-format=sha1", ".")
    git.local("fast-import", "--quiet", given=_stream(tree))
    built = git.local("rev-parse", BRANCH).strip()
    if built != commit:
        raise Incomplete(
            f"{git.url} was not seeded.",
            f"git computed the commit {built} where {commit} was expected.",
            "Report this: the two must agree.",
        )


def _stream(tree: Tree) -> bytes:
    """Return the commit as `git fast-import` reads it."""
    parts = [f"commit {BRANCH}\nauthor {AUTHOR} {TIME}\ncommitter {AUTHOR} {TIME}\n".encode(), _data(MESSAGE.encode())]
    for path, file in tree.files.items():
        mode = "100755" if file.executable else "100644"
        parts += [f'M {mode} inline "{path}"\n'.encode(), _data(file.content), b"\n"]
    return b"".join(parts)


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content
