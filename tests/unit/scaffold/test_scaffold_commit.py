"""Commit ids computed without git equal git's own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from twinlock.errors import BadInput
from twinlock.scaffold.commit import AUTHOR, MESSAGE, TIME, commit_id
from twinlock.scaffold.tree import File, Tree

NAMES = st.sampled_from(["a", "a-b", "a.b", "a0", "b", "lib", "lib.py", ".hidden", "README", "é", "z z", "A"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
FILES = st.builds(File, st.binary(max_size=40), st.booleans(), st.booleans())


def git(directory: Path, *arguments: str) -> str:
    """Run git as nobody in particular, and return what it prints."""
    name, _, address = AUTHOR.partition(" <")
    who = {"NAME": name, "EMAIL": address.rstrip(">"), "DATE": TIME}
    environment = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
    environment |= {"PATH": os.environ["PATH"], "HOME": str(directory), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=directory, env=environment, check=True, capture_output=True)
    return done.stdout.decode().strip()


def committed(tree: Tree) -> str:
    """Return the id of the commit that git itself makes of a tree."""
    with TemporaryDirectory() as directory:
        root = Path(directory)
        git(root, "init", "-q")
        for path, file in tree.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(file.content)
            (root / path).chmod(0o755 if file.executable else 0o644)
        git(root, "add", "--all", "--force")
        return git(root, "commit-tree", git(root, "write-tree"), "-m", MESSAGE.strip())


@settings(max_examples=30)
@given(st.dictionaries(PATHS, FILES, min_size=1, max_size=8))
@example({"a/x": File(b"1", managed=True), "a-b": File(b"2", managed=True), "a.b": File(b"3", managed=True)})
@example({"empty": File(b"", managed=True), "run": File(b"#!/bin/sh\n", managed=True, executable=True)})
def test_the_commit_is_the_one_git_makes(files: dict[str, File]) -> None:
    """Blobs, nested trees in git's order, modes and the commit itself hash to git's ids."""
    try:
        tree = Tree(files)
    except BadInput:  # a file where another path needs a directory: no tree at all
        return
    assert commit_id(tree) == committed(tree)


def test_the_class_of_a_file_does_not_reach_the_commit() -> None:
    """What git stores has no notion of managed and seeded."""
    managed, seeded = (Tree({"a": File(b"x", managed=managed)}) for managed in (True, False))
    assert commit_id(managed) == commit_id(seeded)
