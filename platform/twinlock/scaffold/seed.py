"""The first commit of a repository, by a real push, and only into a repository without commits."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twinlock.errors import BadInput, Incomplete
from twinlock.names import DEFAULT_BRANCH
from twinlock.scaffold.commit import AUTHOR, MESSAGE, TIME, commit_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.scaffold.tree import Tree

TIMEOUT_SECONDS = 120


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
    commit, git = commit_id(tree), _Git(url, token)
    with tempfile.TemporaryDirectory(prefix="twinlock-seed-") as directory:
        refs = git.refs(Path(directory))
        if refs:
            head = refs.get(f"refs/heads/{DEFAULT_BRANCH}") or next(iter(refs.values()))
            return AlreadySeeded(commit) if head == commit else HasOtherCommits(head)
        git.build(Path(directory), tree, commit)
        git.push(Path(directory), commit)
    return Seeded(commit)


class _Git:
    """Runs git with a scrubbed environment, no prompts, no configuration of the user's, and the token in a header."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def refs(self, directory: Path) -> dict[str, str]:
        self._run(directory, "init", "--quiet", "--bare", "--object-format=sha1", ".")
        listed = self._run(directory, "ls-remote", "--refs", "--", self._url, remote=True).decode(errors="replace")
        return {name: commit for commit, _, name in (line.partition("\t") for line in listed.splitlines())}

    def build(self, directory: Path, tree: Tree, expected: str) -> None:
        self._run(directory, "fast-import", "--quiet", given=_stream(tree))
        built = self._run(directory, "rev-parse", f"refs/heads/{DEFAULT_BRANCH}").decode().strip()
        if built != expected:
            raise Incomplete(
                f"{self._url} was not seeded.",
                f"git computed the commit {built} where {expected} was expected.",
                "Report this: the two must agree.",
            )

    def push(self, directory: Path, commit: str) -> None:
        # The empty lease makes the server refuse if anybody created the branch in between.
        branch = f"refs/heads/{DEFAULT_BRANCH}"
        self._run(
            directory,
            "push",
            "--quiet",
            f"--force-with-lease={branch}:",
            "--",
            self._url,
            f"{commit}:{branch}",
            remote=True,
        )

    def _run(self, directory: Path, *arguments: str, given: bytes = b"", remote: bool = False) -> bytes:
        program = shutil.which("git")
        if program is None:
            raise BadInput(
                f"{self._url} was not seeded.", "git was not found.", "Install git, then run the same command again."
            )
        try:
            done = subprocess.run(  # noqa: S603 - a list of arguments of our own, without a shell
                [program, *arguments],
                input=given,
                cwd=directory,
                env=self._environment(directory, remote=remote),
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            why = (
                f"git did not answer in {TIMEOUT_SECONDS} seconds"
                if isinstance(error, subprocess.TimeoutExpired)
                else f"git cannot be run: {error.strerror}"
            )
            raise self._failed(why) from None
        if done.returncode:
            raise self._failed(f"git says: {self._last_words(done.stderr)}")
        return done.stdout

    def _environment(self, directory: Path, *, remote: bool) -> Mapping[str, str]:
        scrubbed = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(directory),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GIT_ALLOW_PROTOCOL": "http:https",
        }
        if not remote:
            return scrubbed
        basic = base64.b64encode(f"x-access-token:{self._token}".encode()).decode()
        settings = {
            f"http.{self._url}.extraHeader": f"Authorization: Basic {basic}",
            "http.followRedirects": "false",
            "credential.helper": "",
        }
        numbered = {"GIT_CONFIG_COUNT": str(len(settings))}
        for index, (key, value) in enumerate(settings.items()):
            numbered |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
        return scrubbed | numbered

    def _failed(self, why: str) -> Incomplete:
        return Incomplete(
            f"{self._url} was not seeded.",
            f"{why.rstrip('.')}.",
            "See that the server runs and that the controller may push, then run the same command again.",
        )

    def _last_words(self, stderr: bytes) -> str:
        lines = [line.strip() for line in stderr.decode(errors="replace").splitlines() if line.strip()]
        told = next(
            (line for line in reversed(lines) if line.startswith(("fatal:", "error:", "remote:", "!"))), "nothing"
        )
        return told.replace(self._token, "[secret]") if self._token else told


def _stream(tree: Tree) -> bytes:
    """Return the commit as `git fast-import` reads it."""
    parts = [
        f"commit refs/heads/{DEFAULT_BRANCH}\nauthor {AUTHOR} {TIME}\ncommitter {AUTHOR} {TIME}\n".encode(),
        _data(MESSAGE.encode()),
    ]
    for path, file in tree.files.items():
        mode = "100755" if file.executable else "100644"
        parts += [f"M {mode} inline {_quoted(path)}\n".encode(), _data(file.content), b"\n"]
    return b"".join(parts)


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
