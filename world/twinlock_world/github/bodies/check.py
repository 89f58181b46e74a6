"""Check suites and check runs, as GitHub writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.access import Role
from twinlock_world.github.accounts import get_app
from twinlock_world.github.bodies.account import app_body
from twinlock_world.github.bodies.commit import repository_url
from twinlock_world.github.bodies.repository import minimal_repository
from twinlock_world.github.checks import CHECK_RUN, suite_state
from twinlock_world.github.pulls.pull import open_pulls
from twinlock_world.github.urls import node_id

if TYPE_CHECKING:
    from twinlock_world.git_objects import Signature
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record


def check_run_body(site: Site, run: Record) -> JsonObject:
    """Return a check run."""
    fields = run.fields
    url = repository_url(site.urls, site.repository, "check-runs", str(run.id))
    page = site.urls.html(site.repository.full_name, "runs", run.id)
    output = fields.object("output")
    return {
        "id": run.id,
        "name": fields.text("name"),
        "node_id": node_id("CR", run.id),
        "head_sha": fields.text("head_sha"),
        "external_id": fields.text("external_id"),
        "url": url,
        "html_url": page,
        "details_url": fields.optional_text("details_url") or page,
        **fields.only(("status", "conclusion", "started_at", "completed_at")),
        "output": {
            **output.only(("title", "summary", "text")),
            "annotations_count": len(output.objects("annotations")),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": run.parent},
        "app": _app(site, run),
        "pull_requests": _pulls(site, fields.text("head_sha")),
    }


def check_suite_body(site: Site, suite: Record) -> JsonObject:
    """Return a check suite."""
    fields = suite.fields
    sha = fields.text("head_sha")
    runs = site.store.children(CHECK_RUN, suite.id)
    status, conclusion = suite_state(runs)
    commit = site.objects.commit(sha)
    url = repository_url(site.urls, site.repository, "check-suites", str(suite.id))
    repository = minimal_repository(site.urls, site.repository, Role.PULL)
    del repository["role_name"]
    return {
        "id": suite.id,
        "node_id": node_id("CS", suite.id),
        "head_branch": fields.optional_text("head_branch"),
        "head_sha": sha,
        "status": status,
        "conclusion": conclusion,
        "url": url,
        "before": commit.parents[0] if commit is not None and commit.parents else None,
        "after": sha,
        "pull_requests": _pulls(site, sha),
        "app": _app(site, suite),
        "repository": repository,
        "created_at": suite.created_at,
        "updated_at": max(record.updated_at for record in (suite, *runs)),
        "head_commit": {
            "id": sha,
            "tree_id": "" if commit is None else commit.tree,
            "message": "" if commit is None else commit.message.removesuffix("\n"),
            "timestamp": suite.created_at if commit is None else commit.committer.date,
            "author": None if commit is None else _person(commit.author),
            "committer": None if commit is None else _person(commit.committer),
        },
        "latest_check_runs_count": len(runs),
        "check_runs_url": f"{url}/check-runs",
    }


def minimal_pull(site: Site, pull: PullRequest) -> JsonObject:
    """Return the form in which a pull request stands in a check."""
    repository: JsonObject = {
        "id": site.repository.id,
        "url": repository_url(site.urls, site.repository),
        "name": site.repository.name,
    }
    return {
        "id": pull.id,
        "number": pull.number,
        "url": repository_url(site.urls, site.repository, "pulls", str(pull.number)),
        "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": repository},
        "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": repository},
    }


def _pulls(site: Site, sha: str) -> list[JsonValue]:
    return [minimal_pull(site, pull) for pull in open_pulls(site.store, site.repository) if pull.head_sha == sha]


def _app(site: Site, record: Record) -> JsonObject | None:
    app = get_app(site.store, record.fields.number("app_id"))
    return None if app is None else app_body(site.urls, app, site.repository.owner)


def _person(who: Signature) -> JsonObject:
    return {"name": who.name, "email": who.email}
