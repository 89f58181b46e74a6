"""Where commands work: what is no platform directory, what cannot be written, and what `init` leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from twinlock_cli.app import app
from twinlock_cli.world import app as world_app

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    Answer = subprocess.CompletedProcess[str]
    Refusal = Callable[[str, str, str], str]
    Snapshot = Callable[[Path], dict[str, bytes | None]]

COMMANDS = {
    "new": ("new", "billing"),
    "check": ("check",),
    "scaffold": ("scaffold",),
    "scaffold --check": ("scaffold", "--check"),
    "scaffold --pin": ("scaffold", "--pin"),
    "preview": ("preview",),
    "up": ("up", "--yes"),
    "destroy": ("destroy", "--yes"),
    "audit": ("audit",),
    "drift": ("drift",),
    "reconcile": ("reconcile", "--once", "--yes"),
    "world up": ("world", "up", "--detach"),
    "world status": ("world", "status"),
    "world reset": ("world", "reset", "--yes"),
    "world down": ("world", "down"),
}
ANYWHERE = {"adopt", "init", "demo", "schema"}
"""Commands that need no platform directory."""

NOT_THERE = "Name a directory that can be written, with room for a few hundred kilobytes."
NO_ROOM = "Make room or make the directory writable, then run the same command again."
INIT = "Run `twinlock init DIR --org ORG` to make one, or name another directory with -C."


def test_every_command_stands_in_the_table() -> None:
    """A new command is tried outside of a platform directory too."""
    known = {command.name for command in app.registered_commands}
    known |= {f"world {command.name}" for command in world_app.registered_commands}
    assert known == {name.partition(" --")[0] for name in COMMANDS} | ANYWHERE


@pytest.mark.parametrize("place", ["empty", "absent", "file", "file/below"])
def test_another_directory_is_refused(
    twinlock: Callable[..., Answer], refusal: Refusal, snapshot: Snapshot, tmp_path: Path, place: str
) -> None:
    """An empty directory, none, a file: each is named with the command that makes a platform directory."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    before = snapshot(tmp_path)
    answer = twinlock("-C", tmp_path / place, "check")
    told = refusal(f"{tmp_path / place} is not a platform directory.", "There is no platform.yaml in it.", INIT)
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", told)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS.keys())
def test_every_command_refuses_another_directory(
    twinlock: Callable[..., Answer], refusal: Refusal, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """No command does anything, or leaves anything, where no platform is."""
    answer = twinlock("-C", tmp_path, *words)
    told = refusal(f"{tmp_path} is not a platform directory.", "There is no platform.yaml in it.", INIT)
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", told)
    assert list(tmp_path.iterdir()) == []


def test_a_relative_directory_is_named_whole(
    twinlock: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An error names the directory as it is, however it was typed."""
    monkeypatch.chdir(tmp_path)
    assert f"error: {tmp_path}/x is not" in twinlock("-C", "x", "scaffold", "--pin").stderr


def test_init_makes_a_valid_platform_and_says_what_is_next(
    twinlock: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What `init` writes passes `check`, and nothing else is left beside it."""
    monkeypatch.chdir(tmp_path)
    answer = twinlock("init", "acme", "--org", "acme")
    files = [path for path in (tmp_path / "acme").rglob("*") if path.is_file()]
    assert (answer.returncode, answer.stdout, answer.stderr.splitlines()) == (
        0,
        "",
        [
            f"Wrote {len(files)} files to acme. The people in roster.yaml are invented: replace them.",
            "Next: twinlock -C acme new SERVICE",
        ],
    )
    assert [path.name for path in tmp_path.iterdir()] == ["acme"]
    assert twinlock("-C", "acme", "check").stdout == "0 services, 2 teams, 6 people: no mistake.\n"


def test_init_fills_an_empty_directory_and_leaves_it_the_same(
    twinlock: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`mkdir acme && cd acme && twinlock init .`: the shell still stands in that directory afterwards."""
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    assert twinlock("init", ".", "--org", "acme").returncode == 0
    assert (Path.cwd(), tmp_path.stat().st_ino) == (tmp_path, before)
    assert [path.name for path in tmp_path.glob(".twinlock-*")] == [".twinlock-scaffold.json"]
    assert twinlock("check").returncode == 0


@pytest.mark.parametrize("kind", ["file", "link", "broken link", "full directory", "hidden file"])
def test_init_overwrites_nothing(
    twinlock: Callable[..., Answer], refusal: Refusal, snapshot: Snapshot, tmp_path: Path, kind: str
) -> None:
    """Whatever is there already stays as it is."""
    place = tmp_path / "acme"
    match kind:
        case "file":
            place.touch()
        case "link" | "broken link":
            place.symlink_to(tmp_path if kind == "link" else tmp_path / "nowhere")
        case _:
            place.mkdir()
            (place / (".git" if kind == "hidden file" else "notes.txt")).touch()
    before = snapshot(tmp_path)
    answer = twinlock("init", place, "--org", "acme")
    assert (answer.returncode, answer.stdout, answer.stderr) == (
        2,
        "",
        refusal(
            f"{place} is in use.",
            "It is not an empty directory, and init overwrites nothing.",
            "Name a new directory: `twinlock init DIR --org ORG`.",
        ),
    )
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("name", ["", "a b", "-acme", "a--b", "платежи", "../x", "a" * 40, "acme\x1b[31m"])
def test_init_refuses_a_name_that_no_organization_has(
    twinlock: Callable[..., Answer], refusal: Refusal, tmp_path: Path, name: str
) -> None:
    """The name is refused as such, before any file would hold it; control characters are not repeated."""
    answer = twinlock("init", tmp_path / "new", f"--org={name}")
    shown = name.replace("\x1b", "\\u001b")
    assert (answer.returncode, answer.stdout, answer.stderr) == (
        2,
        "",
        refusal(
            f"`{shown}` cannot be an organization's name.",
            "A GitHub organization's name has up to 39 letters, digits and single hyphens, none at an end.",
            "Choose another one, such as `acme`.",
        ),
    )
    assert list(tmp_path.iterdir()) == []


def test_init_below_a_file_is_refused(twinlock: Callable[..., Answer], refusal: Refusal, tmp_path: Path) -> None:
    """What the system refuses is told with its own words and the path it means."""
    (tmp_path / "file").touch()
    answer = twinlock("init", tmp_path / "file" / "acme", "--org", "acme")
    why = f"The system says of {tmp_path / 'file'}: File exists."
    assert (answer.returncode, answer.stderr) == (
        3,
        refusal(f"{tmp_path / 'file' / 'acme'} was not made.", why, NOT_THERE),
    )


@pytest.mark.parametrize("exists", [False, True], ids=["new", "empty"])
@pytest.mark.parametrize("size", [0, 1000, 3000])
def test_init_on_a_full_disk_leaves_nothing(  # noqa: PLR0917 - fixtures
    twinlock: Callable[..., Answer],
    refusal: Refusal,
    full_disk: Callable[[int], AbstractContextManager[None]],
    tmp_path: Path,
    exists: bool,  # noqa: FBT001 - a parameter of the test
    size: int,
) -> None:
    """A disk that fills at the first file or in the middle leaves no file, and no directory that was not there."""
    place = tmp_path / "acme"
    if exists:
        place.mkdir()
    with full_disk(size):
        answer = twinlock("init", place, "--org", "acme")
    assert (answer.returncode, answer.stdout, answer.stderr) == (
        3,
        "",
        refusal(f"{place} was not made.", "The system says: File too large.", NOT_THERE),
    )
    assert list(tmp_path.rglob("*")) == ([place] if exists else [])


def test_init_without_permission_leaves_nothing(
    twinlock: Callable[..., Answer],
    founded: Path,
    read_only: Callable[[Path], AbstractContextManager[None]],
    public: Path,
) -> None:
    """A directory that may not be written is told."""
    del founded  # it was made in this process, so that everything is imported before permissions are dropped
    with read_only(public):
        answer = twinlock("init", public / "acme", "--org", "acme")
    assert (answer.returncode, answer.stdout) == (3, "")
    first, second, third = answer.stderr.splitlines()
    assert (first, third) == (f"error: {public / 'acme'} was not made.", f" mend: {NOT_THERE}")
    assert second.startswith(f"  why: The system says of {public}/.twinlock-init-")
    assert second.endswith(": Permission denied.")
    assert list(public.iterdir()) == []


WRITING = {
    "new": (("new", "billing"), "roster.yaml"),
    "scaffold": (("scaffold",), "repositories/payments/.github/CODEOWNERS"),
    "scaffold --pin": (("scaffold", "--pin"), "platform.yaml"),
    "world up": (("world", "up", "--detach"), ".twinlock/world-seed.json"),
}


@pytest.mark.parametrize(("words", "file"), WRITING.values(), ids=WRITING.keys())
def test_a_platform_that_cannot_be_written_stays_as_it_is(  # noqa: PLR0917 - fixtures
    twinlock: Callable[..., Answer],
    refusal: Refusal,
    snapshot: Snapshot,
    read_only: Callable[[Path], AbstractContextManager[None]],
    acme: Path,
    public: Path,
    words: tuple[str, ...],
    file: str,
) -> None:
    """Every command that writes says which file it could not write, and leaves none half-written."""
    root = acme.rename(public / "acme")
    _unsettle(root)
    before = snapshot(root)
    with read_only(root):
        answer = twinlock("-C", root, *words)
    told = refusal(f"{root / file} was not written.", "The system says: Permission denied.", NO_ROOM)
    assert (answer.returncode, answer.stdout) == (3, "")
    assert answer.stderr.removeprefix("target: world (acme)\n") == told
    assert snapshot(root) == before


@pytest.mark.parametrize(("words", "file"), WRITING.values(), ids=WRITING.keys())
def test_a_full_disk_leaves_a_platform_as_it_is(  # noqa: PLR0917 - fixtures
    twinlock: Callable[..., Answer],
    refusal: Refusal,
    snapshot: Snapshot,
    full_disk: Callable[[int], AbstractContextManager[None]],
    acme: Path,
    words: tuple[str, ...],
    file: str,
) -> None:
    """As above, when the disk is full; the same command succeeds once there is room."""
    _unsettle(acme)
    (acme / ".twinlock").mkdir()
    before = snapshot(acme)
    with full_disk(100):
        answer = twinlock("-C", acme, *words)
    told = refusal(f"{acme / file} was not written.", "The system says: File too large.", NO_ROOM)
    assert (answer.returncode, answer.stdout) == (3, "")
    assert answer.stderr.removeprefix("target: world (acme)\n") == told
    assert snapshot(acme) == before
    assert twinlock("-C", acme, *words).returncode == 0


def _unsettle(root: Path) -> None:
    """Leave something to do for every command that writes."""
    (root / "repositories" / "payments" / ".github" / "CODEOWNERS").unlink()
    platform = root / "platform.yaml"
    lines = platform.read_text().splitlines(keepends=True)
    changed = [f'  commit: "{"a" * 40}"\n' if line.startswith("  commit:") else line for line in lines]
    platform.write_text("".join(changed))
    assert changed != lines


def test_new_does_not_stop_between_its_files(  # noqa: PLR0917 - fixtures
    twinlock: Callable[..., Answer],
    refusal: Refusal,
    snapshot: Snapshot,
    read_only: Callable[[Path], AbstractContextManager[None]],
    acme: Path,
    public: Path,
) -> None:
    """Where the last file cannot be written, the first ones are not replaced: the manifest stays valid."""
    root = acme.rename(public / "acme")
    root.chmod(0o777)
    before = snapshot(root)
    with read_only(root / "services"):
        answer = twinlock("-C", root, "new", "billing")
    told = refusal(
        f"{root / 'services' / 'billing.yaml'} was not written.", "The system says: Permission denied.", NO_ROOM
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (3, "", f"target: world (acme)\n{told}")
    assert snapshot(root) == before
