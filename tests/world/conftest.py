"""A world as its users meet it: a process of its own, reached by HTTP, git and the AWS SDK."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOURCES: Final = Path(__file__).parents[2] / "world"
SEED: Final[dict[str, Any]] = {
    "organization": {"login": "acme", "plan": "enterprise", "name": "Acme"},
    "users": [
        {"login": "olga", "role": "owner"},
        {"login": "alice", "role": "member"},
        {"login": "mallory", "role": "outsider"},
    ],
    "apps": [
        {"slug": "writer", "permissions": {"administration": "write", "contents": "write", "metadata": "read"}},
        {"slug": "reader", "permissions": {"contents": "read", "metadata": "read"}},
    ],
    "aws": {
        "region": "eu-west-1",
        "accounts": [{"name": "first", "id": "111111111111"}, {"name": "second", "id": "222222222222"}],
    },
}

BY_RULESET: Final = "(push declined due to repository rule violations)"
PULL_REQUEST: Final[dict[str, Any]] = {
    "type": "pull_request",
    "parameters": {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_review_thread_resolution": False,
    },
}


@dataclass
class RunningWorld:
    """A server process and what its ready file says."""

    process: subprocess.Popen[str]
    state: Path
    ready_file: Path
    ready: dict[str, Any] = field(repr=False)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=20))

    @property
    def url(self) -> str:
        """GitHub's address."""
        return str(self.ready["github"]["url"])

    def token(self, login: str) -> str:
        """Return the token of a person or an app."""
        return str(self.ready["github"]["tokens"][login])

    def request(self, method: str, path: str, login: str | None = "olga", document: object = None) -> httpx.Response:
        """Send a request to the GitHub side."""
        headers = {"authorization": f"Bearer {self.token(login)}"} if login else {}
        content = None if document is None else json.dumps(document).encode()
        return self.client.request(method, f"{self.url}{path}", headers=headers, content=content)

    def repository(self, name: str, **settings: object) -> dict[str, Any]:
        """Make a repository as an owner."""
        made = self.request("POST", "/orgs/acme/repos", document={"name": name, "private": True, **settings})
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    def git_url(self, name: str, login: str | None = "olga") -> str:
        """Return a clone address with a token in it."""
        user = f"{login}:{self.token(login)}@" if login else ""
        return self.url.replace("http://", f"http://{user}") + f"/acme/{name}.git"

    def aws(self, service: str, account: str = "first", **changed: Any) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
        """Return an SDK client of one account."""
        keys = self.ready["aws"]["accounts"][account]
        make: Callable[..., Any] = boto3.client  # its overloads know service names only as literals
        return make(
            service,
            **{
                "region_name": "eu-west-1",
                "endpoint_url": self.ready["aws"]["url"],
                "aws_access_key_id": keys["access_key"],
                "aws_secret_access_key": keys["secret_key"],
                **changed,
            },
        )

    def kill(self) -> None:
        """End the process as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def stop(self) -> int:
        """Ask the process to end, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@pytest.fixture(scope="session")
def serve_command() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts the server's command line with these arguments; none outlives the tests."""
    started: list[subprocess.Popen[str]] = []

    def start(state: Path, seed: Path, ready_file: Path, *arguments: str) -> subprocess.Popen[str]:
        options = ["--state", str(state), "--seed", str(seed), "--ready-file", str(ready_file), *arguments]
        process = subprocess.Popen(
            [sys.executable, "-m", "twinlock_world", "serve", *options],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES), **_bytecode()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture(scope="session")
def start_world(
    tmp_path_factory: pytest.TempPathFactory, serve_command: Callable[..., subprocess.Popen[str]]
) -> Iterator[Callable[..., RunningWorld]]:
    """Return a function that starts a world, on a state of its own unless one is given."""
    started: list[RunningWorld] = []

    def start(state: Path | None = None, seed: dict[str, Any] | None = None, *arguments: str) -> RunningWorld:
        directory = tmp_path_factory.mktemp("world")
        seed_file, ready_file = directory / "seed.json", directory / "ready.json"
        seed_file.write_text(json.dumps(seed or SEED))
        state = state or directory / "state"
        process = serve_command(state, seed_file, ready_file, *arguments)
        _await(ready_file, process)
        started.append(RunningWorld(process, state, ready_file, json.loads(ready_file.read_text())))
        return started[-1]

    yield start
    for world in started:
        world.client.close()
        if world.process.poll() is None:
            world.kill()
        world.process.communicate()


