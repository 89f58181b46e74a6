"""Which workflows a repository is known to have: the files of its default branch, and what ran on others.

Noted when the default branch moves and when somebody asks, so that schedules are found without reading git each minute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.actions.workflow import WorkflowError
from twinlock_world.git_objects import ABSENT
from twinlock_world.github.workflows.runs import GROUND, change, ensure_workflow
from twinlock_world.github.workflows.sources import Source, load, workflow_paths

if TYPE_CHECKING:
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import Fields

_LISTS: Final = ("added", "modified", "removed")


def note_files(site: Site) -> None:
    """Note the workflow files of the default branch with their names and schedules."""
    head = site.objects.ref(f"refs/heads/{site.repository.default_branch}")
    if head is None:
        return
    with site.store.transaction():
        for path in workflow_paths(site, head.sha):
            try:
                workflow = load(site, Source(site.repository, path, head.name, head.sha))
                title, schedule = workflow.title, workflow.triggers.get("schedule")
            except WorkflowError:
                title, schedule = path, None
            record = ensure_workflow(site, path, title)
            crons = [] if schedule is None else [cron.keep() for cron in schedule.crons]
            if record.fields.texts("crons") != crons:
                change(site.store, record, crons=crons)


def moves_files(site: Site, push: Fields) -> bool:
    """Tell whether a push may have changed the workflow files of the default branch."""
    if push.text("ref") != f"refs/heads/{site.repository.default_branch}" or push.text("after") == ABSENT:
        return False
    if push.text("before") == ABSENT or push.flag("forced"):
        return True
    paths = (path for commit in push.objects("commits") for name in _LISTS for path in commit.texts(name, ()))
    return any(path.startswith(GROUND) for path in paths)
