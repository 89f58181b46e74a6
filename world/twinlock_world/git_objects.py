"""Bare repositories on disk, read and written through git's plumbing.

A repository lives under its numeric id, so a rename never moves it. Everything here is one short-lived `git` process
with a scrubbed environment; names from outside never stand where git could take them for options. The REST nouns
read and write through it, and the git server serves the same directories.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

EMPTY_TREE: Final = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
ABSENT: Final = "0" * 40


class GitError(Exception):
    """Git refused; the text is what it said."""


class ConflictError(GitError):
    """A ref is not where the caller believed it to be."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A branch or tag by its full name, with the object that it names."""

    name: str
    sha: str
    kind: str


@dataclass(frozen=True, slots=True)
class GitObject:
    """One object of the database."""

    sha: str
    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of a tree; `size` is a blob's."""

    mode: str
    kind: str
    sha: str
    size: int | None
    path: str


@dataclass(frozen=True, slots=True)
class Signature:
    """Who did something, and when (ISO 8601)."""

    name: str
    email: str
    date: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit, parsed."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """One path that differs between two trees."""

    path: str
    sha: str
    status: str
    additions: int
    deletions: int


def git_environment() -> dict[str, str]:
    """Return the only environment that git may see: no user's or machine's configuration, no prompts."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "TZ": "UTC",
        "HOME": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
    }


