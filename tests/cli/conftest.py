"""The command line as its users meet it: in this process where that makes no difference, else as a process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from twinlock_cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Answer = subprocess.CompletedProcess[str]
    Twinlock = Callable[..., Answer]

NOBODY = 65534


def _twinlock(*arguments: str | Path) -> Answer:
    words = [str(argument) for argument in arguments]
    out, err = io.StringIO(), io.StringIO()
    stdin, sys.stdin = sys.stdin, io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(words)
    finally:
        sys.stdin = stdin
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def twinlock() -> Twinlock:
    """Return a function that runs a command in this process, without a terminal."""
    return _twinlock


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts a command as a process of its own; none outlives the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str | Path, before: Callable[[], object] = bool, **options: Any) -> subprocess.Popen[str]:  # noqa: ANN401 - options of Popen
        temporary = tmp_path / "tmp"
        temporary.mkdir(exist_ok=True)

        def prepare() -> None:
            # A shell starts what it runs in the background with interrupts ignored, and children inherit that.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            before()

        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, "-m", "twinlock_cli", *map(str, arguments)],
            **{**pipes, **options},
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                "TMPDIR": str(temporary),
            },
            preexec_fn=prepare,  # noqa: PLW1509 - no thread of ours runs
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(20)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture(scope="session")
def refusal() -> Callable[[str, str, str], str]:
    """Return a function that writes an error as the terminal shows it."""
    return lambda what, why, mend: f"error: {what}\n  why: {why}\n mend: {mend}\n"


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a platform directory with one service, to be copied."""
    root = tmp_path_factory.mktemp("founded") / "acme"
    assert _twinlock("init", root, "--org", "acme").returncode == 0
    assert _twinlock("-C", root, "new", "payments").returncode == 0
    return root


@pytest.fixture
def acme(founded: Path, tmp_path: Path) -> Iterator[Path]:
    """Return a platform directory with one service; if the test starts a world there, it does not outlive the test."""
    root = tmp_path / "acme"
    shutil.copytree(founded, root)
    yield root
    _twinlock("-C", root, "world", "down")


@pytest.fixture(scope="module")
def provisioned(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a platform directory whose world runs and holds what is declared; tests leave it so."""
    root = tmp_path_factory.mktemp("provisioned") / "acme"
    shutil.copytree(founded, root)
    for command in (("world", "up", "--detach"), ("up", "--yes")):
        answer = _twinlock("-C", root, *command)
        assert answer.returncode == 0, answer.stderr
    yield root
    _twinlock("-C", root, "world", "down")


@pytest.fixture(scope="session")
def world_of() -> Callable[[Path], dict[str, Any]]:
    """Return a function that reads the world's file of a platform directory."""

    def read(root: Path) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((root / ".twinlock" / "world.json").read_bytes())
        return document

    return read


@pytest.fixture(scope="session")
def expire(world_of: Callable[[Path], dict[str, Any]]) -> Callable[..., None]:
    """Return a function that lets the tokens of persons or apps expire, of an owner's at last."""

    def act(root: Path, *holders: str) -> None:
        github = world_of(root)["github"]
        for holder in holders:
            answer = httpx.post(
                f"{github['url']}/_world/tokens/expire",
                json={"login": holder},
                headers={"Authorization": f"Bearer {github['tokens']['otto']}"},
                trust_env=False,
            )
            assert answer.status_code == 200, answer.text

    return act


@pytest.fixture
def snapshot() -> Callable[[Path], dict[str, bytes | None]]:
    """Return a function that tells everything beneath a directory: the content of files, None for directories."""

    def take(root: Path) -> dict[str, bytes | None]:
        return {
            path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None
            for path in sorted(root.rglob("*"))
        }

    return take


@pytest.fixture
def full_disk() -> Callable[[int], AbstractContextManager[None]]:
    """Return a context in which no file can grow beyond so many bytes; the system then refuses as on a full disk."""

    @contextlib.contextmanager
    def limited(size: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


@pytest.fixture
def public() -> Iterator[Path]:
    """Return a directory that every user can reach."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.fixture
def read_only() -> Callable[[Path], AbstractContextManager[None]]:
    """Return a context in which nothing beneath a directory can be written; root could, so it is nobody meanwhile."""

    @contextlib.contextmanager
    def protected(root: Path) -> Iterator[None]:
        directories = [root, *(path for path in root.rglob("*") if path.is_dir())]
        for directory in directories:
            directory.chmod(0o555)
        is_root = os.geteuid() == 0
        try:
            if is_root:
                os.seteuid(NOBODY)
            yield
        finally:
            if is_root:
                os.seteuid(0)
            for directory in directories:
                directory.chmod(0o755)

    return protected


class _Page(BaseHTTPRequestHandler):
    """Answers everything with the same page."""

    page: tuple[int, bytes]

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.page
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def answering() -> Callable[[int, str], AbstractContextManager[int]]:
    """Return a context in which something that is no world answers, and which gives its port."""

    @contextlib.contextmanager
    def serve(status: int, body: str) -> Iterator[int]:
        handler = type("Page", (_Page,), {"page": (status, body.encode())})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield server.server_address[1]
            server.shutdown()

    return serve
