"""Start a world alone, as its own README says, and measure one thing of it; the figures are printed as JSON.

`start`: until it answers. `gets`: 1,000 reads of one ruleset. `merges`: merging pull requests. `large`: 1,000
repositories of 30 objects, memory and a start from disk. `clients`: 50 clients for some seconds, what went wrong.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED = {
    "organization": {"login": "acme"},
    "users": [{"login": "olga", "role": "owner"}, {"login": "rita", "role": "owner"}],
    "apps": [],
    "aws": {"region": "eu-west-1", "accounts": [{"name": "build", "id": "444444444444"}]},
}
RULESET = {
    "name": "main",
    "target": "branch",
    "enforcement": "active",
    "bypass_actors": [],
    "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    "rules": [{"type": "deletion"}],
}
REVIEWED = {
    "type": "pull_request",
    "parameters": {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": True,
        "require_last_push_approval": True,
        "required_review_thread_resolution": True,
    },
}
REPOSITORIES, OBJECTS = 1000, 30
CLIENTS, SECONDS = 50, 60


class World:
    """A running world and one keep-alive connection per thread."""

    def __init__(self, place: Path) -> None:
        self._options = [
            "--state",
            place / "state",
            "--seed",
            place / "seed.json",
            "--ready-file",
            place / "ready.json",
        ]
        self._ready = place / "ready.json"
        self._threads = threading.local()
        (place / "seed.json").write_text(json.dumps(SEED))

    def start(self) -> None:
        """Start the server, and wait for its ready file."""
        command = [sys.executable, "-m", "twinlock_world", "serve", *map(str, self._options)]
        self.process = subprocess.Popen(command, env=dict(os.environ))
        while True:
            try:
                self.known = json.loads(self._ready.read_text())
            except (FileNotFoundError, ValueError):
                time.sleep(0.002)  # a busy loop would take the processor from the world that is timed
            else:
                break
        self._threads = threading.local()

    def stop(self) -> None:
        """Stop it, and wait for its end."""
        self.process.terminate()
        self.process.wait(60)

    def call(self, method: str, path: str, body: object = None, login: str = "olga") -> tuple[int, Any]:
        """Send one request, and return status and document."""
        if not hasattr(self._threads, "connection"):
            self._threads.connection = http.client.HTTPConnection(urlsplit(self.known["github"]["url"]).netloc)
        connection = self._threads.connection
        headers = {"Authorization": f"Bearer {self.known['github']['tokens'][login]}", "User-Agent": "bench"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None

    def must(self, method: str, path: str, body: object = None, login: str = "olga") -> Any:  # noqa: ANN401 - any JSON
        """Send one request that has to succeed, and return its document."""
        status, document = self.call(method, path, body, login)
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise SystemExit(f"{method} {path}: {status} {document}")
        return document

    @property
    def megabytes(self) -> float:
        """The most memory that the server has held."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def _start(place: Path) -> dict[str, Any]:
    world = World(place)
    begin = time.perf_counter()
    world.start()
    try:
        import boto3  # noqa: PLC0415 - its import is the client's time, measured after the world answers

        world.must("GET", "/meta")
        answered = time.perf_counter() - begin
        keys = world.known["aws"]["accounts"]["build"]
        client = boto3.client(
            "sts",
            region_name="eu-west-1",
            endpoint_url=world.known["aws"]["url"],
            aws_access_key_id=keys["access_key"],
            aws_secret_access_key=keys["secret_key"],
        )
        again = time.perf_counter()
        client.get_caller_identity()
        return {"seconds": answered + time.perf_counter() - again}
    finally:
        world.stop()


def _gets(place: Path) -> dict[str, Any]:
    with _running(place) as world:
        world.must("POST", "/orgs/acme/repos", {"name": "app"})
        number = world.must("POST", "/repos/acme/app/rulesets", RULESET)["id"]
        return {
            "milliseconds": [
                _timed(lambda: world.must("GET", f"/repos/acme/app/rulesets/{number}")) for _ in range(1000)
            ]
        }