def overlay_environment(path: Path, incoming: Path) -> dict[str, str]:
    """Return what makes git write a repository's new objects to `incoming`, and read them beside its own."""
    return {"GIT_OBJECT_DIRECTORY": str(incoming), "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(path / "objects")}


class GitRepositories:
    """All bare repositories of the world, under one directory."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def create(self, identifier: int) -> GitRepository:
        """Make an empty repository whose HEAD is main.

        A directory of that id can only be what a killed creation left; it goes first.
        """
        path = self._path(identifier)
        shutil.rmtree(path, ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        _git(None, "init", "--bare", "--quiet", "--template=", "--initial-branch=main", str(path))
        return GitRepository(path)

    def open(self, identifier: int) -> GitRepository:
        """Return a repository that exists."""
        return GitRepository(self._path(identifier))

    def delete(self, identifier: int) -> None:
        """Remove a repository; one that is gone already is no error."""
        shutil.rmtree(self._path(identifier), ignore_errors=True)

    def beside(self, name: str) -> Path:
        """Return a directory beside the repositories, for what belongs to them and is not git's."""
        return self._root.parent / name

    def _path(self, identifier: int) -> Path:
        return self._root / f"{identifier}.git"


@dataclass(frozen=True, slots=True)
class GitRepository:
    """One bare repository; with `incoming`, as it would be with the objects there, where new ones are then written."""

    path: Path
    incoming: Path | None = None

    def refs(self, prefix: str = "refs/") -> list[Ref]:
        """Return the refs whose full name starts with `prefix`, by name."""
        listed = self._text("for-each-ref", "--format=%(refname) %(objectname) %(objecttype)", "refs/")
        rows = (line.split(" ") for line in listed.splitlines())
        return [Ref(name, sha, kind) for name, sha, kind in rows if name.startswith(prefix)]

    def ref(self, name: str) -> Ref | None:
        """Return one ref by its full name."""
        return next((ref for ref in self.refs(name) if ref.name == name), None)

    def resolve(self, revision: str) -> str | None:
        """Return the commit that a branch, tag, full ref or (abbreviated) sha names, in GitHub's order."""
        for candidate in (f"refs/heads/{revision}", f"refs/tags/{revision}", f"refs/{revision}", revision):
            found = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{candidate}^{{commit}}")
            if found.returncode == 0:
                return found.stdout.decode().strip()
        return None

    def read(self, sha: str) -> GitObject | None:
        """Return an object by its sha."""
        if not is_sha(sha):
            return None
        answer = self._run("cat-file", "--batch", given=f"{sha}\n".encode()).stdout
        head, _, rest = answer.partition(b"\n")
        fields = head.decode().split(" ")
        if len(fields) != 3:  # noqa: PLR2004 - "<sha> missing" has two fields, a hit three
            return None
        return GitObject(fields[0], fields[1], rest[: int(fields[2])])

    def commit(self, sha: str) -> Commit | None:
        """Return a commit by its sha."""
        found = self.read(sha)
        return parse_commit(found) if found is not None and found.kind == "commit" else None

    def history(self, start: str, path: str = "") -> list[str]:
        """Return the commits that lead to `start`, newest first; only those that touch `path` when one is given."""
        return self._text("rev-list", start, "--", *([f":(literal){path}"] if path else [])).split()

    def tree(self, revision: str, *, recursive: bool = False) -> list[TreeEntry]:
        """Return the entries of a commit's or tree's tree.

        Raises:
            GitError: It names no tree.
        """
        flags = ["-r", "-t"] if recursive else []
        listed = self._text("ls-tree", "-z", "-l", *flags, revision)
        return [_parse_entry(line) for line in listed.split("\0") if line]

    def entry(self, revision: str, path: str) -> TreeEntry | None:
        """Return the entry at exactly `path` in a commit."""
        listed = self._text("ls-tree", "-z", "-l", revision, "--", f":(literal){path}")
        return next((_parse_entry(line) for line in listed.split("\0") if line), None)

    def changes(self, commit: Commit) -> list[FileChange]:
        """Return what a commit changed against its first parent."""
        base = commit.parents[0] if commit.parents else EMPTY_TREE
        raw = self._text("diff-tree", "-r", "--no-renames", "--raw", "--no-abbrev", "-z", base, commit.sha).split("\0")
        counts = self._text("diff-tree", "-r", "--no-renames", "--numstat", "-z", base, commit.sha).split("\0")
        return [
            _parse_change(line, path, numbers)
            for line, path, numbers in zip(raw[0::2], raw[1::2], counts, strict=False)
        ]

    def write_blob(self, data: bytes) -> str:
        """Store a blob."""
        return self._run("hash-object", "-w", "--stdin", given=data, check=True).stdout.decode().strip()

    def write_tree(self, entries: Sequence[TreeEntry]) -> str:
        """Store one level of a tree; paths are plain names."""
        lines = b"".join(f"{entry.mode} {entry.kind} {entry.sha}\t{entry.path}\0".encode() for entry in entries)
        return self._run("mktree", "-z", given=lines, check=True).stdout.decode().strip()

    def write_path(self, tree: str, path: str, sha: str | None, mode: str | None = None, kind: str = "blob") -> str:
        """Return a copy of `tree` where `path` is this object, or is gone; a file keeps its mode by default."""
        name, _, below = path.partition("/")
        entries = {entry.path: entry for entry in self.tree(tree)}
        old = entries.pop(name, None)
        if below:
            sub = old.sha if old is not None and old.kind == "tree" else EMPTY_TREE
            written = self.write_path(sub, below, sha, mode, kind)
            if written != EMPTY_TREE:
                entries[name] = TreeEntry("040000", "tree", written, None, name)
        elif sha is not None:
            held = old.mode if old is not None and old.kind == "blob" else "100644"
            entries[name] = TreeEntry(mode or held, kind, sha, None, name)
        return self.write_tree(list(entries.values()))

    def copy_tree(self, source: GitRepository, entries: Sequence[TreeEntry]) -> str:
        """Store the same files as another repository's tree has, and return the tree."""
        files = [entry for entry in entries if entry.kind == "blob"]
        tree = EMPTY_TREE
        self.write_tree(())
        for entry in files:
            found = source.read(entry.sha)
            if found is not None:
                tree = self.write_path(tree, entry.path, self.write_blob(found.data), entry.mode)
        return tree

    def write_commit(
        self, tree: str, parents: Sequence[str], message: str, author: Signature, committer: Signature
    ) -> str:
        """Store a commit."""
        people = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_AUTHOR_DATE": author.date,
            "GIT_COMMITTER_NAME": committer.name,
            "GIT_COMMITTER_EMAIL": committer.email,
            "GIT_COMMITTER_DATE": committer.date,
        }
        flags = [flag for parent in parents for flag in ("-p", parent)]
        made = self._run("commit-tree", tree, *flags, given=message.encode(), people=people, check=True)
        return made.stdout.decode().strip()

    def update_ref(self, name: str, new: str, old: str | None = None) -> None:
        """Move, make (`old` all zeros) or delete (`new` all zeros) a ref, if it is where `old` says.

        Raises:
            ConflictError: It is elsewhere, or git refuses the name.
        """
        expected = [] if old is None else [old]
        done = self._run("update-ref", *(["-d", name] if new == ABSENT else [name, new]), *expected)
        if done.returncode != 0:
            raise ConflictError(done.stderr.decode(errors="replace").strip())

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Tell whether `newer` contains `older`."""
        return self._run("merge-base", "--is-ancestor", older, newer).returncode == 0

    def set_head(self, branch: str) -> None:
        """Make a branch the one that clones check out."""
        self._run("symbolic-ref", "HEAD", f"refs/heads/{branch}", check=True)

    def command(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run another of git's plumbing commands here; its exit code is the caller's to judge."""
        return self._run(*arguments, given=given)

    def _text(self, *arguments: str) -> str:
        return self._run(*arguments, check=True).stdout.decode(errors="replace")

    def _run(
        self, *arguments: str, given: bytes = b"", people: dict[str, str] | None = None, check: bool = False
    ) -> subprocess.CompletedProcess[bytes]:
        overlay = {} if self.incoming is None else overlay_environment(self.path, self.incoming)
        return _git(self.path, *arguments, given=given, people=overlay | (people or {}), check=check)


