"""Real clients against a running world: each as people use it, none told that it is no GitHub."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES: Final = Path(__file__).parents[2] / "world"
PEOPLE: Final = {"olga": "owner", "alice": "member", "bob": "member", "mallory": "outsider"}
SEED: Final[dict[str, Any]] = {
    "organization": {"login": "acme", "plan": "enterprise", "name": "Acme"},
    "users": [{"login": login, "role": role} for login, role in PEOPLE.items()],
    "apps": [{"slug": "checker", "permissions": {"checks": "write", "statuses": "write", "contents": "read"}}],
    "aws": {"region": "eu-west-1", "accounts": []},
}


@dataclass
class World:
    """A server process, its socket, and its tokens."""

    url: str
    socket: str
    tokens: dict[str, str]
    client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=30))

    def call(self, method: str, path: str, document: object = None, *, by: str = "olga") -> httpx.Response:
        """Send a request to the GitHub side."""
        headers = {"authorization": f"Bearer {self.tokens[by]}"}
        content = None if document is None else json.dumps(document).encode()
        return self.client.request(method, f"{self.url}{path}", headers=headers, content=content)

    def make(self, method: str, path: str, document: object = None, *, by: str = "olga") -> Any:  # noqa: ANN401 - a test reads what it expects
        """Send a request that must succeed, and return its document."""
        answer = self.call(method, path, document, by=by)
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def repository(self, name: str, *writers: str) -> Any:  # noqa: ANN401 - as above
        """Make a private repository with a first commit, a branch `topic` beside it, and people who may write."""
        made = self.make("POST", "/orgs/acme/repos", {"name": name, "private": True, "auto_init": True})
        for login in writers:
            self.make("PUT", f"/repos/acme/{name}/collaborators/{login}", {"permission": "push"})
        tip = self.make("GET", f"/repos/acme/{name}/git/ref/heads/main")["object"]["sha"]
        self.make("POST", f"/repos/acme/{name}/git/refs", {"ref": "refs/heads/topic", "sha": tip})
        content = {"message": "Add a file", "content": base64.b64encode(b"text\n").decode(), "branch": "topic"}
        self.make("PUT", f"/repos/acme/{name}/contents/file.txt", content, by=writers[0] if writers else "olga")
        return made


@dataclass(frozen=True)
class Gh:
    """The command line client of one person."""

    directory: Path
    token: str

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it."""
        program = Path(sys.executable).with_name("gh")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "GH_CONFIG_DIR": str(self.directory),
            "GH_TOKEN": self.token,
            "GH_NO_UPDATE_NOTIFIER": "1",
            "GH_PROMPT_DISABLED": "1",
            "NO_COLOR": "1",
        }
        return subprocess.run(
            [str(program), *arguments],
            env=environment,
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def json(self, *arguments: str) -> Any:  # noqa: ANN401 - a test reads what it expects
        """Run it with `--json`, and return what it prints."""
        done = self(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """A running world with an owner, two members, an outsider and an app."""
    directory = Path(tempfile.mkdtemp(prefix="tw-"))  # short: a socket's path may hold about a hundred letters
    seed, ready, local = directory / "seed.json", directory / "ready.json", directory / "gh.sock"
    seed.write_text(json.dumps(SEED))
    options = ["--state", str(directory / "state"), "--seed", str(seed), "--ready-file", str(ready)]
    process = subprocess.Popen(
        [sys.executable, "-m", "twinlock_world", "serve", *options, "--socket", str(local)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not ready.exists():
        try:
            process.wait(0.01)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"the server ended: {process.communicate()[1]}")
    found = json.loads(ready.read_text())["github"]
    world = World(found["url"], found["socket"], found["tokens"])
    yield world
    world.client.close()
    process.terminate()
    process.communicate(timeout=20)
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def gh(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Gh]:
    """Return each person's `gh`, which finds the world by its socket."""
    found = {}
    for login in PEOPLE:
        directory = tmp_path_factory.mktemp(login)
        (directory / "config.yml").write_text(f"version: '1'\nhttp_unix_socket: {world.socket}\n")
        found[login] = Gh(directory, world.tokens[login])
    return found
