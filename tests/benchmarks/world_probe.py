"""Start a world alone, as its own README says, and time it: until it answers, or 1,000 reads of one ruleset."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

SEED = {
    "organization": {"login": "acme"},
    "users": [{"login": "olga", "role": "owner"}],
    "apps": [],
    "aws": {"region": "eu-west-1", "accounts": [{"name": "build", "id": "444444444444"}]},
}


def main(what: str, place: Path) -> int:
    """Print the figures as JSON."""
    seed, ready = place / "seed.json", place / "ready.json"
    seed.write_text(json.dumps(SEED))
    begin = time.perf_counter()
    options = ["--state", str(place / "state"), "--seed", str(seed), "--ready-file", str(ready)]
    world = subprocess.Popen([sys.executable, "-m", "twinlock_world", "serve", *options], env=dict(os.environ))
    try:
        known = _ready(ready)
        if what == "start":
            import boto3  # noqa: PLC0415 - its import is the client's time, measured after the world answers

            _get(known["github"]["url"], "/meta")
            answered = time.perf_counter() - begin
            keys = known["aws"]["accounts"]["build"]
            client = boto3.client(
                "sts",
                region_name="eu-west-1",
                endpoint_url=known["aws"]["url"],
                aws_access_key_id=keys["access_key"],
                aws_secret_access_key=keys["secret_key"],
            )
            again = time.perf_counter()
            client.get_caller_identity()
            sys.stdout.write(json.dumps({"seconds": answered + time.perf_counter() - again}))
        else:
            sys.stdout.write(json.dumps({"milliseconds": _gets(known)}))
    finally:
        world.terminate()
        world.wait(30)
    return 0


def _ready(path: Path) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    while True:
        try:
            return json.loads(path.read_text())
        except (FileNotFoundError, ValueError):
            time.sleep(0.002)  # a busy loop would take the processor from the world that is timed


def _get(url: str, path: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    connection.request("GET", path)
    if connection.getresponse().status != http.HTTPStatus.OK:
        raise SystemExit(f"{path} was not answered")


def _gets(known: dict[str, dict[str, dict[str, dict[str, str]]]]) -> list[float]:
    connection = http.client.HTTPConnection(urlsplit(str(known["github"]["url"])).netloc)
    headers = {"Authorization": f"Bearer {known['github']['tokens']['olga']}", "User-Agent": "bench"}

    def call(method: str, path: str, body: object = None) -> bytes:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise SystemExit(f"{method} {path}: {content!r}")
        return content

    call("POST", "/orgs/acme/repos", {"name": "app"})
    ruleset = {
        "name": "main",
        "target": "branch",
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": [{"type": "deletion"}],
    }
    number = json.loads(call("POST", "/repos/acme/app/rulesets", ruleset))["id"]
    times = []
    for _ in range(1000):
        begin = time.perf_counter()
        call("GET", f"/repos/acme/app/rulesets/{number}")
        times.append((time.perf_counter() - begin) * 1000)
    return times


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
