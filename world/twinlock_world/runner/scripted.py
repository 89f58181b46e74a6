"""A runner that executes nothing: a script says how each job ends.

For tests and rehearsals of rules, where what a job computes doesn't matter: deterministic, and done before the request
that queued the job is answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.workflows.jobs import JobResult
from twinlock_world.github.workflows.legs import CANCEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock_world.events import Event
    from twinlock_world.github.workflows.engine import Engine
    from twinlock_world.github.workflows.jobs import JobOrder


class ScriptedRunner:
    """Takes each queued job at once. A script that returns nothing leaves the job running until `finish` is called."""

    def __init__(self, engine: Engine, script: Callable[[JobOrder], JobResult | None]) -> None:
        self._engine = engine
        self._script = script

    def listen(self) -> None:
        """Take jobs from now on, those that wait already first."""
        self._engine.store.events.subscribe(self._on_event)
        for job_id in self._engine.queued():
            self._run(job_id)

    def _on_event(self, event: Event) -> None:
        if event.name == "workflow_job" and event.action == "queued":
            job = event.payload["workflow_job"]
            self._run(int(str(job["id"] if isinstance(job, dict) else 0)))
        elif event.name == CANCEL:
            self._engine.finish(int(str(event.payload["job_id"])), JobResult("cancelled"))

    def _run(self, job_id: int) -> None:
        order = self._engine.take(job_id, "scripted")
        result = None if order is None else self._script(order)
        if result is not None:
            self._engine.finish(job_id, result)
