"""Measure what the design budgets, and print medians beside the budgets. It judges nothing: machines differ.

Run by `make bench`. Every figure is of whole processes, as a user pays for them, unless its name says otherwise.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BIN = Path(sys.executable).parent
TWINLOCK = str(BIN / "twinlock")
HERE = Path(__file__).parent
_BUDGETS = {
    ("pulumi", "up of one service, from nothing"): "<= 25 s",
    ("pulumi", "up without changes"): "<= 8 s",
    ("pulumi", "preview without changes"): "<= 6 s",
}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def main(only: list[str]) -> int:
    """Run the benchmarks whose name holds one of the words, or is one; without words all that are not optional."""
    chosen = {name: measure for name, measure in BENCHMARKS.items() if not only or any(word in name for word in only)}
    for measure in (*chosen.values(), *(measure for name, measure in OPTIONAL.items() if name in only)):
        for line in measure():
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    return 0


def _row(name: str, values: list[float], budget: str, unit: str = "s") -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{name:<58} median {middle:7.3f} {unit}  ({low:.3f}..{high:.3f}, n={len(values)})  budget {budget}"


def _run(*arguments: str, cwd: Path | None = None) -> float:
    begin = time.perf_counter()
    done = subprocess.run(arguments, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    if done.returncode not in {0, 1}:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds


@dataclass(frozen=True, slots=True)
class _Cost:
    """What one command took, with all the processes it started."""

    seconds: float
    processor: float
    megabytes: float
    calls: int


def _cost(root: str, *command: str) -> _Cost:
    before, begin = _calls(root), time.perf_counter()
    child = subprocess.Popen([TWINLOCK, "-C", root, *command], env=ENVIRONMENT, stdout=DEVNULL, stderr=DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    return _Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, _calls(root) - before)


def _calls(root: str) -> int:
    """Return how many requests the world's GitHub has counted for the tool's identities."""
    github = json.loads(Path(root, ".twinlock", "world.json").read_bytes())["github"]
    used = 0
    for app in "twinlock-controller", "twinlock-auditor":
        token = github["tokens"][app]
        headers = {"authorization": f"Bearer {token}"}
        answer = httpx.get(f"{github['url']}/rate_limit", headers=headers, timeout=10, trust_env=False)
        used += answer.json()["resources"]["core"]["used"]
    return used


def _help() -> Iterator[str]:
    bare, ours = [], []
    for _ in range(11):
        bare.append(_run(sys.executable, "-c", "pass"))
        ours.append(_run(TWINLOCK, "--help"))
    over = [a - b for a, b in zip(ours, bare, strict=True)]
    yield _row("twinlock --help, over bare python", over, "<= 0.15 s")


def _four() -> Iterator[str]:
    times = []
    for _ in range(5):
        with _directory() as place:
            steps = [
                ("init", "acme", "--org", "acme"),
                ("-C", "acme", "new", "payments"),
                ("-C", "acme", "check"),
                ("-C", "acme", "scaffold"),
            ]
            times.append(sum(_run(TWINLOCK, *step, cwd=place) for step in steps))
    yield _row("init + new + check + scaffold, four processes", times, "<= 1 s")


def _demo() -> Iterator[str]:
    whole, first = [], []
    for _ in range(3):
        begin = time.perf_counter()
        process = subprocess.Popen(
            [TWINLOCK, "demo"], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        process.stdout.read(1)
        first.append(time.perf_counter() - begin)
        output = process.stdout.read()
        if process.wait():
            raise SystemExit(output)
        whole.append(time.perf_counter() - begin)
    yield _row("demo, first output", first, "<= 1 s")
    yield _row("demo, whole", whole, "<= 60 s")


def _world() -> Iterator[str]:
    starts, gets = [], []
    for _ in range(5):
        with _directory() as place:
            starts.append(_json("world_probe.py", "start", str(place))["seconds"])
    with _directory() as place:
        gets = _json("world_probe.py", "gets", str(place))["milliseconds"]
    yield _row("world start, until /meta and GetCallerIdentity answer", starts, "<= 1 s")
    yield _row("1,000 keep-alive GETs of one ruleset, each", gets, "<= 2 ms", "ms")


def _load() -> Iterator[str]:
    with _directory() as place:
        merges = _json("world_probe.py", "merges", str(place))["milliseconds"]
    yield _row("merging a pull request under review rules, each", merges, "<= 150 ms", "ms")
    with _directory() as place:
        large = _json("world_probe.py", "large", str(place))
    yield _row("1,000 repositories of 30 objects, peak memory", [large["megabytes"]], "<= 1000 MB", "MB")
    yield _row("the same, start from disk", [large["start"]], "<= 5 s")
    with _directory() as place:
        clients = _json("world_probe.py", "clients", str(place))
    statuses = ", ".join(f"{count} of {status}" for status, count in sorted(clients["statuses"].items()))
    yield f"{'50 clients for 60 s':<58} {clients['requests']} answers ({statuses}), {clients['lost']} lost writes"


def _up() -> Iterator[str]:
    first, second, calls = [], [], {}
    for _ in range(3):
        with _directory() as place, _platform(place) as root:
            first.append(_run(TWINLOCK, "-C", root, "up", "--yes"))
            second += [_run(TWINLOCK, "-C", root, "up", "--yes") for _ in range(3)]
            done = subprocess.run(
                [TWINLOCK, "-C", root, "audit", "--format", "json"],
                env=ENVIRONMENT,
                capture_output=True,
                text=True,
                check=True,
            )
            calls = json.loads(done.stdout)["calls"]
    yield _row("up of one service, from nothing", first, "")
    yield _row("up without changes", second, "<= 1/3 of the first")
    yield f"{'ratio of the medians':<58} {statistics.median(second) / statistics.median(first):.3f}"
    yield f"{'calls of one audit':<58} {calls['github']} GitHub, {calls['aws']} AWS"


def _hundred() -> Iterator[str]:
    seconds, memory, resources = [], [], 0
    for _ in range(3):
        with _directory() as place:
            figures = _json("hundred_services.py", str(place))
            seconds.append(figures["seconds"])
            memory.append(figures["megabytes"])
            resources = figures["resources"]
    yield _row(f"100 services ({resources} resources) declared and scaffolded", seconds, "<= 15 s")
    yield _row("the same, peak memory", memory, "<= 400 MB", "MB")


def _pulumi() -> Iterator[str]:
    for engine in "embedded", "pulumi":
        figures: dict[str, list[_Cost]] = {}
        for _ in range(3):
            with _directory() as place, _platform(place) as root:
                for name, *command in (
                    ("up of one service, from nothing", "up", "--yes"),
                    ("up without changes", "up", "--yes"),
                    ("preview without changes", "preview"),
                ):
                    cost = _cost(root, *command, "--engine", engine)
                    figures.setdefault(name, []).append(cost)
        for name, costs in figures.items():
            yield _row(f"{engine}: {name}", [cost.seconds for cost in costs], _BUDGETS.get((engine, name), ""))
            processor = statistics.median(cost.processor for cost in costs)
            memory = max(cost.megabytes for cost in costs)
            calls = ", ".join(str(count) for count in sorted({cost.calls for cost in costs}))
            yield f"{'':<58} {processor:.2f} s of processors, largest process {memory:.0f} MB, {calls} GitHub requests"
    with _directory() as place, _platform(place) as root:
        _run(TWINLOCK, "-C", root, "up", "--yes", "--engine", "pulumi")
        for name, *command in (
            ("the auditor's first sweep of it", "audit"),
            ("the auditor's next sweep", "audit"),
            ("Pulumi's refresh and preview of it", "preview", "--engine", "pulumi"),
        ):
            cost = _cost(root, *command)
            yield f"{name:<58} {cost.seconds:.2f} s, {cost.processor:.2f} s of processors, {cost.calls} GitHub requests"


def _pulumi_hundred() -> Iterator[str]:
    services = int(os.environ.get("TWINLOCK_BENCH_SERVICES", "100"))
    with _directory() as place, _platform(place, services) as root:
        yield from _whole(f"{services} services, up from nothing", _cost(root, "up", "--yes", "--engine", "pulumi"))
        for jobs in "1", "2", "4":
            cost = _cost(root, "up", "--yes", "--engine", "pulumi", "--jobs", jobs)
            yield from _whole(f"{services} services, up without changes, --jobs {jobs}", cost, services)


def _whole(name: str, cost: _Cost, services: int = 1) -> Iterator[str]:
    each = f", {cost.calls / services:.1f} a service" if services > 1 else ""
    yield f"{name:<58} {cost.seconds:.1f} s, {cost.processor:.1f} s of processors, {cost.calls} GitHub requests{each}"


BENCHMARKS: dict[str, Callable[[], Iterator[str]]] = {
    "help": _help,
    "four": _four,
    "world": _world,
    "load": _load,
    "up": _up,
    "hundred": _hundred,
    "demo": _demo,
}
OPTIONAL: dict[str, Callable[[], Iterator[str]]] = {"pulumi": _pulumi, "pulumi-hundred": _pulumi_hundred}
"""Run where they are named: they need Pulumi installed, and the second, minutes (`TWINLOCK_BENCH_SERVICES`)."""


@contextmanager
def _directory() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="twinlock-bench-"))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _platform(place: Path, services: int = 1) -> Iterator[str]:
    root = str(place / "acme")
    _run(TWINLOCK, "init", root, "--org", "acme")
    for name in ["payments", *(f"service-{number}" for number in range(1, services))]:
        _run(TWINLOCK, "-C", root, "new", name)
    _run(TWINLOCK, "-C", root, "world", "up", "--detach")
    try:
        yield root
    finally:
        _run(TWINLOCK, "-C", root, "world", "down")


def _json(script: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(HERE / script), *arguments], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{script}: {done.stderr}")
    return json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
