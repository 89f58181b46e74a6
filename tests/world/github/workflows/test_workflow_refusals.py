"""Refusals about running code, each beside what is let through: whole answers, in GitHub's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twinlock_world.github.workflows.jobs import JobResult

if TYPE_CHECKING:
    from tests.world.github.workflows.conftest import Works

    from twinlock_world.github.workflows.jobs import JobOrder

SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"
BY_HAND = "on: {workflow_dispatch: }\njobs: {a: {runs-on: u, steps: [{run: x}]}}\n"
USING = "on: push\npermissions: {}\njobs: {a: {runs-on: u, steps: [{uses: 'actions/checkout@%s'}]}}\n"
STARTING = "on: push\npermissions: {actions: write}\njobs: {start: {runs-on: u, steps: [{run: x}]}}\n"


def test_a_jobs_token_starts_workflows_of_its_own_repository_alone(works: Works) -> None:
    """Another repository is not there for it; its own workflow starts, and a person starts the other's."""
    for name in ("app", "other"):
        works.hub.repository(name)
        works.workflow(BY_HAND, "go", name)
    answers: list[tuple[int, Any]] = []

    def start(order: JobOrder) -> JobResult:
        if order.job.key == "start":
            for name in ("other", "app"):
                path = f"/repos/acme/{name}/actions/workflows/go.yml/dispatches"
                answer = works.hub.call("POST", path, {"ref": "main"}, token=order.token)
                answers.append((answer.status, answer.message if answer.content else None))
        return JobResult("success")

    works.script = start
    works.workflow(STARTING)
    assert answers == [(404, "Not Found"), (204, None)]
    assert ([run["event"] for run in works.runs("other")], works.runs()[-1]["event"]) == ([], "workflow_dispatch")
    works.hub.make("POST", "/repos/acme/other/actions/workflows/go.yml/dispatches", {"ref": "main"})
    assert [run["event"] for run in works.runs("other")] == ["workflow_dispatch"]


def test_only_what_is_pinned_runs_where_pinning_is_required(works: Works) -> None:
    """A tag and a short commit are none; the whole commit runs."""
    works.hub.repository()
    policy = {"enabled": True, "allowed_actions": "all", "sha_pinning_required": True}
    works.hub.make("PUT", "/repos/acme/app/actions/permissions", policy)
    for version in ("v4", SHA[:12]):
        works.workflow(USING % version)
        run = works.runs()[-1]
        assert (run["conclusion"], works.orders) == ("failure", [])
        assert works.job_message(run) == (
            f"The action actions/checkout@{version} is not allowed in acme/app "
            "because all actions must be pinned to a full-length commit SHA."
        )
    works.workflow(USING % SHA)
    assert works.runs()[-1]["conclusion"] == "success"


def test_a_writer_changes_no_environment_and_an_administrator_does(works: Works) -> None:
    """Neither its settings, nor what it holds, nor who deploys to it; a repository's own variables a writer may set."""
    works.hub.repository()
    works.hub.make("PUT", "/repos/acme/app/collaborators/alice", {"permission": "push"})
    where = "/repos/acme/app/environments/production"
    policy = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
    works.hub.make("PUT", where, policy)
    variable = {"name": "A", "value": "1"}
    for method, path, body in (
        ("POST", f"{where}/variables", variable),
        ("PATCH", f"{where}/variables/A", {"value": "2"}),
        ("POST", f"{where}/deployment-branch-policies", {"name": "*"}),
        ("PUT", where, policy),
        ("DELETE", f"{where}/variables/A", None),
    ):
        refused = works.hub.call(method, path, body, by="alice")
        assert (refused.status, refused.message) == (403, "Must have admin rights to Repository."), path
        assert works.hub.call(method, path, body).status < 300, path
    own = "/repos/acme/app/actions/variables"
    refused = works.hub.call("POST", own, variable, by="bob")
    assert (refused.status, refused.message) == (403, "Must have push access to Repository.")
    assert works.hub.call("POST", own, variable, by="alice").status == 201


def test_a_release_deploys_from_the_branch_that_may(works: Works) -> None:
    """The same file on a feature branch fails before its first step."""
    works.hub.repository()
    where = "/repos/acme/app/environments/production"
    works.hub.make(
        "PUT", where, {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
    )
    works.hub.make("POST", f"{where}/deployment-branch-policies", {"name": "main"})
    release = "on: push\njobs: {release: {environment: production, runs-on: u, steps: [{run: x}]}}\n"
    works.workflow(release, by="olga", ref="refs/heads/feature")
    run = works.runs()[-1]
    assert (works.jobs(run), works.orders) == ({"release": "failure"}, [])
    assert works.job_message(run) == (
        'Branch "feature" is not allowed to deploy to production due to environment protection rules.'
    )
    works.workflow(release)
    assert works.jobs(works.runs()[-1]) == {"release": "success"}


def test_nobody_makes_a_fork(works: Works) -> None:
    """So that no fork's job can ask for a role: the route is not there, and a pull request's head is a branch."""
    works.hub.repository()
    works.hub.make("PUT", "/repos/acme/app/collaborators/alice", {"permission": "push"})
    refused = works.hub.call("POST", "/repos/acme/app/forks", {}, by="alice")
    assert (refused.status, refused.message) == (501, "This world has no route POST /repos/{owner}/{repo}/forks")
    works.write("app", "x", "1", "alice", "refs/heads/topic")
    asked = {"title": "T", "base": "main"}
    elsewhere = works.hub.call("POST", "/repos/acme/app/pulls", {**asked, "head": "mallory:topic"}, by="alice")
    assert (elsewhere.status, elsewhere.json["errors"][0]["field"]) == (422, "head")
    assert works.hub.call("POST", "/repos/acme/app/pulls", {**asked, "head": "acme:topic"}, by="alice").status == 201
