"""Platforms on worlds of their own, provisioned by the engine that is installed on this machine."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from twinlock.engine.installation import place
from twinlock.engine.pulumi.engine import PulumiEngine
from twinlock.engine.pulumi.workspace import Workspace
from twinlock.errors import Incomplete
from twinlock_cli import compose
from twinlock_cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from twinlock.engine.installation.place import Installation
    from twinlock.engine.port import Stack

SERVERS = {"aws": "twinlock_rehearsal.aws_provider", "twinlock": "twinlock.provider.server"}
REQUIRED = "TWINLOCK_TEST_ENGINE"
"""Set where the engine must be there (`make test-engine`, CI): its absence is then a failure."""


@dataclass(frozen=True)
class Told:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:  # noqa: ANN401 - the JSON of `--format json`
        """Return what it printed, as JSON."""
        return json.loads(self.out)


@dataclass
class Platform:
    """A platform directory with one service, and the world that runs for it."""

    root: Path
    _http: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=30))

    def twinlock(self, *arguments: str) -> Told:
        """Run a command in this process."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(["-C", str(self.root), *arguments])
        return Told(code, out.getvalue(), err.getvalue())

    @property
    def world(self) -> Any:  # noqa: ANN401 - JSON
        """What `.twinlock/world.json` says."""
        return json.loads((self.root / ".twinlock" / "world.json").read_bytes())

    def request(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Send a request to GitHub, as an owner, and return what it answers; it must agree."""
        headers = {"authorization": f"Bearer {self.world['github']['tokens']['olga']}"}
        answer = self._http.request(method, f"{self.world['github']['url']}{path}", json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def dump(self) -> Any:  # noqa: ANN401 - JSON
        """Return all that the world holds, without what differs between two worlds in which the same was done."""
        return self.request("GET", "/_world/dump?normalised=true")

    def down(self) -> None:
        """Stop the world and forget it."""
        self._http.close()
        self.twinlock("world", "down")
        shutil.rmtree(self.root.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def installed() -> Installation:
    """Return the engine of this machine."""
    try:
        return place.usable(place.cache(os.environ))
    except Incomplete as missing:
        if os.environ.get(REQUIRED):
            pytest.fail(str(missing))
        pytest.skip("no Pulumi engine is installed: `make test-engine` builds it and runs these")


@pytest.fixture(scope="session")
def new_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Platform]]:
    """Return a function that makes a platform `acme` with the service `payments`, and starts its world."""
    made: list[Platform] = []

    def make() -> Platform:
        platform = Platform(tmp_path_factory.mktemp("engine") / "acme")
        assert run(["init", str(platform.root), "--org", "acme"]) == 0
        assert platform.twinlock("new", "payments").code == 0
        made.append(platform)
        assert platform.twinlock("world", "up", "--detach").code == 0
        return platform

    yield make
    for platform in made:
        platform.down()


@pytest.fixture(scope="session")
def provisioned(installed: Installation, new_platform: Callable[[], Platform]) -> Platform:
    """Return a platform that Pulumi provisioned from nothing; each test leaves it as declared."""
    del installed
    platform = new_platform()
    done = platform.twinlock("up", "--yes", "--engine", "pulumi")
    assert done.code == 0, done.err
    return platform


@pytest.fixture
def impatient(installed: Installation, provisioned: Platform) -> tuple[PulumiEngine, Callable[[str, str], Stack]]:
    """Return the engine of the provisioned platform that bears a few seconds of silence, and its stacks."""
    platform = compose.load(provisioned.root)
    served = {package: (sys.executable, "-I", "-m", module) for package, module in SERVERS.items()}
    workspace = Workspace(provisioned.root, "file://./state", {"github": installed.executables}, served)
    vouched = compose.custody(platform)
    engine = PulumiEngine(
        workspace, installed.pulumi, installed.record.version, os.environ, custody=vouched, patience=5.0
    )
    return engine, compose.stacks(platform, compose.world(platform))
