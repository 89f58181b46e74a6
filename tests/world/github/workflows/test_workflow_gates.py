"""Environments: who lets a job in, when, and what a job gets once it is in."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from nacl.public import PublicKey, SealedBox

from twinlock_world.github.accounts import ensure_app
from twinlock_world.github.deployments import deployed_to
from twinlock_world.github.errors import GitHubError
from twinlock_world.github.workflows.jobs import JobResult

if TYPE_CHECKING:
    from tests.world.github.workflows.conftest import Works

DEPLOY = """
on:
  push:
  workflow_dispatch:
jobs:
  release:
    environment: production
    runs-on: u
    steps: [{run: x}]
  other:
    runs-on: u
    steps: [{run: x}]
"""
ENVIRONMENT = "/repos/acme/app/environments/production"


@pytest.fixture
def guarded(works: Works) -> Works:
    """An application whose production needs alice or the team of bob, from main only; bob, alice may write."""
    works.hub.repository()
    for login in ("alice", "bob"):
        works.hub.make("PUT", f"/repos/acme/app/collaborators/{login}", {"permission": "push"})
    team = works.hub.team("releasers", "bob")
    reviewers = [{"type": "User", "id": works.who("alice").id}, {"type": "Team", "id": team["id"]}]
    _protect(works, reviewers=reviewers, prevent_self_review=True, can_admins_bypass=False)
    return works


def _protect(works: Works, **settings: object) -> Any:  # noqa: ANN401 - a test reads what it expects
    policy = {"protected_branches": False, "custom_branch_policies": True}
    made = works.hub.make("PUT", ENVIRONMENT, {"deployment_branch_policy": policy, **settings})
    works.hub.call("POST", f"{ENVIRONMENT}/deployment-branch-policies", {"name": "main"})
    return made


def _review(works: Works, run: dict[str, Any], by: str, state: str = "approved") -> Any:  # noqa: ANN401 - as above
    environment = works.hub.make("GET", ENVIRONMENT)
    body = {"environment_ids": [environment["id"]], "state": state, "comment": "seen"}
    return works.hub.call("POST", f"/repos/acme/app/actions/runs/{run['id']}/pending_deployments", body, by=by)


def test_a_release_waits_for_one_reviewer_who_did_not_start_it(guarded: Works) -> None:
    """The job is not even queued before; the deployment waits with it, and succeeds with it."""
    sha = guarded.workflow(DEPLOY, by="alice")
    run = guarded.runs()[-1]
    assert run["status"] == "waiting"
    assert guarded.jobs(run) == {"release": "waiting", "other": "success"}
    assert [order.job.key for order in guarded.orders] == ["other"]
    where = f"/repos/acme/app/actions/runs/{run['id']}/pending_deployments"
    pending = guarded.hub.make("GET", where, by="bob")
    assert [(each["environment"]["name"], each["current_user_can_approve"]) for each in pending] == [
        ("production", True)
    ]
    refused = _review(guarded, run, "alice")
    assert (refused.status, refused.message) == (
        422,
        "You cannot approve a deployment that you started: the environment production prevents self-review.",
    )
    stranger = _review(guarded, run, "olga")
    assert (stranger.status, stranger.message) == (
        422,
        "You are not a required reviewer of the environment production.",
    )
    approved = _review(guarded, run, "bob")
    assert (approved.status, approved.json[0]["environment"], approved.json[0]["sha"]) == (200, "production", sha)
    assert guarded.jobs(run) == {"release": "success", "other": "success"}
    approvals = guarded.hub.make("GET", f"/repos/acme/app/actions/runs/{run['id']}/approvals")
    assert [(each["state"], each["user"]["login"], each["comment"]) for each in approvals] == [
        ("approved", "bob", "seen")
    ]
    deployment = approved.json[0]["id"]
    statuses = guarded.hub.make("GET", f"/repos/acme/app/deployments/{deployment}/statuses")
    assert [status["state"] for status in statuses] == ["success", "in_progress", "waiting"]
    assert deployed_to(guarded.hub.store, guarded.site("app").repository, sha) == {"production"}
    assert _review(guarded, run, "bob").status == 422


def test_a_rejected_release_fails(guarded: Works) -> None:
    """And nothing of it ran."""
    guarded.workflow(DEPLOY)
    run = guarded.runs()[-1]
    assert _review(guarded, run, "bob", "rejected").status == 200
    assert guarded.jobs(run)["release"] == "failure"
    assert guarded.job_message(run) == "The deployment was rejected or didn't satisfy other protection rules."
    assert [order.job.key for order in guarded.orders] == ["other"]


def test_another_branch_may_not_deploy(guarded: Works) -> None:
    """It fails before any step, in GitHub's words; so does a tag of the same name."""
    sha = guarded.workflow(DEPLOY)
    guarded.move("app", "refs/heads/feature", sha)
    run = guarded.runs()[-1]
    assert guarded.jobs(run) == {"release": "failure", "other": "success"}
    assert guarded.job_message(run) == (
        'Branch "feature" is not allowed to deploy to production due to environment protection rules.'
    )
    guarded.move("app", "refs/tags/main", sha)
    assert guarded.job_message(guarded.runs()[-1]) == (
        'Tag "main" is not allowed to deploy to production due to environment protection rules.'
    )


