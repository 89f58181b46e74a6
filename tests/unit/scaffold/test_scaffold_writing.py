"""A directory is brought to its rendering, and the team's files are left alone."""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinlock.errors import BadInput, Incomplete
from twinlock.scaffold.comparison import compare
from twinlock.scaffold.tree import RECORD, File, Tree, recorded
from twinlock.scaffold.writing import WriteReport, write

if TYPE_CHECKING:
    from collections.abc import Mapping

MANAGED = File(b"managed\n", managed=True)
SEEDED = File(b"seeded\n", managed=False)
SCRIPT = File(b"#!/bin/sh\n", managed=True, executable=True)


def tree(**files: File) -> Tree:
    """Return a tree with its record; `_` in a name is `/`."""
    return recorded({name.replace("_", "/"): file for name, file in files.items()}, "v1")


TREE = tree(a_managed=MANAGED, a_seeded=SEEDED, run=SCRIPT)


def snapshot(directory: Path) -> Mapping[str, tuple[bytes, int, int]]:
    """Return content, mode and time of change of every file."""
    return {
        str(path.relative_to(directory)): (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def report(
    *,
    created: tuple[str, ...] = (),
    restored: tuple[str, ...] = (),
    removed: tuple[str, ...] = (),
    kept: tuple[str, ...] = (),
    unchanged: tuple[str, ...] = (),
) -> WriteReport:
    """Return a report, empty but for what is named."""
    return WriteReport(created, restored, removed, kept, unchanged)


def test_the_first_time_everything_is_created(tmp_path: Path) -> None:
    """Every file is written with its mode, and the directory is made."""
    assert write(TREE, tmp_path / "new") == report(created=("a/managed", "a/seeded", "run"))
    assert {path: (content, mode & 0o777) for path, (content, mode, _) in snapshot(tmp_path / "new").items()} == {
        path: (file.content, 0o755 if file.executable else 0o644) for path, file in TREE.files.items()
    }
    assert compare(TREE, tmp_path / "new") == ()


def test_the_second_time_nothing_is_written(tmp_path: Path) -> None:
    """Re-running is byte-identical, and touches no file."""
    write(TREE, tmp_path)
    before = snapshot(tmp_path)
    again = write(TREE, tmp_path)
    assert again == report(unchanged=("a/managed", "a/seeded", "run"))
    assert not again.changed
    assert snapshot(tmp_path) == before


def test_a_managed_file_is_restored(tmp_path: Path) -> None:
    """Edited, deleted or robbed of its mode, a managed file comes back and is reported."""
    write(TREE, tmp_path)
    (tmp_path / "a/managed").write_text("edited")
    (tmp_path / "run").chmod(0o644)
    assert write(TREE, tmp_path) == report(restored=("a/managed", "run"), unchanged=("a/seeded",))
    (tmp_path / "a/managed").unlink()
    assert write(TREE, tmp_path) == report(restored=("a/managed",), unchanged=("a/seeded", "run"))
    assert compare(TREE, tmp_path) == ()


def test_a_seeded_file_is_the_team_s(tmp_path: Path) -> None:
    """Edited, it is never overwritten; deleted, it stays deleted."""
    write(TREE, tmp_path)
    (tmp_path / "a/seeded").write_text("the team's")
    assert write(TREE, tmp_path) == report(kept=("a/seeded",), unchanged=("a/managed", "run"))
    assert (tmp_path / "a/seeded").read_text() == "the team's"
    (tmp_path / "a/seeded").unlink()
    assert write(TREE, tmp_path) == report(kept=("a/seeded",), unchanged=("a/managed", "run"))
    assert not (tmp_path / "a/seeded").exists()


def test_a_new_template_reaches_an_existing_directory(tmp_path: Path) -> None:
    """New files are created; a changed managed template is restored; a changed seeded one is not."""
    write(TREE, tmp_path)
    newer = tree(a_managed=File(b"2\n", managed=True), a_seeded=File(b"2\n", managed=False), run=SCRIPT, more=SEEDED)
    assert write(newer, tmp_path) == report(
        created=("more",), restored=("a/managed",), kept=("a/seeded",), unchanged=("run",)
    )


def test_what_was_there_before_is_kept_unless_it_is_managed(tmp_path: Path) -> None:
    """In a directory that was never scaffolded, a file of the team's stays, and a managed one is as rendered."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/seeded").write_text("ours")
    (tmp_path / "a/managed").write_text("ours")
    assert write(TREE, tmp_path) == report(created=("run",), restored=("a/managed",), kept=("a/seeded",))


def test_a_managed_file_that_templates_no_longer_give_is_removed(tmp_path: Path) -> None:
    """As it was rendered, it goes; edited since, it is the team's and stays."""
    write(tree(a_managed=MANAGED, b=MANAGED, c=MANAGED, d=SEEDED), tmp_path)
    (tmp_path / "c").write_text("edited")
    assert write(tree(a_managed=MANAGED), tmp_path) == report(removed=("b",), unchanged=("a/managed",))
    assert sorted(snapshot(tmp_path)) == [RECORD, "a/managed", "c", "d"]


@pytest.mark.parametrize("planted", ["a", "a/managed", "a/seeded", RECORD])
def test_a_symbolic_link_is_refused(tmp_path: Path, planted: str) -> None:
    """No link in the directory is followed, whether it stands for a file or a directory; nothing is written."""
    outside, directory = tmp_path / "outside", tmp_path / "in"
    outside.mkdir()
    (outside / "managed").write_text("secret")
    link = directory / planted
    link.parent.mkdir(parents=True)
    link.symlink_to(outside if planted == "a" else outside / "managed")
    for act in (write, compare):
        if act is compare and planted == "a/seeded":
            continue  # a seeded file never differs, so it is not looked at
        with pytest.raises(BadInput) as caught:
            act(TREE, directory)
        wanted = "a directory" if planted == "a" else "a regular file"
        assert str(caught.value).splitlines() == [
            f"{link} is refused.",
            f"It is a symbolic link, and the scaffold has {wanted} there.",
            "Remove it, then run the same command again.",
        ]
    assert (outside / "managed").read_text() == "secret"
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()) == ["managed"]


def test_a_dangling_link_is_refused(tmp_path: Path) -> None:
    """A link to nothing would let a file be written elsewhere."""
    (tmp_path / "run").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="is refused"):
        write(TREE, tmp_path)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda root: (root / "a").write_text("x"), "It is a file, and the scaffold has a directory there."),
        (lambda root: (root / "run").mkdir(), "It is a directory, and the scaffold has a regular file there."),
        (lambda root: os.mkfifo(root / "run"), "It is a special file, and the scaffold has a regular file there."),
    ],
    ids=["file", "directory", "pipe"],
)
def test_what_is_no_file_is_refused(tmp_path: Path, make: object, why: str) -> None:
    """A file for a directory, a directory for a file, and a pipe are each refused before anything is written."""
    assert callable(make)
    make(tmp_path)
    with pytest.raises(BadInput) as caught:
        write(TREE, tmp_path)
    assert caught.value.why == why
    assert not (tmp_path / RECORD).exists()


