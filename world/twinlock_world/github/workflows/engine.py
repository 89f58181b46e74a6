"""Actions of one world: hears what happens and how time passes, and gives jobs to runners.

The parts of this package are functions of the store; this class only ties them to one world, so that whoever composes
it says it once. Nothing is kept here but when schedules were last looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.actions.cron import Cron
from twinlock_world.github.environment import find_environment
from twinlock_world.github.errors import not_found
from twinlock_world.github.repository import get_repository
from twinlock_world.github.site import Site
from twinlock_world.github.workflows import files, jobs
from twinlock_world.github.workflows.control import bypass_gates
from twinlock_world.github.workflows.rights import runs_here
from twinlock_world.github.workflows.runs import JOB, RUN, WORKFLOW, ended
from twinlock_world.github.workflows.start import on_event, start_schedules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from twinlock_world.events import Event
    from twinlock_world.git_objects import GitRepositories
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.urls import Urls
    from twinlock_world.github.workflows.jobs import JobOrder, JobResult
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Store

_LARGEST_LOG: Final = 8 * 1024 * 1024
_SAID: Final = ("name", "status", "conclusion", "message")
_LOST: Final = "The hosted runner lost communication with the server."


class Engine:
    """Starts runs, moves them on, and is where runners take jobs."""

    def __init__(self, store: Store, git: GitRepositories, urls: Urls) -> None:
        self.store = store
        self.git = git
        self.urls = urls
        self._looked = store.clock.now()

    def listen(self) -> None:
        """Hear of events and of the clock from now on."""
        self.store.events.subscribe(self._on_event)
        self.store.clock.watch(self.tick)

    def tick(self) -> None:
        """Do what time has made due: schedules, timers, jobs that nobody let in."""
        since, self._looked = self._looked, self.store.clock.now()
        with self.store.transaction():
            self._start_due(since, self._looked)
            jobs.advance_all(self.store, self.git, self.urls)

    def recover(self) -> None:
        """Fail the jobs whose runner went with an earlier process, and offer those that wait for one again."""
        for run in self.store.all(RUN):
            if ended(run):
                continue
            for job in self.store.children(JOB, run.id):
                if job.fields.text("status") == "in_progress":
                    jobs.finish(self.store, self.git, self.urls, job.id, jobs.JobResult("failure", message=_LOST))

    def queued(self) -> list[int]:
        """Return the numbers of the jobs that wait for a runner, oldest first."""
        return [job.id for job in self.store.all(JOB) if job.fields.text("status") == "queued"]

    def take(self, job_id: int, runner: str) -> JobOrder | None:
        """Begin a queued job as a runner; nothing where it isn't queued any more."""
        return jobs.take(self.store, self.git, self.urls, job_id, runner)

    def finish(self, job_id: int, result: JobResult) -> None:
        """End a job that a runner had begun."""
        log = result.log.encode(errors="replace")[-_LARGEST_LOG:]
        files.keep(self.git, files.LOGS, job_id, log)
        jobs.finish(self.store, self.git, self.urls, job_id, result)

    def explain(self, run_id: int) -> JsonObject | None:
        """Return what GitHub's pages say of a run beyond its API: why it, or one of its jobs, did not begin."""
        run = self.store.get(RUN, run_id)
        if run is None:
            return None
        found = [{"id": job.id, **job.fields.only(_SAID)} for job in self.store.children(JOB, run.id)]
        return {"id": run.id, **run.fields.only(_SAID), "jobs": found}

    def bypass(self, run_id: int, administrator: Identity, environments: Sequence[str]) -> None:
        """Let a run's waiting deployments pass, as an administrator's button on GitHub's pages does.

        Raises:
            GitHubError: 404, there is no such run or environment; 403, this person may not.
        """
        with self.store.transaction():
            run = self.store.get(RUN, run_id)
            repository = None if run is None else get_repository(self.store, run.parent or 0)
            if run is None or repository is None:
                raise not_found()
            found = [find_environment(self.store, repository, name) for name in environments]
            known = [environment for environment in found if environment is not None]
            if len(known) < len(found):
                raise not_found()
            bypass_gates(Site(self.store, self.git, self.urls, repository), run, administrator, known)

    def _on_event(self, event: Event) -> None:
        on_event(self.store, self.git, self.urls, event)

    def _start_due(self, since: datetime, until: datetime) -> None:
        due: dict[int, set[Cron]] = {}
        for workflow in self.store.all(WORKFLOW):
            crons = (Cron.kept(text) for text in workflow.fields.texts("crons"))
            found = {cron for cron in crons if cron.schedule().due_between(since, until)}
            if found:
                due.setdefault(workflow.parent or 0, set()).update(found)
        for repository_id, wanted in due.items():
            repository = get_repository(self.store, repository_id)
            if repository is not None and runs_here(self.store, repository):
                start_schedules(Site(self.store, self.git, self.urls, repository), wanted)