def test_a_timer_runs_by_the_clock(works: Works) -> None:
    """Not a minute earlier."""
    works.hub.repository()
    _protect(works, wait_timer=30)
    works.workflow(DEPLOY)
    run = works.runs()[-1]
    assert works.jobs(run)["release"] == "waiting"
    works.hub.store.clock.advance(timedelta(minutes=29))
    assert works.jobs(run)["release"] == "waiting"
    works.hub.store.clock.advance(timedelta(minutes=1))
    assert works.jobs(run)["release"] == "success"


def test_nobody_waits_for_ever(guarded: Works) -> None:
    """After thirty days without a review the job fails."""
    guarded.workflow(DEPLOY)
    run = guarded.runs()[-1]
    guarded.hub.store.clock.advance(timedelta(days=30, seconds=1))
    assert guarded.jobs(run)["release"] == "failure"


def test_an_app_must_agree_too(works: Works) -> None:
    """It is asked with an address to answer to; only it may answer; a rejection fails the job."""
    works.hub.repository()
    slug, permissions = "gate", {"deployments": "write", "actions": "read"}
    _, works.hub.tokens[slug] = ensure_app(works.hub.store, works.hub.organization, slug, permissions)
    _protect(works)
    app = works.who("gate")
    works.hub.make("POST", f"{ENVIRONMENT}/deployment_protection_rules", {"integration_id": app.id})
    asked: list[Any] = []
    works.hub.store.events.subscribe(lambda event: asked.append(event) if "protection_rule" in event.name else None)
    works.workflow(DEPLOY)
    run = works.runs()[-1]
    assert works.jobs(run)["release"] == "waiting"
    assert [(event.name, event.action, event.app_id) for event in asked] == [
        ("deployment_protection_rule", "requested", app.id)
    ]
    where = asked[0].payload["deployment_callback_url"].removeprefix("http://127.0.0.1:4000")
    answer = {"environment_name": "production", "state": "approved", "comment": "fine"}
    assert works.hub.call("POST", where, answer, by="olga").status == 403
    assert works.hub.call("POST", where, {**answer, "environment_name": "none"}, by="gate").status == 404
    works.hub.make("POST", where, {"environment_name": "production", "comment": "still looking"}, by="gate")
    assert works.jobs(run)["release"] == "waiting"
    works.hub.make("POST", where, answer, by="gate")
    assert works.jobs(run)["release"] == "success"
    works.write("app", "x", "1")
    later = works.runs()[-1]
    works.hub.make("POST", where.replace(str(run["id"]), str(later["id"])), {**answer, "state": "rejected"}, by="gate")
    assert works.jobs(later)["release"] == "failure"


