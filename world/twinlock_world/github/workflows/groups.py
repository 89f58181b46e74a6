"""Concurrency groups: one at a time runs, one waits, a newcomer takes the place of the one that waits.

https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency. Runs
and jobs of a repository share the names of groups, whatever the case of the letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.workflows.runs import RUN, active_runs, change, ended, jobs_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock_world.github.site import Site
    from twinlock_world.store import Record

_HOLDING: Final = frozenset({"queued", "waiting", "in_progress"})
_REPLACED: Final = "Canceling since a higher priority waiting request for {} exists"


def enter(site: Site, run: Record, cancel: Callable[[Site, Record, str], Record]) -> bool:
    """Let a run into its group, or make it wait; a run without one is let in at once."""
    fields, store = run.fields, site.store
    group = fields.optional_text("group")
    if group is None or fields.flag("entered", default=False):
        return True
    if not fields.flag("arrived", default=False):
        run = change(store, run, arrived=True)
        for other in _waiting_runs(site, group, run):
            cancel(site, other, _REPLACED.format(group))
        if fields.flag("cancel_in_progress"):
            for other in _holding_runs(site, group, run):
                cancel(site, other, _REPLACED.format(group))
    if _holding_runs(site, group, run) or _holding_jobs(site, group, None):
        change(store, run, status="pending")
        return False
    change(store, run, entered=True, status="queued")
    return True


def enter_job(site: Site, job: Record, cancel: Callable[[Site, Record, str], Record]) -> bool:
    """Let a job into its group, or make it wait."""
    fields = job.fields
    group = fields.optional_text("group")
    if group is None or fields.flag("entered", default=False):
        return True
    if not fields.flag("arrived", default=False):
        job = change(site.store, job, arrived=True)
        for other in _jobs(site, group, job, frozenset({"pending"})):
            cancel(site, other, _REPLACED.format(group))
        if fields.flag("cancel_in_progress"):
            for other in _holding_jobs(site, group, job):
                cancel(site, other, _REPLACED.format(group))
    if _holding_runs(site, group, None) or _holding_jobs(site, group, job):
        return False
    change(site.store, job, entered=True)
    return True


def wake(site: Site, ended_one: Record) -> list[Record]:
    """Return the runs that may go on now that a run or job has ended, oldest first."""
    group = ended_one.fields.optional_text("group")
    groups = {group}
    if ended_one.kind == RUN:
        groups |= {job.fields.optional_text("group") for job in jobs_of(site.store, ended_one)}
    groups.discard(None)
    if not groups:
        return []
    found = []
    for run in active_runs(site.store, site.repository):
        held = {run.fields.optional_text("group")} if run.fields.text("status") == "pending" else set()
        held |= {job.fields.optional_text("group") for job in jobs_of(site.store, run) if not ended(job)}
        if held & groups:
            found.append(run)
    return found


def _holding_runs(site: Site, group: str, but: Record | None) -> list[Record]:
    return [
        run
        for run in active_runs(site.store, site.repository)
        if run.fields.optional_text("group") == group
        and (but is None or run.id != but.id)
        and run.fields.flag("entered", default=False)
    ]


def _waiting_runs(site: Site, group: str, but: Record) -> list[Record]:
    return [
        run
        for run in active_runs(site.store, site.repository)
        if run.fields.optional_text("group") == group
        and run.id != but.id
        and not run.fields.flag("entered", default=False)
    ]


def _holding_jobs(site: Site, group: str, but: Record | None) -> list[Record]:
    found = _jobs(site, group, but, _HOLDING)
    return [job for job in found if job.fields.flag("entered", default=False)]


def _jobs(site: Site, group: str, but: Record | None, statuses: frozenset[str]) -> list[Record]:
    return [
        job
        for run in active_runs(site.store, site.repository)
        for job in jobs_of(site.store, run)
        if job.fields.optional_text("group") == group
        and (but is None or job.id != but.id)
        and job.fields.text("status") in statuses
    ]
