"""Trees hold only paths beneath them, and trust nothing that a team may have written into a record."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock.errors import BadInput
from twinlock.scaffold.tree import RECORD, Entry, File, Tree, read_record, recorded

FILE = File(b"x", managed=True)


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../x", "a/../x", "a//x", "./x", "a/.", "a/", ".git/config", "a/.GIT/hooks/x", "a\nb", "c:x"],
)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    """No template can write outside its repository or into git's own directory."""
    with pytest.raises(BadInput) as caught:
        Tree({path: FILE})
    assert str(caught.value).splitlines() == [
        f"The template path {path!r} is refused.",
        "A file's path is relative and stays beneath its repository.",
        "Name the template otherwise.",
    ]


def test_a_file_cannot_be_a_directory_too() -> None:
    """`a` and `a/b` cannot both be files."""
    with pytest.raises(BadInput, match="'a/b' is refused"):
        Tree({"a": FILE, "a/b": FILE})


def test_github_s_own_directory_is_no_git_directory() -> None:
    """`.github` and `.gitignore` are ordinary names."""
    assert list(Tree({".gitignore": FILE, ".github/CODEOWNERS": FILE}).files) == [".github/CODEOWNERS", ".gitignore"]


def test_the_record_lists_every_file_with_class_and_digest() -> None:
    """The record is deterministic and sorted, and reads back."""
    files = {"b": File(b"2", managed=False), "a": File(b"1", managed=True)}
    tree = recorded(files, "v1")
    text = tree.files[RECORD].content
    assert json.loads(text) == {
        "template_version": "v1",
        "files": {
            "a": {"class": "managed", "sha256": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"},
            "b": {"class": "seeded", "sha256": "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35"},
        },
    }
    assert list(json.loads(text)["files"]) == ["a", "b"]
    assert read_record(text) == {path: Entry(file.managed, file.digest) for path, file in files.items()}
    assert tree.files[RECORD].managed


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"null", b'{"files": []}', b'{"files": {"a": 1}}', b"[" * 100_000, b'{"files": null}'],
)
def test_a_damaged_record_says_nothing(content: bytes) -> None:
    """A record that cannot be read counts as none, never as an error."""
    assert read_record(content) == {}


def test_hostile_entries_are_dropped() -> None:
    """A record cannot name a path outside its tree, nor a class nobody knows."""
    good = {"class": "managed", "sha256": "0"}
    files = {"../x": good, "/x": good, ".git/config": good, "x": {"class": "mine", "sha256": "0"}, "y": good}
    assert read_record(json.dumps({"files": files}).encode()) == {"y": Entry(managed=True, digest="0")}


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(content: bytes) -> None:
    """Whatever stands in the file, reading it gives entries or nothing."""
    read_record(content)