def test_an_environments_secrets_are_for_jobs_that_passed(guarded: Works) -> None:
    """Another job of the same run sees neither its secrets nor its variables; a waiting one has not been given any."""
    for where, name in ((ENVIRONMENT, "DEPLOY_KEY"), ("/repos/acme/app/actions", "COMMON")):
        key = guarded.hub.make("GET", f"{where}/secrets/public-key")
        sealed = SealedBox(PublicKey(b64decode(key["key"]))).encrypt(f"value of {name}".encode())
        body = {"key_id": key["key_id"], "encrypted_value": b64encode(sealed).decode()}
        guarded.hub.make("PUT", f"{where}/secrets/{name}", body)
        guarded.hub.make("POST", f"{where}/variables", {"name": f"{name}_V", "value": name})
    guarded.workflow(DEPLOY)
    _review(guarded, guarded.runs()[-1], "bob")
    other, release = guarded.orders
    assert set(other.secrets) == {"COMMON", "GITHUB_TOKEN"}
    assert other.contexts["vars"] == {"COMMON_V": "COMMON"}
    assert {name: release.secrets[name] for name in ("COMMON", "DEPLOY_KEY")} == {
        "COMMON": "value of COMMON",
        "DEPLOY_KEY": "value of DEPLOY_KEY",
    }
    assert release.contexts["vars"] == {"COMMON_V": "COMMON", "DEPLOY_KEY_V": "DEPLOY_KEY"}
    assert "value of" not in repr(release)


def test_a_second_attempt_is_reviewed_again(guarded: Works) -> None:
    """An approval is for one attempt."""
    guarded.script = lambda order: JobResult("failure" if order.job.key == "release" else "success")
    guarded.workflow(DEPLOY)
    run = guarded.runs()[-1]
    _review(guarded, run, "bob")
    assert guarded.jobs(run)["release"] == "failure"
    guarded.hub.make("POST", f"/repos/acme/app/actions/runs/{run['id']}/rerun-failed-jobs")
    assert guarded.jobs(run) == {"release": "waiting", "other": "success"}


def test_the_one_who_starts_an_attempt_may_not_approve_it(guarded: Works) -> None:
    """Self-review is about who started the attempt."""
    guarded.script = lambda _order: JobResult("failure")
    guarded.workflow(DEPLOY)
    run = guarded.runs()[-1]
    _review(guarded, run, "bob")
    guarded.hub.make("POST", f"/repos/acme/app/actions/runs/{run['id']}/rerun", by="bob")
    assert _review(guarded, run, "bob").status == 422
    assert _review(guarded, run, "alice").status == 200


def test_a_writer_changes_no_environment(guarded: Works) -> None:
    """Nor its variables, nor its secrets."""
    for method, where, body in (
        ("PUT", ENVIRONMENT, {}),
        ("DELETE", ENVIRONMENT, None),
        ("POST", f"{ENVIRONMENT}/variables", {"name": "A", "value": "1"}),
        ("POST", f"{ENVIRONMENT}/deployment-branch-policies", {"name": "*"}),
    ):
        answer = guarded.hub.call(method, where, body, by="alice")
        assert (answer.status, method, where) == (403, method, where)


def test_an_environment_that_nobody_made_is_made_open(works: Works) -> None:
    """As on GitHub: whoever can name it in a workflow makes it, without protection."""
    works.hub.repository()
    works.workflow(DEPLOY.replace("production", "elsewhere"))
    assert works.jobs(works.runs()[-1])["release"] == "success"
    assert works.hub.make("GET", "/repos/acme/app/environments/elsewhere")["protection_rules"] == []


def test_an_administrator_lets_a_job_pass_where_the_environment_says_so(guarded: Works) -> None:
    """Nobody else does, and not where it says no."""
    guarded.workflow(DEPLOY)
    run = guarded.runs()[-1]
    with pytest.raises(GitHubError, match="cannot bypass"):
        guarded.engine.bypass(run["id"], guarded.who("olga"), ["production"])
    _protect(guarded, reviewers=[{"type": "User", "id": guarded.who("alice").id}], can_admins_bypass=True)
    with pytest.raises(GitHubError, match="cannot bypass"):
        guarded.engine.bypass(run["id"], guarded.who("alice"), ["production"])
    assert guarded.jobs(run)["release"] == "waiting"
    guarded.engine.bypass(run["id"], guarded.who("olga"), ["production"])
    assert guarded.jobs(run)["release"] == "success"
    approvals = guarded.hub.make("GET", f"/repos/acme/app/actions/runs/{run['id']}/approvals")
    assert [(each["user"]["login"], each["comment"]) for each in approvals] == [
        ("olga", "Bypassed the protection rules")
    ]