def _merges(place: Path) -> dict[str, Any]:
    with _running(place) as world:
        world.must("POST", "/orgs/acme/repos", {"name": "app", "auto_init": True})
        world.must("POST", "/repos/acme/app/rulesets", {**RULESET, "rules": [{"type": "deletion"}, REVIEWED]})
        times = []
        for number in range(30):
            main = world.must("GET", "/repos/acme/app/git/ref/heads/main")["object"]["sha"]
            world.must("POST", "/repos/acme/app/git/refs", {"ref": f"refs/heads/change-{number}", "sha": main})
            change = {"message": "Change", "content": "eA==", "branch": f"change-{number}"}
            world.must("PUT", f"/repos/acme/app/contents/file-{number}", change)
            asked = {"title": "Change", "head": f"change-{number}", "base": "main"}
            pull = world.must("POST", "/repos/acme/app/pulls", asked)["number"]
            world.must("POST", f"/repos/acme/app/pulls/{pull}/reviews", {"event": "APPROVE"}, "rita")
            merge = f"/repos/acme/app/pulls/{pull}/merge"
            times.append(_timed(lambda merge=merge: world.must("PUT", merge, {"merge_method": "squash"})))
        return {"milliseconds": times}


def _large(place: Path) -> dict[str, Any]:
    def fill(number: int) -> None:
        name = f"app-{number:04}"
        world.must("POST", "/orgs/acme/repos", {"name": name})
        for at in range(OBJECTS - 10):
            world.must("POST", f"/repos/acme/{name}/actions/variables", {"name": f"V{at}", "value": "x" * 40})
        for at in range(5):
            world.must("POST", f"/repos/acme/{name}/rulesets", {**RULESET, "name": f"rules-{at}"})
            world.must("PUT", f"/repos/acme/{name}/environments/stage-{at}", {})

    with _running(place) as world, ThreadPoolExecutor(4) as executor:
        begin = time.perf_counter()
        for done in executor.map(fill, range(REPOSITORIES)):
            del done
        filled, megabytes = time.perf_counter() - begin, world.megabytes
        world.stop()
        begin = time.perf_counter()
        world.start()
        world.must("GET", "/repos/acme/app-0999/rulesets")
        return {"filled": filled, "megabytes": max(megabytes, world.megabytes), "start": time.perf_counter() - begin}


def _clients(place: Path) -> dict[str, Any]:
    statuses: Counter[int] = Counter()
    lost: list[str] = []

    def client(number: int) -> None:
        name, kept = f"app-{number}", {}
        world.must("POST", "/orgs/acme/repos", {"name": name})
        end = time.monotonic() + SECONDS
        for step in count():
            if time.monotonic() > end:
                return
            at, value = f"V{step % 20}", str(step)
            status, _ = (
                world.call("PATCH", f"/repos/acme/{name}/actions/variables/{at}", {"value": value})
                if at in kept
                else world.call("POST", f"/repos/acme/{name}/actions/variables", {"name": at, "value": value})
            )
            statuses[status] += 1
            if status < http.HTTPStatus.BAD_REQUEST:
                kept[at] = value
            status, found = world.call("GET", f"/repos/acme/{name}/actions/variables?per_page=30")
            statuses[status] += 1
            held = (
                {each["name"]: each["value"] for each in found["variables"]} if status == http.HTTPStatus.OK else kept
            )
            lost.extend(f"{name} {key}" for key, value in kept.items() if held.get(key) != value)

    with _running(place) as world, ThreadPoolExecutor(CLIENTS) as executor:
        for done in executor.map(client, range(CLIENTS)):
            del done
        return {"requests": sum(statuses.values()), "statuses": dict(statuses), "lost": len(lost)}


def _timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000


@contextmanager
def _running(place: Path) -> Iterator[World]:
    world = World(place)
    world.start()
    try:
        yield world
    finally:
        world.stop()


MEASURES = {"start": _start, "gets": _gets, "merges": _merges, "large": _large, "clients": _clients}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(MEASURES[sys.argv[1]](Path(sys.argv[2]))))
