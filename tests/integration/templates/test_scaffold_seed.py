"""Seeding pushes one deterministic commit by real git, into repositories without commits only."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from twinlock.errors import BadInput, Incomplete
from twinlock.scaffold.commit import commit_id
from twinlock.scaffold.seed import AlreadySeeded, HasOtherCommits, Seeded, seed
from twinlock.scaffold.tree import File, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TREE = Tree(
    {
        ".github/workflows/x.yml": File(b"on: push\n", managed=True),
        "README é.md": File("Grüße\r\n".encode(), managed=False),
        "empty": File(b"", managed=False),
        "run": File(b"#!/bin/sh\n", managed=True, executable=True),
    }
)


class GitServer(ThreadingHTTPServer):
    """Serves repositories by git's own CGI, to whoever knows the token."""

    def __init__(self, root: Path, token: str) -> None:
        self.root, self.token = root, token
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: GitServer

    def _serve(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        if self.path.startswith("/elsewhere/"):
            self.send_response(302)
            self.send_header("Location", self.path.replace("/elsewhere/", "/"))
            self.end_headers()
            return
        expected = base64.b64encode(f"x-access-token:{self.server.token}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_USER": "controller",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(fields.pop("Status", "200 OK").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _serve  # noqa: N815 - the names that the base class calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Stay silent."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    """A running server of one empty repository, payments."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", tmp_path / "payments.git"], check=True)
    with GitServer(tmp_path, secrets.token_urlsafe(24)) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def url(server: GitServer, path: str = "payments.git") -> str:
    """Return the address of a repository."""
    return f"http://127.0.0.1:{server.server_port}/{path}"


def git(server: GitServer, *arguments: str) -> str:
    """Run git in the served repository."""
    done = subprocess.run(
        ["git", "-C", server.root / "payments.git", *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_an_empty_repository_is_seeded(server: GitServer) -> None:
    """The pushed commit is the one computed offline, with every byte and mode of the tree."""
    assert seed(TREE, url(server), server.token) == Seeded(commit_id(TREE))
    assert git(server, "for-each-ref", "--format=%(refname) %(objectname)") == f"refs/heads/main {commit_id(TREE)}"
    assert git(server, "fsck", "--strict") == ""
    listed = git(server, "-c", "core.quotePath=false", "ls-tree", "-r", "--format=%(objectmode) %(path)", "main").split(
        "\n"
    )
    assert listed == ["100644 .github/workflows/x.yml", "100644 README é.md", "100644 empty", "100755 run"]
    assert git(server, "show", "main:README é.md") == "Grüße"
    assert git(server, "log", "--format=%an <%ae> %aI %s") == (
        "twinlock <twinlock@twinlock.invalid> 2026-01-01T00:00:00+00:00 Begin with the scaffolded tree"
    )


def test_a_seeded_repository_is_left_alone(server: GitServer) -> None:
    """A second run finds its own commit and pushes nothing."""
    seed(TREE, url(server), server.token)
    server.asked.clear()
    assert seed(TREE, url(server), server.token) == AlreadySeeded(commit_id(TREE))
    assert not [asked for asked in server.asked if "receive-pack" in asked]


@pytest.mark.parametrize("ref", ["refs/heads/main", "refs/heads/other", "refs/tags/v1"])
def test_a_repository_with_other_commits_is_left_alone(server: GitServer, ref: str) -> None:
    """Anything else, on any ref, is reported and never overwritten."""
    other = Tree({"a": File(b"other", managed=True)})
    seed(other, url(server), server.token)
    if ref != "refs/heads/main":
        git(server, "update-ref", ref, commit_id(other))
        git(server, "update-ref", "-d", "refs/heads/main")
    assert seed(TREE, url(server), server.token) == HasOtherCommits(commit_id(other))
    assert git(server, "rev-parse", ref) == commit_id(other)


def test_a_wrong_token_is_told_without_showing_it(server: GitServer) -> None:
    """A refusal names the repository and says why; the token appears nowhere."""
    wrong = secrets.token_urlsafe(24)
    with pytest.raises(Incomplete) as caught:
        seed(TREE, url(server), wrong)
    assert str(caught.value).splitlines() == [
        f"{url(server)} was not seeded.",
        "The server did not accept the token.",
        "See that the server runs and that the controller may push, then run the same command again.",
    ]
    assert wrong not in repr(caught.value.__cause__) + repr(caught.value.__context__) + str(caught.value)


def test_a_refused_push_is_told(server: GitServer) -> None:
    """A rejection by the server is reported in its words, and nothing is there afterwards."""
    hook = server.root / "payments.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\nprintf 'error: not \\033[2J here\\n' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(Incomplete) as caught:
        seed(TREE, url(server), server.token)
    assert caught.value.why == "git says: remote: error: not [2J here."
    assert git(server, "for-each-ref") == ""


def test_an_unreachable_server_is_told(server: GitServer) -> None:
    """Nobody listening is one clear line."""
    server.server_close()
    with pytest.raises(Incomplete, match="git says: fatal: unable to access") as caught:
        seed(TREE, "http://127.0.0.1:1/payments.git", server.token)
    assert "\n" not in caught.value.why


def test_a_redirect_is_not_followed(server: GitServer) -> None:
    """The token goes to the address that was given, and to no other."""
    with pytest.raises(Incomplete, match="git says: "):
        seed(TREE, url(server, "elsewhere/payments.git"), server.token)
    assert {asked.split()[1].split("/")[1] for asked in server.asked} == {"elsewhere"}


def test_a_missing_git_is_told(server: GitServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without git on the PATH the mend is to install it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput) as caught:
        seed(TREE, url(server), server.token)
    assert str(caught.value).splitlines() == [
        f"{url(server)} was not seeded.",
        "git was not found.",
        "Install git, then run the same command again.",
    ]


def test_git_sees_neither_the_token_nor_the_user_s_settings(
    server: GitServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The token is in no argument, the environment is scrubbed, and the user's configuration does not count."""
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    log = tmp_path / "log"
    spy = tmp_path / "bin" / "git"
    spy.parent.mkdir()
    spy.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        f"open({str(log)!r}, 'a').write(repr((sys.argv[1:], sorted(os.environ))) + '\\n')\n"
        f"os.execv({real!r}, ['git', *sys.argv[1:]])\n"
    )
    spy.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    elsewhere = f'[url "http://127.0.0.1:1/"]\n\tinsteadOf = {url(server, "")}\n'
    (home / ".gitconfig").write_text(f"{elsewhere}[core]\n\tautocrlf = true\n")
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "mallory")
    assert seed(TREE, url(server), server.token) == Seeded(commit_id(TREE))
    lines = log.read_text().splitlines()
    assert len(lines) >= 5
    assert server.token not in log.read_text()
    assert base64.b64encode(f"x-access-token:{server.token}".encode()).decode() not in log.read_text()
    assert not [line for line in lines if "AWS_SECRET_ACCESS_KEY" in line or "GIT_AUTHOR_NAME" in line]
