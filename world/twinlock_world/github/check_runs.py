"""Check suites and check runs: opened, posted and changed by apps.

Functions, not routes: the checks API and Actions both call them. Only the app that posted a run may change it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twinlock_world.github.bodies.check import check_run_body, check_suite_body
from twinlock_world.github.checks import CHECK_RUN, CHECK_SUITE, ensure_commit, said_of, suite_state
from twinlock_world.github.errors import forbidden, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twinlock_world.github.accounts import App, Identity
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check run as an app posts it. Without a conclusion it is not completed, whatever `status` says."""

    name: str
    head_sha: str
    status: str = "queued"
    conclusion: str | None = None
    details_url: str | None = None
    external_id: str = ""
    started_at: str | None = None
    completed_at: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: Sequence[JsonObject] = field(default=())


def open_suite(site: Site, app: App, head_sha: str, *, name: str = "", head_branch: str | None = None) -> Record:
    """Return an app's check suite for a commit, making it where there is none.

    An app has one suite for a commit; Actions has one for each workflow run, told apart by `name`.

    Raises:
        GitHubError: 422, there is no such commit.
    """
    if site.objects.commit(head_sha) is None:
        raise invalid(f"No commit found for SHA: {head_sha}")
    commit = ensure_commit(site.store, site.repository, head_sha)
    key = f"{app.slug}/{name}"
    found = site.store.find(CHECK_SUITE, key, parent=commit.id)
    if found is not None:
        return found
    branch = head_branch or _branch_at(site, head_sha)
    document: JsonObject = {"app_id": app.id, "head_sha": head_sha, "head_branch": branch, "name": name}
    suite = site.store.insert(CHECK_SUITE, key, document, parent=commit.id)
    site.publish("check_suite", "requested", app, {"check_suite": check_suite_body(site, suite)}, app.id)
    return suite


def post_check(site: Site, app: App, run: CheckRun, suite: Record | None = None) -> Record:
    """Post a check run as an app, in its own suite unless another of its suites is given.

    Raises:
        GitHubError: 422, there is no such commit.
    """
    suite = suite or open_suite(site, app, run.head_sha)
    document = {**_document(site, run), "app_id": app.id}
    key = str(len(site.store.children(CHECK_RUN, suite.id)) + 1)
    made = site.store.insert(CHECK_RUN, key, document, parent=suite.id)
    _tell(site, app, made, "created")
    if run.conclusion is not None:
        _tell(site, app, made, "completed")
        _conclude(site, app, suite)
    return made


def change_check(site: Site, app: App, record: Record, change: Callable[[CheckRun], CheckRun]) -> Record:
    """Change a check run that the app posted.

    Raises:
        GitHubError: 403, another app posted it.
    """
    owner = record.fields.number("app_id")
    if owner != app.id:
        # the words stand in GitHub's own answer, with the asking app's number
        raise forbidden(
            f"Invalid app_id `{app.id}` - check run can only be modified by the GitHub App that created it."
        )
    before = read_check(record)
    after = change(before)
    changed = site.store.update(record, {**record.data, **_document(site, after)})
    if after.conclusion is not None and after.conclusion != before.conclusion:
        _tell(site, app, changed, "completed")
        suite = site.store.get(CHECK_SUITE, record.parent or 0)
        if suite is not None:
            _conclude(site, app, suite)
    return changed


def read_check(record: Record) -> CheckRun:
    """Return a stored check run as it was posted."""
    fields = record.fields
    output = fields.object("output")
    return CheckRun(
        name=fields.text("name"),
        head_sha=fields.text("head_sha"),
        status=fields.text("status"),
        conclusion=fields.optional_text("conclusion"),
        details_url=fields.optional_text("details_url"),
        external_id=fields.text("external_id"),
        started_at=fields.optional_text("started_at"),
        completed_at=fields.optional_text("completed_at"),
        title=output.optional_text("title"),
        summary=output.optional_text("summary"),
        text=output.optional_text("text"),
        annotations=[item.raw for item in output.objects("annotations")],
    )


def find_check(site: Site, kind: str, identifier: int) -> Record | None:
    """Return the check run or suite of this number if it is of this repository."""
    found = site.store.get(kind, identifier)
    if found is None:
        return None
    commit = said_of(site.store, site.repository, found.fields.text("head_sha"))
    suite = found if kind == CHECK_SUITE else site.store.get(CHECK_SUITE, found.parent or 0)
    return found if commit is not None and suite is not None and suite.parent == commit.id else None


def rerequest(site: Site, identity: Identity, record: Record) -> None:
    """Ask the app that posted a check run or suite to do it again; nothing changes until it does."""
    body = check_suite_body(site, record) if record.kind == CHECK_SUITE else check_run_body(site, record)
    site.publish(record.kind, "rerequested", identity, {record.kind: body}, record.fields.number("app_id"))


def _document(site: Site, run: CheckRun) -> dict[str, JsonValue]:
    now = site.store.timestamp()
    done = run.conclusion is not None
    started = run.started_at or (None if run.status == "queued" and not done else now)
    return {
        "name": run.name,
        "head_sha": run.head_sha,
        "status": "completed" if done else run.status,
        "conclusion": run.conclusion,
        "details_url": run.details_url,
        "external_id": run.external_id,
        "started_at": started or now,
        "completed_at": (run.completed_at or now) if done else None,
        "output": {
            "title": run.title,
            "summary": run.summary,
            "text": run.text,
            "annotations": list(run.annotations),
        },
    }


def _tell(site: Site, app: App, run: Record, action: str) -> None:
    site.publish("check_run", action, app, {"check_run": check_run_body(site, run)})


def _conclude(site: Site, app: App, suite: Record) -> None:
    status, _ = suite_state(site.store.children(CHECK_RUN, suite.id))
    if status == "completed":
        site.publish("check_suite", "completed", app, {"check_suite": check_suite_body(site, suite)})


def _branch_at(site: Site, sha: str) -> str | None:
    heads = "refs/heads/"
    return next((ref.name.removeprefix(heads) for ref in site.objects.refs(heads) if ref.sha == sha), None)
