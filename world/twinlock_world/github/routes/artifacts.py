"""Artifacts through the API, and the addresses under which logs and artifacts are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import READ_ACTIONS
from twinlock_world.github.bodies.workflow import artifact_body
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.errors import GitHubError, forbidden, not_found
from twinlock_world.github.mounts import ANYONE, REPOSITORY, RepositoryCall
from twinlock_world.github.routes.runs import IN_RUN, WRITE_ACTIONS, RunCall, logs_archive
from twinlock_world.github.site import Site
from twinlock_world.github.workflows import files
from twinlock_world.github.workflows.artifacts import ARTIFACT, artifacts_of, find_artifact
from twinlock_world.github.workflows.runs import RUN

if TYPE_CHECKING:
    from twinlock_world.store import Record


def list_run_artifacts(call: RunCall) -> Reply:
    """Return a run's artifacts, or those of one name."""
    found = [(record, call.run) for record in reversed(artifacts_of(call.site, call.run))]
    return _page(call, found)


def list_artifacts(call: RepositoryCall) -> Reply:
    """Return a repository's artifacts, newest first, or those of one name."""
    runs = {run.id: run for run in call.store.children(RUN, call.repository.id)}
    found = [(record, runs[record.parent or 0]) for record in call.store.all(ARTIFACT) if record.parent in runs]
    return _page(call, found[::-1])


def show_artifact(call: RepositoryCall) -> Reply:
    """Return an artifact."""
    return Reply(200, artifact_body(Site.of(call), *_artifact(call)))


def delete_artifact(call: RepositoryCall) -> Reply:
    """Delete an artifact."""
    record, _ = _artifact(call)
    call.store.delete(record)
    files.remove(call.git, files.ARTIFACTS, record.id)
    return NO_CONTENT


def download_artifact(call: RepositoryCall) -> Reply:
    """Lead to an artifact's archive.

    Raises:
        GitHubError: 410, it has expired; 404, there is none.
    """
    record, _ = _artifact(call)
    if call.params["format"] != "zip":
        raise not_found()
    if record.fields.text("expires_at") <= call.store.timestamp():
        raise GitHubError(410, "Artifact has expired")
    now = call.store.clock.now().timestamp()
    return Reply(302, None, {"location": files.address(call.urls, files.ARTIFACTS, str(record.id), now)})


def download(call: Call) -> Reply:
    """Hand out what an address leads to; it holds for a minute, for anybody who has it.

    Raises:
        GitHubError: 403, it was not made here or holds no more; 404, what it leads to is gone.
    """
    kind, name, query = call.params["kind"], call.params["name"], call.query
    now = call.store.clock.now().timestamp()
    if not files.may_read(kind, name, query.get("until", ""), query.get("signature", ""), now):
        raise forbidden("The address is not valid or has expired.")
    data = logs_archive(call, name) if kind == "run-logs" else files.read(call.git, kind, int(name))
    if data is None:
        raise not_found()
    content = "text/plain; charset=utf-8" if kind == files.LOGS else "application/zip"
    return Reply(200, None, {"content-type": content}, raw=data)


def _page(call: RepositoryCall, found: list[tuple[Record, Record]]) -> Reply:
    site, name = Site.of(call), call.query.get("name")
    shown = [pair for pair in found if name is None or pair[0].fields.text("name") == name]
    return call.counted_page("artifacts", shown, lambda pair: artifact_body(site, *pair))


def _artifact(call: RepositoryCall) -> tuple[Record, Record]:
    found = find_artifact(Site.of(call), call.parameter_number("artifact_id"))
    if found is None:
        raise not_found()
    return found


ROUTES: Final = (
    *IN_RUN.get("/artifacts", READ_ACTIONS, list_run_artifacts),
    *REPOSITORY.get("/actions/artifacts", READ_ACTIONS, list_artifacts),
    *REPOSITORY.get("/actions/artifacts/{artifact_id}", READ_ACTIONS, show_artifact),
    *REPOSITORY.delete("/actions/artifacts/{artifact_id}", WRITE_ACTIONS, delete_artifact),
    *REPOSITORY.get("/actions/artifacts/{artifact_id}/{format}", READ_ACTIONS, download_artifact),
    *ANYONE.get(f"{files.PLACE}/{{kind}}/{{name}}", None, download),
)
