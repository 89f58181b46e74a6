"""All tasks of a world: each in a thread that brings it up, hears what it says, and notes how it ended.

Called by the edge, which holds AWS's lock while it does; a thread takes that lock only through its `Cloud`. The edge
never waits for a task.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from twinlock_world.aws.tasks import program
from twinlock_world.aws.tasks.image import ImageError, unpack
from twinlock_world.aws.tasks.order import CannotStartError
from twinlock_world.aws.tasks.process import End, Limits, Process
from twinlock_world.aws.tasks.state import BY_USER, EXITED, FAILED_TO_START, PENDING, RUNNING, STOPPED, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from twinlock_world.aws.tasks.cloud import Cloud
    from twinlock_world.aws.tasks.order import Order
    from twinlock_world.aws.tasks.state import Identity

AT_ONCE: Final = 16
"""Tasks that run at one time."""
_EXITED: Final = "Essential container in task exited"
_OURS: Final[Mapping[str, str]] = {
    "time": "This world ended the task: it ran for too long",
    "processes": "This world ended the task: it had too many processes",
    "world": "This world ended",
}
_MOST_LOG: Final = 16 << 20
_CUT: Final = "[this world keeps no more of this task's output]"
_KEPT_SECONDS: Final = 3600
"""For how long ECS tells of a stopped task."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where tasks run, and with what.

    Attributes:
        work: A directory for theirs.
        tools: Directories of programs before the machine's own.
        limits: The most that each gets.
    """

    work: Path
    tools: Sequence[Path] = ()
    limits: Limits = field(default_factory=Limits)


class Fleet:
    """The tasks."""

    def __init__(self, cloud: Cloud, settings: Settings, now: Callable[[], datetime]) -> None:
        self._cloud = cloud
        self._settings = settings
        self._now = now
        self._lock = threading.Lock()
        self._tasks: dict[str, _Task] = {}
        self._addresses: set[str] = set()
        shutil.rmtree(settings.work, ignore_errors=True)  # what a killed world left

    @property
    def room(self) -> int:
        """How many more tasks may begin."""
        with self._lock:
            return AT_ONCE - sum(task.state.status != STOPPED for task in self._tasks.values())

    def address(self) -> str:
        """Return a loopback address that no other task has."""
        while True:
            number = secrets.randbelow(1 << 22)
            found = f"127.{64 + (number >> 16)}.{number >> 8 & 255}.{1 + number % 254}"
            with self._lock:
                if found not in self._addresses:
                    self._addresses.add(found)
                    return found

    def begin(self, identity: Identity, order: Order, given: Mapping[str, str]) -> None:
        """Bring a task up, with variables that are its own; returns at once."""
        task = _Task(identity, order, given, State(times={"createdAt": self._now()}))
        with self._lock:
            self._forget()
            self._tasks[identity.arn] = task
        task.thread = threading.Thread(target=self._run, args=(task,), name=f"task-{identity.id[:8]}", daemon=True)
        task.thread.start()

    def fail(self, identity: Identity, why: str) -> None:
        """Note a task that cannot be brought up."""
        times = {name: self._now() for name in ("createdAt", "stoppingAt", "stoppedAt")}
        state = State(STOPPED, STOPPED, FAILED_TO_START, why, times=times)
        with self._lock:
            self._tasks[identity.arn] = _Task(identity, None, {}, state)
            self._addresses.discard(identity.address)

    def find(self, arn: str) -> tuple[Identity, State] | None:
        """Return what is known of a task."""
        with self._lock:
            task = self._tasks.get(arn)
            return None if task is None else (task.identity, task.state)

    def stop_task(self, arn: str, reason: str) -> None:
        """Ask a task to end, whatever it is at."""
        with self._lock:
            task = self._tasks.get(arn)
            if task is None or task.state.desired == STOPPED:
                return
            task.state = replace(
                task.state,
                desired=STOPPED,
                code=BY_USER,
                reason=reason,
                times={**task.state.times, "stoppingAt": self._now()},
            )
            process = task.process
        if process is not None:
            process.stop()

    def stop(self) -> None:
        """End every task; returns once none runs."""
        with self._lock:
            tasks = [task for task in self._tasks.values() if task.thread is not None]
            for task in tasks:
                task.state = replace(task.state, desired=STOPPED)
                task.killed = True
            processes = [task.process for task in tasks if task.process is not None]
        for process in processes:
            process.kill()
        for task in tasks:
            if task.thread is not None:
                task.thread.join()

    def _run(self, task: _Task) -> None:
        directory = self._settings.work / task.identity.id
        try:
            end = self._execute(task, directory)
        except CannotStartError as error:
            code, reason, exit_code = FAILED_TO_START, str(error), None
        except Exception as error:  # noqa: BLE001 - whatever happens here, the task must end
            code, reason, exit_code = FAILED_TO_START, f"This world failed: {type(error).__name__}", None
        else:
            ours = _OURS.get(end.why)
            code, reason, exit_code = BY_USER if ours else EXITED, ours or _EXITED, end.code
        shutil.rmtree(directory, ignore_errors=True)
        self._cloud.ended(task.identity)
        self._stopped(task, code, reason, exit_code)

    def _execute(self, task: _Task, directory: Path) -> End:
        order, identity = task.order, task.identity
        if order is None:
            raise CannotStartError("")
        self._advance(task, PENDING, "pullStartedAt", "connectivityAt")
        _require_address(identity.address)
        image = self._cloud.pull(identity, order.image)
        place = program.Place(directory, identity.address, self._settings.tools, task.given)
        try:
            unpack(image, place.root)
        except (ImageError, OSError) as error:
            raise CannotStartError(f"CannotPullContainerError: {error}") from error
        for name in ("home", "temp"):
            (directory / name).mkdir()
        self._advance(task, PENDING, "pullStoppedAt")
        if order.log is not None:
            self._cloud.open_log(identity, order.log)
        process = Process(program.compose(order, image, place), order.grace, self._settings.limits)
        self._started(task, process)
        self._listen(task, process, order)
        return process.end()

    def _started(self, task: _Task, process: Process) -> None:
        with self._lock:
            task.process = process
            stopping, killed = task.state.desired == STOPPED, task.killed
        if killed:
            process.kill()
        elif stopping:
            process.stop()
        self._advance(task, RUNNING, "startedAt")

    def _listen(self, task: _Task, process: Process, order: Order) -> None:
        left = _MOST_LOG
        for lines in process.lines():
            if order.log is None or left < 0:
                continue
            left -= sum(map(len, lines))
            self._cloud.write_log(task.identity, order.log, lines if left >= 0 else [*lines, _CUT])

    def _advance(self, task: _Task, status: str, *times: str) -> None:
        now = self._now()
        with self._lock:
            task.state = replace(task.state, status=status, times={**task.state.times, **dict.fromkeys(times, now)})

    def _stopped(self, task: _Task, code: str, reason: str, exit_code: int | None) -> None:
        now = self._now()
        with self._lock:
            state = task.state
            times = {"stoppingAt": now, "executionStoppedAt": now, **state.times, "stoppedAt": now}
            task.state = State(STOPPED, STOPPED, state.code or code, state.reason or reason, exit_code, times)
            task.process = None
            self._addresses.discard(task.identity.address)

    def _forget(self) -> None:
        """Drop what stopped long ago, as ECS does."""
        now = self._now()
        old = [
            arn
            for arn, task in self._tasks.items()
            if task.state.status == STOPPED and (now - task.state.times["stoppedAt"]).total_seconds() > _KEPT_SECONDS
        ]
        for arn in old:
            del self._tasks[arn]


@dataclass(slots=True)
class _Task:
    """One task, as its thread and the edge share it; changed under the fleet's lock."""

    identity: Identity
    order: Order | None
    given: Mapping[str, str] = field(repr=False)
    state: State
    thread: threading.Thread | None = None
    process: Process | None = None
    killed: bool = False


def _require_address(address: str) -> None:
    """Let an address pass that programs can listen on here: on other systems than Linux somebody must set it up."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError as error:
            why = f"this machine has no loopback address {address}: {error.strerror}"
            raise CannotStartError(f"ResourceInitializationError: {why}") from error
