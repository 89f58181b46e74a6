"""The records of workflows, their runs and their jobs, and how a change of one is told.

A run belongs to its repository, a job to its run. Jobs keep the attempt that they ran in. Called by everything in this
package and by the routes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import get_app, get_user

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.repository import Repository
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue
    from twinlock_world.store import Record, Store

WORKFLOW: Final = "workflow"
RUN: Final = "workflow_run"
JOB: Final = "workflow_job"
APPROVAL: Final = "workflow_approval"

COMPLETED: Final = "completed"
GROUND: Final = ".github/workflows"


def ensure_workflow(site: Site, path: str, name: str) -> Record:
    """Return the record of a workflow file, under the name that it has now."""
    found = site.store.find(WORKFLOW, path, parent=site.repository.id)
    if found is None:
        document: JsonObject = {"path": path, "name": name, "state": "active", "runs": 0, "crons": []}
        return site.store.insert(WORKFLOW, path, document, parent=site.repository.id)
    return found if found.fields.text("name") == name else site.store.update(found, {**found.data, "name": name})


def change(store: Store, record: Record, **changes: JsonValue) -> Record:
    """Set fields of a record as it is now."""
    present = store.get(record.kind, record.id) or record
    return store.update(present, {**present.data, **changes})


def run_of(store: Store, job: Record) -> Record | None:
    """Return the run of a job."""
    return store.get(RUN, job.parent or 0)


def jobs_of(store: Store, run: Record, attempt: int | None = None) -> list[Record]:
    """Return a run's jobs of one attempt, the present one unless another is named."""
    wanted = run.fields.number("attempt") if attempt is None else attempt
    return [job for job in store.children(JOB, run.id) if job.fields.number("attempt") == wanted]


def find_run(store: Store, repository: Repository, identifier: int) -> Record | None:
    """Return the run of this number if it is of this repository."""
    found = store.get(RUN, identifier)
    return found if found is not None and found.parent == repository.id else None


def find_job(store: Store, repository: Repository, identifier: int) -> Record | None:
    """Return the job of this number if it is of this repository."""
    found = store.get(JOB, identifier)
    return found if found is not None and find_run(store, repository, found.parent or 0) else None


def active_runs(store: Store, repository: Repository) -> list[Record]:
    """Return the runs of a repository that have not ended, oldest first."""
    return [run for run in store.children(RUN, repository.id) if run.fields.text("status") != COMPLETED]


def account(store: Store, found: Fields) -> Identity | None:
    """Return the account that a record names as who did something."""
    identifier = found.number("id")
    return get_user(store, identifier) if found.text("type") == "User" else get_app(store, identifier)


def ended(record: Record) -> bool:
    """Tell whether a run or job has ended."""
    return record.fields.text("status") == COMPLETED