def is_sha(text: str) -> bool:
    """Tell whether this is a full object name."""
    return len(text) == len(ABSENT) and all(letter in "0123456789abcdef" for letter in text)


def is_ref_name(name: str) -> bool:
    """Tell whether git takes this as a full ref name."""
    return _git(None, "check-ref-format", name, check=False).returncode == 0


def _git(
    path: Path | None, *arguments: str, given: bytes = b"", people: dict[str, str] | None = None, check: bool = True
) -> subprocess.CompletedProcess[bytes]:
    if any("\0" in text for text in (*arguments, *(people or {}).values())):
        raise GitError("a name may not hold a null character")
    place = [] if path is None else [f"--git-dir={path}"]
    done = subprocess.run(  # noqa: S603 - a fixed program; arguments from outside are parsed or behind --end-of-options
        ["git", *place, *arguments],  # noqa: S607 - git is found on PATH, as everywhere
        input=given,
        capture_output=True,
        check=False,
        env=git_environment() | (people or {}),
    )
    if check and done.returncode != 0:
        raise GitError(done.stderr.decode(errors="replace").strip())
    return done


def parse_commit(found: GitObject) -> Commit:
    """Return what a commit object says."""
    head, _, message = found.data.decode(errors="replace").partition("\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.splitlines():
        name, _, value = line.partition(" ")
        fields.setdefault(name, []).append(value)
    author, committer = _parse_signature(fields["author"][0]), _parse_signature(fields["committer"][0])
    return Commit(found.sha, fields["tree"][0], tuple(fields.get("parent", ())), author, committer, message)


def _parse_signature(line: str) -> Signature:
    who, _, when = line.rpartition("> ")
    name, _, email = who.partition(" <")
    return Signature(name, email, _iso(int(when.split(" ")[0])))


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parse_entry(line: str) -> TreeEntry:
    head, _, path = line.partition("\t")
    mode, kind, sha, size = head.split()
    return TreeEntry(mode, kind, sha, None if size == "-" else int(size), path)


def _parse_change(line: str, path: str, numbers: str) -> FileChange:
    _, _, old, new, letter = line.split(" ")
    additions, deletions, _ = numbers.split("\t", 2)
    status = {"A": "added", "D": "removed"}.get(letter, "modified")
    sha = old if status == "removed" else new
    return FileChange(path, sha, status, _lines(additions), _lines(deletions))


def _lines(count: str) -> int:
    return 0 if count == "-" else int(count)  # git counts no lines in binaries
