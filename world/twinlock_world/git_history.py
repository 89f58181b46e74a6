"""What two commits have to do with each other: their common base, what lies between, what a merge of them gives.

Beside `git_objects`, which knows single objects. Commits never change, so what is found out about a pair is remembered.
Needs git 2.38 for `merge-tree --write-tree`. Called by pull requests and by whoever tells of a push.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from twinlock_world.git_objects import ABSENT, EMPTY_TREE, GitError, GitObject, Signature, parse_commit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twinlock_world.git_objects import Commit, GitRepository

_REMEMBERED: Final = 4096
_SYNTHETIC: Final = Signature("world", "world@localhost", "2000-01-01T00:00:00Z")
_STATUS: Final = {"A": "added", "D": "removed", "R": "renamed", "C": "copied", "T": "changed"}
_CONFLICT: Final = 1
_LARGEST_PATCH: Final = 1_000_000
"""A longer patch is left out, as GitHub leaves out very long ones."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that differs between two trees.

    `patch` is its unified diff without header; none for a binary, or where it would be very long.
    """

    path: str
    previous: str | None
    sha: str
    status: str
    additions: int
    deletions: int
    patch: str | None


@lru_cache(_REMEMBERED)
def merge_base(objects: GitRepository, one: str, other: str) -> str | None:
    """Return the best common ancestor of two commits."""
    found = objects.command("merge-base", one, other).stdout.decode().strip()
    return found or None


@lru_cache(_REMEMBERED)
def between(objects: GitRepository, older: str, newer: str) -> tuple[str, ...]:
    """Return the commits that `newer` has and `older` lacks, oldest first."""
    listed = objects.command("rev-list", "--reverse", "--topo-order", newer, f"^{older}", "--")
    if listed.returncode != 0:
        raise GitError(listed.stderr.decode(errors="replace").strip())
    return tuple(listed.stdout.decode().split())


def is_behind(objects: GitRepository, base: str, head: str) -> bool:
    """Tell whether `base` has commits that `head` lacks."""
    return merge_base(objects, base, head) != base


@lru_cache(256)
def differences(objects: GitRepository, base: str, head: str) -> tuple[Difference, ...]:
    """Return what changed from the common ancestor of two commits to `head`, by path."""
    ancestor = merge_base(objects, base, head) or EMPTY_TREE
    flags = ("diff", "--no-color", "--no-ext-diff", "-M", "--full-index")
    raw = objects.command(*flags, "--raw", "--no-abbrev", "--numstat", "-z", ancestor, head).stdout.decode(
        errors="replace"
    )
    text = objects.command(*flags, ancestor, head).stdout.decode(errors="replace")
    patches = [_hunks(part) for part in f"\n{text}".split("\ndiff --git ")[1:]]
    return tuple(_differences(raw, patches))


def patch_text(objects: GitRepository, base: str, head: str) -> bytes:
    """Return the unified diff of what `differences` lists."""
    ancestor = merge_base(objects, base, head) or EMPTY_TREE
    return objects.command("diff", "--no-color", "--no-ext-diff", "-M", "--full-index", ancestor, head).stdout


def mail_text(objects: GitRepository, base: str, head: str) -> bytes:
    """Return the commits between two as a series of mails, as `git format-patch` writes them."""
    return objects.command("format-patch", "--stdout", "--no-color", "--full-index", f"{base}..{head}").stdout


@lru_cache(_REMEMBERED)
def merged_tree(objects: GitRepository, ours: str, theirs: str) -> str | None:
    """Return the tree that merging two commits gives, or nothing where they conflict or share no history.

    Raises:
        GitError: One of them is no commit.
    """
    if merge_base(objects, ours, theirs) is None:
        return None
    done = objects.command("merge-tree", "--write-tree", "--no-messages", ours, theirs)
    if done.returncode == _CONFLICT:
        return None
    if done.returncode != 0:
        raise GitError(done.stderr.decode(errors="replace").strip())
    return done.stdout.decode().split("\n", 1)[0]


def replay(objects: GitRepository, onto: str, commits: Sequence[str], committer: Signature) -> str | None:
    """Copy commits one after another onto another commit; return the last copy, or nothing on a conflict.

    Each keeps its author and message. A merge commit cannot be copied. One that changes nothing there is left out, as
    `git rebase` does.
    """
    tip = onto
    for sha in commits:
        commit = objects.commit(sha)
        if commit is None or len(commit.parents) != 1:
            return None
        tree = _picked_tree(objects, tip, commit)
        if tree is None:
            return None
        held = objects.commit(tip)
        if held is None or tree != held.tree:
            tip = objects.write_commit(tree, (tip,), commit.message, commit.author, committer)
    return tip


def pushed_commits(objects: GitRepository, ref: str, before: str, after: str, limit: int) -> list[Commit]:
    """Return the commits that a push brought to a ref, oldest first, the newest `limit` of them.

    For a new branch those that no other branch has.
    """
    if after == ABSENT:
        return []
    name = ref.removeprefix("refs/heads/")  # what --branches leaves out is named without
    rest = ["--not", f"--exclude={name}", "--branches"] if before == ABSENT else [f"^{before}"]
    listed = objects.command("rev-list", f"--max-count={limit}", after, *rest).stdout.decode().split()
    return _commits(objects, listed[::-1])


def touched_files(objects: GitRepository, commits: Sequence[Commit]) -> dict[str, list[tuple[str, str]]]:
    """Return, for each commit, how (`A`, `D`, `M`, `T`) which files differ from its first parent."""
    flags = ("--stdin", "--root", "-r", "--no-renames", "--diff-merges=first-parent", "--name-status", "-z")
    given = "".join(f"{commit.sha}\n" for commit in commits).encode()
    fields = iter(objects.command("diff-tree", *flags, given=given).stdout.decode(errors="replace").split("\0"))
    found: dict[str, list[tuple[str, str]]] = {commit.sha: [] for commit in commits}
    files: list[tuple[str, str]] = []
    for field in fields:
        if field in found:  # a commit's name stands where a letter would
            files = found[field]
        elif field:
            files.append((field, next(fields)))
    return found


def _commits(objects: GitRepository, shas: Sequence[str]) -> list[Commit]:
    """Return commits by one call of git."""
    answer = objects.command("cat-file", "--batch", given="".join(f"{sha}\n" for sha in shas).encode()).stdout
    found, at = [], 0
    for _ in shas:
        line = answer.index(b"\n", at)
        sha, kind, size = answer[at:line].decode().split(" ")
        at = line + 1 + int(size) + 1
        found.append(parse_commit(GitObject(sha, kind, answer[line + 1 : at - 1])))
    return found


def _picked_tree(objects: GitRepository, onto: str, commit: Commit) -> str | None:
    """Return the tree of a cherry-pick: a merge whose base is the picked commit's parent.

    Git's `merge-tree` can be told a base only from 2.40 on, so the three trees are merged as commits whose only common
    ancestor is that base.
    """
    parent = objects.commit(commit.parents[0])
    target = objects.commit(onto)
    if parent is None or target is None:
        return None
    if parent.sha == onto:
        return commit.tree
    base = objects.write_commit(parent.tree, (), "base", _SYNTHETIC, _SYNTHETIC)
    ours = objects.write_commit(target.tree, (base,), "ours", _SYNTHETIC, _SYNTHETIC)
    theirs = objects.write_commit(commit.tree, (base,), "theirs", _SYNTHETIC, _SYNTHETIC)
    return merged_tree(objects, ours, theirs)


def _differences(raw: str, patches: list[str | None]) -> Iterator[Difference]:
    fields = iter(raw.split("\0"))
    entries: list[tuple[str, str, str | None, str]] = []
    counts: list[tuple[int, int]] = []
    for field in fields:
        if field.startswith(":"):
            _, _, old, new, letter = field.split(" ")
            first = next(fields)
            path, previous = (next(fields), first) if letter[0] in "RC" else (first, None)
            entries.append((_STATUS.get(letter[0], "modified"), path, previous, old if letter[0] == "D" else new))
        elif field:
            added, deleted, path = field.split("\t")
            counts.append((_lines(added), _lines(deleted)))
            if not path:  # a rename: both names follow
                next(fields)
                next(fields)
    texts = iter(patches)
    for (status, path, previous, sha), (additions, deletions) in zip(entries, counts, strict=True):
        patch = next(texts, None)
        if status == "changed":  # a file became a link or the reverse: git writes it as a removal and an addition
            next(texts, None)
        yield Difference(path, previous, sha, status, additions, deletions, patch)


def _hunks(part: str) -> str | None:
    at = part.find("\n@@ ")
    return None if at < 0 or len(part) > _LARGEST_PATCH else part[at + 1 :].removesuffix("\n")


def _lines(count: str) -> int:
    return 0 if count == "-" else int(count)  # git counts no lines in binaries