def test_a_hostile_record_reaches_nothing_outside(tmp_path: Path) -> None:
    """Entries that lead out of the directory neither remove nor read anything there."""
    outside, directory = tmp_path / "victim", tmp_path / "in"
    outside.write_bytes(MANAGED.content)
    directory.mkdir()
    entry = {"class": "managed", "sha256": MANAGED.digest}
    (directory / RECORD).write_text(json.dumps({"files": {"../victim": entry, str(outside): entry}}))
    assert write(TREE, directory).removed == ()
    assert outside.read_bytes() == MANAGED.content


def test_an_interrupted_run_is_finished_by_the_next(tmp_path: Path) -> None:
    """The record is written last: until then a seeded file that is missing counts as not yet written."""
    write(TREE, tmp_path)
    (tmp_path / RECORD).unlink()
    (tmp_path / "a/seeded").unlink()
    assert write(TREE, tmp_path) == report(created=("a/seeded",), unchanged=("a/managed", "run"))


def test_a_full_disk_leaves_no_record(tmp_path: Path) -> None:
    """Where one file cannot be written whole none is, nor is the record that would call them written."""
    large = tree(a=SEEDED, z=File(b"x" * 100_000, managed=False))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(Incomplete) as caught:
            write(large, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.what == f"{tmp_path / 'z'} was not written."
    assert list(tmp_path.iterdir()) == []
    assert write(large, tmp_path) == report(created=("a", "z"))


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """An error of the system becomes one line that says which file and why."""
    blocked = Path("/proc/self/task") / tmp_path.name
    with pytest.raises(Incomplete, match=r"was not written\.\nThe system says"):
        write(TREE, blocked)


@settings(max_examples=40)
@given(
    before=st.dictionaries(st.sampled_from("abcd"), st.booleans()),
    after=st.dictionaries(st.sampled_from("abcd"), st.booleans()),
    edits=st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["edit", "delete"])),
)
def test_whatever_happened_one_run_settles_it(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, bool], after: dict[str, bool], edits: dict[str, str]
) -> None:
    """After one run nothing differs, a second writes nothing, and no edited seeded file has changed."""
    directory = tmp_path_factory.mktemp("tree")
    write(recorded({name: File(name.encode(), managed) for name, managed in before.items()}, "v1"), directory)
    for name, edit in edits.items():
        if edit == "edit":
            (directory / name).write_text("the team's")
        else:
            (directory / name).unlink(missing_ok=True)
    wanted = recorded({name: File(name.encode() * 2, managed) for name, managed in after.items()}, "v2")
    write(wanted, directory)
    assert compare(wanted, directory) == ()
    assert not write(wanted, directory).changed
    for name, edit in edits.items():
        if edit == "edit" and not after.get(name, False):
            assert (directory / name).read_text() == "the team's"
