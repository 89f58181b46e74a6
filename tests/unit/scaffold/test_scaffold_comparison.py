"""`scaffold --check` shows how managed files differ, and says nothing of the team's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.scaffold.comparison import Difference, FileDifference, compare
from twinlock.scaffold.tree import RECORD, File, recorded
from twinlock.scaffold.writing import write

if TYPE_CHECKING:
    from pathlib import Path

TREE = recorded(
    {
        "managed": File(b"one\ntwo\n", managed=True),
        "run": File(b"#!/bin/sh\n", managed=True, executable=True),
        "seeded": File(b"x\n", managed=False),
    },
    "v1",
)


def test_every_kind_of_difference_is_shown(tmp_path: Path) -> None:
    """Edited, missing and left-over files each come with a unified diff, sorted by path."""
    former = {**TREE.files, "old": File(b"old\n", managed=True)}
    del former[RECORD]
    write(recorded(former, "v0"), tmp_path)
    (tmp_path / RECORD).write_bytes(recorded(former, "v1").files[RECORD].content)
    (tmp_path / "managed").write_text("one\n2")
    (tmp_path / "run").unlink()
    (tmp_path / "seeded").unlink()
    found = {difference.path: difference for difference in compare(TREE, tmp_path)}
    assert found.pop(RECORD).kind is Difference.EDITED
    assert found == {
        "managed": FileDifference(
            "managed",
            Difference.EDITED,
            "--- a/managed\n+++ b/managed\n@@ -1,2 +1,2 @@\n one\n-2\n\\ No newline at end of file\n+two\n",
        ),
        "old": FileDifference("old", Difference.EXTRA, "--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n"),
        "run": FileDifference("run", Difference.MISSING, "--- /dev/null\n+++ b/run\n@@ -0,0 +1 @@\n+#!/bin/sh\n"),
    }


def test_a_lost_mode_is_a_difference(tmp_path: Path) -> None:
    """A script that cannot be run any more is not as rendered."""
    write(TREE, tmp_path)
    (tmp_path / "run").chmod(0o600)
    assert compare(TREE, tmp_path) == (FileDifference("run", Difference.EDITED, "run: must be executable\n"),)


def test_an_empty_directory_lacks_every_managed_file(tmp_path: Path) -> None:
    """Where nothing was rendered, everything managed is missing."""
    assert [(difference.path, difference.kind) for difference in compare(TREE, tmp_path)] == [
        (RECORD, Difference.MISSING),
        ("managed", Difference.MISSING),
        ("run", Difference.MISSING),
    ]


def test_nothing_in_a_file_commands_the_terminal(tmp_path: Path) -> None:
    """Bytes that are no text, and control characters, are shown escaped and do not split lines."""
    write(TREE, tmp_path)
    (tmp_path / "managed").write_bytes(b"\xff\x1b[2J\x0c\r\n")
    assert compare(TREE, tmp_path)[0].diff == (
        "--- a/managed\n+++ b/managed\n@@ -1 +1,2 @@\n-\\xff\\x1b[2J\\x0c\\r\n+one\n+two\n"
    )
