"""Workflows, their runs, jobs and artifacts, as GitHub writes them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import Role
from twinlock_world.github.accounts import User, actions_app, get_app, get_user
from twinlock_world.github.bodies.account import simple_account
from twinlock_world.github.bodies.check import minimal_pull
from twinlock_world.github.bodies.commit import repository_url
from twinlock_world.github.bodies.repository import minimal_repository
from twinlock_world.github.pulls.pull import open_pulls
from twinlock_world.github.repository import get_repository
from twinlock_world.github.urls import node_id

if TYPE_CHECKING:
    from twinlock_world.git_objects import Commit, GitRepository
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue
    from twinlock_world.store import Record

_RUNNER_GROUP: Final = "GitHub Actions"


def workflow_body(site: Site, workflow: Record) -> JsonObject:
    """Return a workflow."""
    fields = workflow.fields
    path, name = fields.text("path"), site.repository.full_name
    file = path.rpartition("/")[2]
    return {
        "id": workflow.id,
        "node_id": node_id("W", workflow.id),
        **fields.only(("name", "path", "state")),
        "created_at": workflow.created_at,
        "updated_at": workflow.updated_at,
        "url": repository_url(site.urls, site.repository, "actions", "workflows", str(workflow.id)),
        "html_url": site.urls.html(name, "blob", site.repository.default_branch, path),
        "badge_url": site.urls.html(name, "workflows", file, "badge.svg"),
    }


def run_body(site: Site, run: Record) -> JsonObject:
    """Return a run as it is in its present attempt."""
    fields, repository = run.fields, site.repository
    url = repository_url(site.urls, repository, "actions", "runs", str(run.id))
    attempt = fields.number("attempt")
    shown = minimal_repository(site.urls, repository, Role.PULL)
    del shown["role_name"]
    suite = fields.number("suite_id") if fields.given("suite_id") else 0
    return {
        "id": run.id,
        "name": fields.text("name"),
        "node_id": node_id("WFR", run.id),
        **fields.only(("head_branch", "head_sha", "path", "event", "status", "conclusion", "workflow_id")),
        "display_title": fields.text("title"),
        "run_number": fields.number("number"),
        "run_attempt": attempt,
        "check_suite_id": suite,
        "check_suite_node_id": node_id("CS", suite),
        "url": url,
        "html_url": site.urls.html(repository.full_name, "actions", "runs", run.id),
        "pull_requests": _pulls(site, run),
        "created_at": run.created_at,
        "updated_at": run.updated_at,
        "run_started_at": fields.text("started_at"),
        "actor": _account(site, fields.object("actor")),
        "triggering_actor": _account(site, fields.object("triggering_actor")),
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "check_suite_url": repository_url(site.urls, repository, "check-suites", str(suite)),
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "previous_attempt_url": f"{url}/attempts/{attempt - 1}" if attempt > 1 else None,
        "workflow_url": repository_url(
            site.urls, repository, "actions", "workflows", str(fields.number("workflow_id"))
        ),
        "referenced_workflows": _referenced(site, fields),
        "head_commit": _head_commit(site, fields.text("head_sha")),
        "repository": shown,
        "head_repository": shown,
    }


def job_body(site: Site, job: Record) -> JsonObject:
    """Return a job."""
    fields = job.fields
    run = site.store.get("workflow_run", job.parent or 0)
    if run is None:
        return {"id": job.id}
    url = repository_url(site.urls, site.repository, "actions")
    started = fields.optional_text("started_at")
    taken = fields.given("runner")
    return {
        "id": job.id,
        "run_id": run.id,
        "workflow_name": run.fields.text("name"),
        "head_branch": run.fields.optional_text("head_branch"),
        "run_url": f"{url}/runs/{run.id}",
        "run_attempt": fields.number("attempt"),
        "node_id": node_id("CR", job.id),
        "head_sha": run.fields.text("head_sha"),
        "url": f"{url}/jobs/{job.id}",
        "html_url": site.urls.html(site.repository.full_name, "actions", "runs", run.id, "job", job.id),
        **fields.only(("status", "conclusion", "completed_at", "name", "steps", "labels")),
        "created_at": job.created_at,
        "started_at": started or job.created_at,
        "check_run_url": repository_url(
            site.urls,
            site.repository,
            "check-runs",
            str(fields.number("check_run_id") if fields.given("check_run_id") else 0),
        ),
        "runner_id": 1 if taken else None,
        "runner_name": fields.optional_text("runner"),
        "runner_group_id": 1 if taken else None,
        "runner_group_name": _RUNNER_GROUP if taken else None,
    }


def artifact_body(site: Site, artifact: Record, run: Record) -> JsonObject:
    """Return an artifact."""
    fields = artifact.fields
    url = repository_url(site.urls, site.repository, "actions", "artifacts", str(artifact.id))
    return {
        "id": artifact.id,
        "node_id": node_id("MA", artifact.id),
        **fields.only(("name", "size_in_bytes", "digest", "expires_at")),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": fields.text("expires_at") <= site.store.timestamp(),
        "created_at": artifact.created_at,
        "updated_at": artifact.updated_at,
        "workflow_run": {
            "id": run.id,
            "repository_id": site.repository.id,
            "head_repository_id": site.repository.id,
            **run.fields.only(("head_branch", "head_sha")),
        },
    }


def _account(site: Site, found: Fields) -> JsonObject:
    identifier = found.number("id")
    person: User | None = get_user(site.store, identifier)
    return simple_account(site.urls, person or get_app(site.store, identifier) or actions_app(site.store))


def _pulls(site: Site, run: Record) -> list[JsonValue]:
    if not run.fields.text("event").startswith("pull_request") and run.fields.text("event") != "push":
        return []
    sha = run.fields.text("head_sha")
    return [minimal_pull(site, pull) for pull in open_pulls(site.store, site.repository) if pull.head_sha == sha]


def _referenced(site: Site, fields: Fields) -> list[JsonValue]:
    found: list[JsonValue] = []
    calls = fields.object("calls")
    for key in calls.raw:
        call = calls.object(key)
        repository = get_repository(site.store, call.number("repository_id"))
        if repository is not None:
            path = f"{repository.full_name}/{call.text('path')}@{call.text('ref')}"
            found.append({"path": path, "sha": call.text("sha"), "ref": call.text("ref")})
    return found


@lru_cache(maxsize=4096)
def _commit(objects: GitRepository, sha: str) -> Commit:
    """Read a commit once: what a sha names never changes. One that isn't there raises, so it is asked for again."""
    found = objects.commit(sha)
    if found is None:
        raise KeyError(sha)
    return found


def _head_commit(site: Site, sha: str) -> JsonObject | None:
    try:
        commit = _commit(site.objects, sha)
    except KeyError:
        return None
    return {
        "id": sha,
        "tree_id": commit.tree,
        "message": commit.message.removesuffix("\n"),
        "timestamp": commit.committer.date,
        "author": {"name": commit.author.name, "email": commit.author.email},
        "committer": {"name": commit.committer.name, "email": commit.committer.email},
    }
