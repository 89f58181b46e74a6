"""What two commits have to do with each other, on real repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock_world import git_history
from twinlock_world.git_objects import ABSENT, GitError, GitRepositories, Signature

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock_world.git_objects import GitRepository

WHO = Signature("Ann", "ann@example.invalid", "2024-01-01T00:00:00Z")


@pytest.fixture
def objects(tmp_path: Path) -> GitRepository:
    """An empty repository."""
    return GitRepositories(tmp_path).create(1)


def _commit(objects: GitRepository, parents: tuple[str, ...], message: str = "m", **files: str | None) -> str:
    held = objects.commit(parents[0]) if parents else None
    tree = objects.write_tree(()) if held is None else held.tree
    for path, text in files.items():
        tree = objects.write_path(tree, path, None if text is None else objects.write_blob(text.encode()))
    return objects.write_commit(tree, parents, message, WHO, WHO)


def test_commits_between_and_behind(objects: GitRepository) -> None:
    """Oldest first; a head is behind once its base has what it lacks."""
    root = _commit(objects, (), a="1\n")
    one = _commit(objects, (root,), b="1\n")
    two = _commit(objects, (one,), c="1\n")
    main = _commit(objects, (root,), d="1\n")
    assert git_history.between(objects, root, two) == (one, two)
    assert git_history.between(objects, main, two) == (one, two)
    assert git_history.merge_base(objects, main, two) == root
    assert [git_history.is_behind(objects, base, two) for base in (root, main)] == [False, True]
    stranger = _commit(objects, (), "other", z="1\n")
    assert git_history.merge_base(objects, stranger, two) is None
    with pytest.raises(GitError):
        git_history.between(objects, ABSENT, two)


def test_differences_are_from_the_common_ancestor(objects: GitRepository) -> None:
    """What the base changed meanwhile is not among them; renames, removals and binaries are told apart."""
    text = "".join(f"line {number}\n" for number in range(20))
    root = _commit(objects, (), kept="1\n", gone="1\n", old=text, blob="\0\1")
    head = _commit(objects, (root,), kept="2\n", gone=None, old=None, new=text, blob="\0\2", added="x\ny\n")
    main = _commit(objects, (root,), kept="3\n")
    found = {one.path: one for one in git_history.differences(objects, main, head)}
    assert {path: (one.status, one.additions, one.deletions, one.previous) for path, one in found.items()} == {
        "added": ("added", 2, 0, None),
        "blob": ("modified", 0, 0, None),
        "gone": ("removed", 0, 1, None),
        "kept": ("modified", 1, 1, None),
        "new": ("renamed", 0, 0, "old"),
    }
    assert found["kept"].patch == "@@ -1 +1 @@\n-1\n+2"
    assert (found["blob"].patch, found["new"].patch) == (None, None)


def test_a_file_that_becomes_a_link_is_one_difference(objects: GitRepository) -> None:
    """Git writes it as a removal and an addition; what follows keeps its own patch."""
    root = _commit(objects, (), a="1\n", b="1\n")
    held = objects.commit(root)
    assert held is not None
    tree = objects.write_path(held.tree, "a", objects.write_blob(b"b"), "120000")
    tree = objects.write_path(tree, "b", objects.write_blob(b"2\n"))
    head = objects.write_commit(tree, (root,), "m", WHO, WHO)
    found = git_history.differences(objects, root, head)
    assert [(one.path, one.status) for one in found] == [("a", "changed"), ("b", "modified")]
    assert found[1].patch == "@@ -1 +1 @@\n-1\n+2"


def test_merges_are_trees_or_conflicts(objects: GitRepository) -> None:
    """Both sides' changes in one tree; nothing where they changed the same, or have no common history."""
    root = _commit(objects, (), a="1\n", b="1\n")
    ours, theirs = _commit(objects, (root,), a="2\n"), _commit(objects, (root,), b="2\n")
    tree = git_history.merged_tree(objects, ours, theirs)
    assert tree is not None
    read = [objects.read(entry.sha) for entry in objects.tree(tree)]
    assert [found.data for found in read if found is not None] == [b"2\n", b"2\n"]
    assert git_history.merged_tree(objects, ours, _commit(objects, (root,), a="3\n")) is None
    assert git_history.merged_tree(objects, ours, _commit(objects, (), "other", z="1\n")) is None


def test_replayed_commits_keep_author_and_message(objects: GitRepository) -> None:
    """Each is copied; one that the target has already is left out; conflicts and merges cannot be."""
    committer = Signature("Bob", "bob@example.invalid", "2025-01-01T00:00:00Z")
    root = _commit(objects, (), a="1\n")
    one = _commit(objects, (root,), "one", b="1\n")
    two = _commit(objects, (one,), "two", c="1\n")
    onto = _commit(objects, (root,), "same as one", b="1\n")
    tip = git_history.replay(objects, onto, (one, two), committer)
    copied = objects.commit(tip or "")
    assert copied is not None
    assert (copied.parents, copied.message, copied.author, copied.committer) == ((onto,), "two", WHO, committer)
    assert {entry.path for entry in objects.tree(copied.sha)} == {"a", "b", "c"}
    clash = _commit(objects, (root,), b="2\n")
    assert git_history.replay(objects, clash, (one, two), committer) is None
    merge = objects.write_commit(copied.tree, (onto, two), "merge", WHO, WHO)
    assert git_history.replay(objects, root, (merge,), committer) is None


def test_a_push_brings_what_no_other_branch_has(objects: GitRepository) -> None:
    """Of a new branch only its own; of an old one what came after; of a deleted one nothing."""
    root = _commit(objects, (), a="1\n")
    objects.update_ref("refs/heads/main", root)
    one = _commit(objects, (root,), b="1\n")
    two = _commit(objects, (one,), c="1\n")
    objects.update_ref("refs/heads/topic", two)

    def brought(before: str, after: str, limit: int = 9) -> list[str]:
        found = git_history.pushed_commits(objects, "refs/heads/topic", before, after, limit)
        return [commit.sha for commit in found]

    assert brought(ABSENT, two) == [one, two]
    assert brought(one, two) == [two]
    assert brought(two, ABSENT) == []
    assert brought(ABSENT, two, 1) == [two]


def test_touched_files_are_told_for_all_commits_at_once(objects: GitRepository) -> None:
    """Of a root all, of a merge what differs from its first parent, whatever the names look like."""
    root = _commit(objects, (), a="1\n", M="1\n")
    one = _commit(objects, (root,), a="2\n", M=None, b="1\n")
    other = _commit(objects, (root,), **{"0" * 40: "1\n"})
    tree = git_history.merged_tree(objects, one, other)
    assert tree is not None
    merge = objects.write_commit(tree, (one, other), "merge", WHO, WHO)
    commits = [found for sha in (root, one, other, merge) if (found := objects.commit(sha)) is not None]
    assert git_history.touched_files(objects, commits) == {
        root: [("A", "M"), ("A", "a")],
        one: [("D", "M"), ("M", "a"), ("A", "b")],
        other: [("A", "0" * 40)],
        merge: [("A", "0" * 40)],
    }
    assert git_history.touched_files(objects, []) == {}
