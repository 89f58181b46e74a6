"""Check runs and check suites: written by apps, read by everybody who may see the repository."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import Level, RepositoryNeed, Role
from twinlock_world.github.accounts import App
from twinlock_world.github.bodies.check import check_run_body, check_suite_body
from twinlock_world.github.call import Reply
from twinlock_world.github.check_runs import (
    CheckRun,
    change_check,
    find_check,
    open_suite,
    post_check,
    rerequest,
)
from twinlock_world.github.checks import CHECK_RUN, CHECK_SUITE, latest_runs, runs_of, said_of, suites_of
from twinlock_world.github.commits import git_date
from twinlock_world.github.errors import forbidden, invalid, not_found, validation_failed
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.site import Site

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import Fields, JsonObject
    from twinlock_world.store import Record

_READ: Final = RepositoryNeed("checks", Level.READ, Role.PULL)
_WRITE: Final = RepositoryNeed("checks", Level.WRITE, Role.PULL)  # of people, who are refused in other words
_STATUSES: Final = ("queued", "in_progress", "completed")  # the others are for Actions
_CONCLUSIONS: Final = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out")
_MOST_ANNOTATIONS: Final = 50
_LEVELS: Final = ("notice", "warning", "failure")


def create_run(call: RepositoryCall) -> Reply:
    """Post a check run as the calling app."""
    app, body = _app(call), call.body()
    site = Site.of(call)
    asked = _changed(CheckRun(body.text("name"), body.text("head_sha")), body)
    body_of_run = check_run_body(site, post_check(site, app, asked))
    return Reply(201, body_of_run, {"location": str(body_of_run["url"])})


def change_run(call: RepositoryCall) -> Reply:
    """Change a check run that the calling app posted."""
    app, body, site = _app(call), call.body(), Site.of(call)
    record = _found(call, CHECK_RUN, "check_run_id")
    return Reply(200, check_run_body(site, change_check(site, app, record, lambda held: _changed(held, body))))


def show_run(call: RepositoryCall) -> Reply:
    """Return a check run."""
    return Reply(200, check_run_body(Site.of(call), _found(call, CHECK_RUN, "check_run_id")))


def list_annotations(call: RepositoryCall) -> Reply:
    """Return what a check run says of single lines."""
    run = _found(call, CHECK_RUN, "check_run_id")
    blob = call.urls.html(call.repository.full_name, "blob", run.fields.text("head_sha"))
    found = run.fields.object("output").objects("annotations")
    return call.page(found, lambda item: {**item.raw, "blob_href": f"{blob}/{item.text('path')}"})


def list_runs_of_commit(call: RepositoryCall) -> Reply:
    """Return the check runs of a commit; of each app and name the newest, unless all are asked for."""
    sha = call.objects.resolve(call.params["ref"])
    if sha is None:
        raise invalid(f"No commit found for SHA: {call.params['ref']}")
    return _listed_runs(call, runs_of(call.store, call.repository, sha))


def list_runs_of_suite(call: RepositoryCall) -> Reply:
    """Return the check runs of a suite."""
    suite = _found(call, CHECK_SUITE, "check_suite_id")
    return _listed_runs(call, call.store.children(CHECK_RUN, suite.id))


def create_suite(call: RepositoryCall) -> Reply:
    """Open the calling app's suite for a commit; 200 where it is open already."""
    app, sha = _app(call), call.body().text("head_sha")
    commit = said_of(call.store, call.repository, sha)
    held = commit is not None and call.store.find(CHECK_SUITE, f"{app.slug}/", parent=commit.id) is not None
    site = Site.of(call)
    return Reply(200 if held else 201, check_suite_body(site, open_suite(site, app, sha)))


def show_suite(call: RepositoryCall) -> Reply:
    """Return a check suite."""
    return Reply(200, check_suite_body(Site.of(call), _found(call, CHECK_SUITE, "check_suite_id")))


def list_suites(call: RepositoryCall) -> Reply:
    """Return the check suites of a commit."""
    sha = call.objects.resolve(call.params["ref"])
    if sha is None:
        raise invalid(f"No commit found for SHA: {call.params['ref']}")
    site, app, name = Site.of(call), call.query.get("app_id"), call.query.get("check_name")
    found = [
        suite
        for suite in suites_of(call.store, call.repository, sha)
        if (app is None or app == str(suite.fields.number("app_id")))
        and (name is None or any(_is_named(run, name) for run in call.store.children(CHECK_RUN, suite.id)))
    ]
    return call.counted_page("check_suites", found, lambda suite: check_suite_body(site, suite))


def rerequest_run(call: RepositoryCall) -> Reply:
    """Ask for a check run to be done again."""
    rerequest(Site.of(call), _app(call), _found(call, CHECK_RUN, "check_run_id"))
    return Reply(201, {})