@pytest.fixture(scope="session")
def world(start_world: Callable[..., RunningWorld]) -> RunningWorld:
    """One world for all tests that leave each other alone: each makes what it needs under names of its own."""
    return start_world()


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs git as a user without any configuration."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Test",
        "GIT_AUTHOR_EMAIL": "test@example.invalid",
        "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z",
        "GIT_COMMITTER_NAME": "Test",
        "GIT_COMMITTER_EMAIL": "test@example.invalid",
        "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z",
    }

    def run(*arguments: str, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["git", *arguments], cwd=cwd or tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture
def work_tree(tmp_path: Path, git: Callable[..., subprocess.CompletedProcess[str]]) -> Path:
    """Return a repository with one commit on main."""
    path = tmp_path / "work"
    git("init", "--quiet", "--initial-branch=main", str(path))
    (path / "README.md").write_text("# work\n")
    git("add", "--all", cwd=path)
    git("commit", "--quiet", "--message=Begin", cwd=path)
    return path


def _bytecode() -> dict[str, str]:
    """Let the server use the cache of compiled modules that this process uses."""
    return {"PYTHONPYCACHEPREFIX": sys.pycache_prefix} if sys.pycache_prefix else {}


def _await(ready_file: Path, process: subprocess.Popen[str]) -> None:
    while not ready_file.exists():
        try:
            process.wait(0.01)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"the server ended with {process.returncode}: {process.communicate()[1]}")


def put_ruleset(world: RunningWorld, repository: str, *rules: dict[str, Any], **changed: object) -> None:
    """Put a ruleset on main, or on what `changed` says."""
    document = {
        "name": "held",
        "target": "branch",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["refs/heads/main"], "exclude": []}},
        "rules": list(rules),
        **changed,
    }
    made = world.request("POST", f"/repos/acme/{repository}/rulesets", document=document)
    assert made.status_code == 201, made.text


def remote_lines(done: subprocess.CompletedProcess[str]) -> str:
    """Return what the server said, as a user reads it."""
    lines = [line.removeprefix("remote:").strip(" ") for line in done.stderr.splitlines() if line.startswith("remote:")]
    return "\n".join(lines)


def refusal(world: RunningWorld, repository: str, ref: str, *problems: str) -> str:
    """Return what GitHub's git server says of a ref that rulesets refuse."""
    page = f"{world.url}/acme/{repository}/rules?ref={ref.replace('/', '%2F')}"
    head = f"error: GH013: Repository rule violations found for {ref}.\nReview all repository rules at {page}\n"
    return head + "".join(f"\n- {problem}\n" for problem in problems)


@pytest.fixture
def pushed(
    world: RunningWorld,
    git: Callable[..., subprocess.CompletedProcess[str]],
    work_tree: Path,
    request: pytest.FixtureRequest,
) -> str:
    """A repository whose main has one commit; its name."""
    name: str = request.node.name.translate(str.maketrans("[]_", "---")).strip("-")[:90]
    world.repository(name)
    git("push", "--quiet", world.git_url(name), "main", cwd=work_tree)
    return name


def commit(
    git: Callable[..., subprocess.CompletedProcess[str]], work_tree: Path, message: str = "More", **files: str
) -> str:
    """Commit files, and return the commit."""
    for path, content in files.items():
        place = work_tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    git("add", "--all", cwd=work_tree)
    git("commit", "--quiet", "--allow-empty", f"--message={message}", cwd=work_tree)
    sha: str = git("rev-parse", "HEAD", cwd=work_tree).stdout.strip()
    return sha


def push(
    world: RunningWorld,
    git: Callable[..., subprocess.CompletedProcess[str]],
    work_tree: Path,
    name: str,
    *arguments: str,
    login: str = "olga",
) -> subprocess.CompletedProcess[str]:
    """Push without asserting anything."""
    return git("push", world.git_url(name, login), *arguments, cwd=work_tree, check=False)