def rerequest_suite(call: RepositoryCall) -> Reply:
    """Ask for a check suite to be done again."""
    rerequest(Site.of(call), _app(call), _found(call, CHECK_SUITE, "check_suite_id"))
    return Reply(201, {})


def _app(call: RepositoryCall) -> App:
    identity = call.caller()
    if not isinstance(identity, App):
        raise forbidden("You must authenticate via a GitHub App.")
    return identity


def _found(call: RepositoryCall, kind: str, parameter: str) -> Record:
    found = find_check(Site.of(call), kind, call.parameter_number(parameter))
    if found is None:
        raise not_found()
    return found


def _listed_runs(call: RepositoryCall, runs: list[Record]) -> Reply:
    query, site = call.query, Site.of(call)
    kept = runs if query.get("filter") == "all" else latest_runs(runs)
    for name in ("status", "check_name", "app_id"):
        wanted = query.get(name)
        if wanted is not None:
            kept = [run for run in kept if str(run.fields.raw[{"check_name": "name"}.get(name, name)]) == wanted]
    return call.counted_page("check_runs", kept[::-1], lambda run: check_run_body(site, run))


def _is_named(run: Record, name: str) -> bool:
    return run.fields.text("name") == name


def _changed(run: CheckRun, asked: Fields) -> CheckRun:
    """Return a check run with what a request sets.

    Raises:
        GitHubError: 422, completed without a conclusion, or too many annotations at once.
    """
    conclusion = asked.choice("conclusion", _CONCLUSIONS) if asked.given("conclusion") else None
    status = asked.choice("status", _STATUSES) if asked.given("status") else run.status
    completed = asked.optional_text("completed_at")
    if conclusion is None and run.conclusion is None and (status == "completed" or completed):
        raise invalid('Invalid request.\n\n"conclusion" wasn\'t supplied.')
    reopened = asked.given("status") and status != "completed" and conclusion is None
    started = asked.optional_text("started_at")
    changed = replace(
        run,
        name=asked.text("name", run.name),
        status=status,
        conclusion=None if reopened else conclusion or run.conclusion,
        details_url=asked.optional_text("details_url") or run.details_url,
        external_id=asked.optional_text("external_id") or run.external_id,
        started_at=git_date(started) if started else run.started_at,
        completed_at=git_date(completed) if completed else None if reopened else run.completed_at,
    )
    return _with_output(changed, asked.object("output")) if asked.given("output") else changed


def _with_output(run: CheckRun, output: Fields) -> CheckRun:
    annotations = output.objects("annotations", [])
    if len(annotations) > _MOST_ANNOTATIONS:
        message = f"No more than {_MOST_ANNOTATIONS} annotations can be sent at once"
        raise validation_failed("CheckRun", "annotations", "custom", message)
    return replace(
        run,
        title=output.optional_text("title") or run.title,
        summary=output.optional_text("summary") or run.summary,
        text=output.optional_text("text") or run.text,
        annotations=[*run.annotations, *(_annotation(item) for item in annotations)],
    )


def _annotation(item: Fields) -> JsonObject:
    return {
        "path": item.text("path"),
        "start_line": item.number("start_line"),
        "end_line": item.number("end_line"),
        "start_column": item.number("start_column") if item.given("start_column") else None,
        "end_column": item.number("end_column") if item.given("end_column") else None,
        "annotation_level": item.choice("annotation_level", _LEVELS),
        "title": item.optional_text("title"),
        "message": item.text("message"),
        "raw_details": item.optional_text("raw_details"),
    }


ROUTES: Final = (
    *REPOSITORY.post("/check-runs", _WRITE, create_run),
    *REPOSITORY.get("/check-runs/{check_run_id}", _READ, show_run),
    *REPOSITORY.patch("/check-runs/{check_run_id}", _WRITE, change_run),
    *REPOSITORY.get("/check-runs/{check_run_id}/annotations", _READ, list_annotations),
    *REPOSITORY.post("/check-runs/{check_run_id}/rerequest", _WRITE, rerequest_run),
    *REPOSITORY.post("/check-suites", _WRITE, create_suite),
    *REPOSITORY.get("/check-suites/{check_suite_id}", _READ, show_suite),
    *REPOSITORY.get("/check-suites/{check_suite_id}/check-runs", _READ, list_runs_of_suite),
    *REPOSITORY.post("/check-suites/{check_suite_id}/rerequest", _WRITE, rerequest_suite),
    *REPOSITORY.get("/commits/{ref...}/check-runs", _READ, list_runs_of_commit),
    *REPOSITORY.get("/commits/{ref...}/check-suites", _READ, list_suites),
)
