"""Runs: which events start them, in which order their jobs go, how they end."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING

from twinlock_world.actions import values
from twinlock_world.github.workflows.jobs import JobResult, StepResult

if TYPE_CHECKING:
    from tests.world.github.workflows.conftest import Works

PUSH = """
name: ci
on:
  push:
    branches: [main]
jobs:
  one:
    runs-on: ubuntu-24.04
    steps:
      - run: echo one
  two:
    needs: one
    runs-on: ubuntu-24.04
    steps:
      - run: echo two
"""


def test_a_push_runs_the_jobs_in_their_order(works: Works) -> None:
    """The second job begins when the first has succeeded; both stand as check runs of Actions' own app."""
    works.hub.repository()
    sha = works.workflow(PUSH)
    run = works.runs()[-1]
    assert (run["name"], run["event"], run["status"], run["conclusion"]) == ("ci", "push", "completed", "success")
    assert (run["head_sha"], run["head_branch"], run["run_number"], run["run_attempt"]) == (sha, "main", 1, 1)
    assert works.jobs(run) == {"one": "success", "two": "success"}
    assert [order.job.key for order in works.orders] == ["one", "two"]
    checks = works.hub.make("GET", f"/repos/acme/app/commits/{sha}/check-runs")["check_runs"]
    assert {(check["name"], check["conclusion"], check["app"]["id"]) for check in checks} == {
        ("one", "success", 15368),
        ("two", "success", 15368),
    }


def test_a_failed_job_leaves_out_what_needs_it(works: Works) -> None:
    """And the run fails."""
    works.hub.repository()
    works.script = lambda _order: JobResult("failure")
    works.workflow(PUSH)
    run = works.runs()[-1]
    assert works.jobs(run) == {"one": "failure", "two": "skipped"}
    assert run["conclusion"] == "failure"


def test_a_matrix_a_condition_and_outputs(works: Works) -> None:
    """Legs are named by their values; a condition that doesn't hold leaves a job out; outputs decide a later matrix."""
    works.hub.repository()
    works.script = lambda order: JobResult("success", {"list": '["x", "y"]'} if order.job.key == "plan" else {})
    works.workflow(
        """
on: push
jobs:
  plan:
    runs-on: u
    outputs: {list: "${{ steps.s.outputs.list }}"}
    steps: [{id: s, run: x}]
  each:
    needs: plan
    strategy: {matrix: {item: "${{ fromJSON(needs.plan.outputs.list) }}", os: [u, w], exclude: [{item: x, os: w}]}}
    runs-on: ${{ matrix.os }}
    steps: [{run: x}]
  never:
    if: github.ref == 'refs/heads/other'
    runs-on: u
    steps: [{run: x}]
  after:
    needs: [each, never]
    if: ${{ !failure() && needs.never.result == 'skipped' }}
    runs-on: u
    steps: [{run: x}]
  plain:
    needs: never
    runs-on: u
    steps: [{run: x}]
"""
    )
    run = works.runs()[-1]
    assert works.jobs(run) == {
        "plan": "success",
        "each (x, u)": "success",
        "each (y, u)": "success",
        "each (y, w)": "success",
        "never": "skipped",
        "after": "success",
        "plain": "skipped",
    }
    assert run["conclusion"] == "success"


def test_one_failed_leg_stops_the_others(works: Works) -> None:
    """Unless `fail-fast` is off, or the job may fail."""
    works.hub.repository()
    works.script = lambda order: JobResult("failure") if order.contexts["matrix"] == {"n": 1} else None
    text = """
on: push
jobs:
  a:
    strategy: {matrix: {n: [2, 1]}, fail-fast: %s}
    continue-on-error: %s
    runs-on: u
    steps: [{run: x}]
"""
    works.workflow(text % ("true", "false"))
    assert works.jobs(works.runs()[-1]) == {"a (2)": "cancelled", "a (1)": "failure"}
    works.workflow(text % ("false", "false"))
    run = works.runs()[-1]
    assert works.jobs(run) == {"a (2)": "in_progress", "a (1)": "failure"}
    works.engine.finish(works.orders[-2].id, JobResult("success"))
    assert works.runs()[-1]["conclusion"] == "failure"
    works.script = lambda order: JobResult("failure" if order.contexts["matrix"] == {"n": 1} else "success")
    works.workflow(text % ("false", "true"))
    assert works.runs()[-1]["conclusion"] == "success"


def test_a_broken_file_makes_a_failed_run(works: Works) -> None:
    """It is named by its path, has no jobs, and says where the mistake is."""
    works.hub.repository()
    works.workflow("on: push\njobs:\n  a:\n    runs-on: u\n    stepz: []\n")
    run = works.runs()[-1]
    assert (run["name"], run["conclusion"], works.jobs(run)) == (".github/workflows/ci.yml", "failure", {})
    assert works.message(run) == (
        "The workflow is not valid. .github/workflows/ci.yml (Line: 5, Col: 5): Unexpected value 'stepz'"
    )


def test_nothing_runs_where_actions_are_off(works: Works) -> None:
    """Neither by push nor by hand; switched on, both do."""
    works.hub.repository()
    works.hub.make("PUT", "/repos/acme/app/actions/permissions", {"enabled": False})
    text = PUSH.replace("  push:\n    branches: [main]\n", "  push:\n  workflow_dispatch:\n")
    works.workflow(text)
    assert works.runs() == []
    where = "/repos/acme/app/actions/workflows/ci.yml/dispatches"
    assert works.hub.call("POST", where, {"ref": "main"}).status == 403
    works.hub.make("PUT", "/repos/acme/app/actions/permissions", {"enabled": True, "allowed_actions": "all"})
    assert works.hub.call("POST", where, {"ref": "main"}).status == 204
    assert [run["event"] for run in works.runs()] == ["workflow_dispatch"]


def test_filters_skip_words_and_other_branches(works: Works) -> None:
    """A push to another branch, one that says so, and a deletion start nothing."""
    works.hub.repository()
    sha = works.workflow(PUSH)
    assert len(works.runs()) == 1
    works.move("app", "refs/heads/other", sha)
    works.move("app", "refs/tags/v1", sha)
    site = works.site("app")
    signature = site.objects.commit(sha)
    assert signature is not None
    quiet = site.objects.write_commit(signature.tree, [sha], "Quiet [skip ci]", signature.author, signature.committer)
    works.move("app", "refs/heads/main", quiet)
    assert len(works.runs()) == 1


def test_a_dispatch_takes_only_what_is_declared(works: Works) -> None:
    """Inputs that the workflow doesn't take, that it needs and that it doesn't list are refused in GitHub's words."""
    works.hub.repository()
    works.workflow(
        """
on:
  workflow_dispatch:
    inputs:
      digest: {required: true, type: string}
      level: {type: choice, options: [low, high], default: low}
jobs: {a: {runs-on: u, steps: [{run: x}]}}
"""
    )
    works.workflow(PUSH, "other")
    where = "/repos/acme/app/actions/workflows/ci.yml/dispatches"

    def refused(body: object, path: str = where) -> tuple[int, str]:
        answer = works.hub.call("POST", path, body, by="olga")
        return answer.status, answer.message

    assert refused({"ref": "main", "inputs": {"digest": "d", "role": "r"}}) == (
        422,
        'Unexpected inputs provided: ["role"]',
    )
    assert refused({"ref": "main"}) == (422, "Required input 'digest' not provided")
    assert refused({"ref": "main", "inputs": {"digest": "d", "level": "top"}}) == (
        422,
        "Provided value 'top' for input 'level' not in the list of allowed values",
    )
    assert refused({"ref": "gone", "inputs": {"digest": "d"}}) == (422, "No ref found for: gone")
    assert refused({"ref": "main"}, where.replace("ci.yml", "other.yml")) == (
        422,
        "Workflow does not have 'workflow_dispatch' trigger",
    )
    assert works.hub.call("POST", where.replace("ci.yml", "none.yml"), {"ref": "main"}).status == 404
    assert works.hub.call("POST", where, {"ref": "main"}, by="alice").status == 403
    works.hub.make("POST", where, {"ref": "main", "inputs": {"digest": "sha256:1"}})
    order = works.orders[-1]
    assert order.contexts["inputs"] == {"digest": "sha256:1", "level": "low"}
    assert works.runs()[-1]["event"] == "workflow_dispatch"


def test_an_outside_event_and_a_finished_run_start_workflows(works: Works) -> None:
    """Both run the default branch."""
    works.hub.repository()
    works.workflow(
        "on: {repository_dispatch: {types: [go]}}\nname: out\njobs: {a: {runs-on: u, steps: [{run: x}]}}", "out"
    )
    works.workflow(
        "on: {workflow_run: {workflows: [out], types: [completed]}}\njobs: {b: {runs-on: u, steps: [{run: x}]}}", "then"
    )
    works.hub.make("POST", "/repos/acme/app/dispatches", {"event_type": "stay"})
    assert works.runs() == []
    works.hub.make("POST", "/repos/acme/app/dispatches", {"event_type": "go", "client_payload": {"a": 1}})
    assert [run["event"] for run in works.runs()] == ["repository_dispatch", "workflow_run"]


def test_a_schedule_starts_with_the_clock(works: Works) -> None:
    """Once for each time that it is due."""
    works.hub.repository()
    works.workflow("on: {schedule: [{cron: '0 3 * * *'}]}\njobs: {a: {runs-on: u, steps: [{run: x}]}}")
    works.hub.store.clock.advance(timedelta(days=1))
    works.hub.store.clock.advance(timedelta(minutes=1))
    works.hub.store.clock.advance(timedelta(days=1))
    assert {run["event"] for run in works.runs()} == {"schedule"}
    assert len(works.runs()) == 2


def test_labels_and_publication_start_workflows(works: Works) -> None:
    """On the default branch, by type where the event has types."""
    works.hub.repository()
    works.workflow("on: {label: {types: [created]}, public: }\njobs: {a: {runs-on: u, steps: [{run: x}]}}")
    works.hub.make("POST", "/repos/acme/app/labels", {"name": "bug"})
    works.hub.make("DELETE", "/repos/acme/app/labels/bug")
    works.hub.make("PATCH", "/repos/acme/app", {"visibility": "public"})
    assert [run["event"] for run in works.runs()] == ["label", "public"]


def test_a_schedule_starts_by_its_time_zone(works: Works) -> None:
    """At nine in the morning there, told by the cron that it was written with."""
    works.hub.repository()
    on = "on: {schedule: [{cron: '0 9 * * *', timezone: Asia/Kolkata}]}"
    works.workflow(f"{on}\njobs: {{a: {{runs-on: u, steps: [{{run: x}}]}}}}")
    clock = works.hub.store.clock
    midnight = clock.now().replace(hour=0, minute=0, second=30, microsecond=0) + timedelta(days=1)
    clock.set(midnight)
    before = len(works.runs())
    clock.advance(timedelta(hours=3, minutes=29))
    assert len(works.runs()) == before
    clock.advance(timedelta(minutes=1))
    assert len(works.runs()) == before + 1
    assert values.as_object(works.orders[-1].contexts["github"])["event"] == {"schedule": "0 9 * * *"}


def test_a_newer_run_takes_the_place_of_the_one_that_waits(works: Works) -> None:
    """One runs, one waits; with cancel-in-progress the one that runs is stopped."""
    works.hub.repository()
    works.script = lambda _order: None
    text = "on: push\nconcurrency: {group: g, cancel-in-progress: %s}\njobs: {a: {runs-on: u, steps: [{run: x}]}}\n"
    works.workflow(text % "false")
    works.write("app", "x", "1")
    works.write("app", "x", "2")
    states = [run["conclusion"] or run["status"] for run in works.runs()]
    assert states == ["in_progress", "cancelled", "pending"]
    works.engine.finish(works.orders[0].id, JobResult("success"))
    states = [run["conclusion"] or run["status"] for run in works.runs()]
    assert states == ["success", "cancelled", "in_progress"]
    works.workflow(text % "true")
    states = [run["conclusion"] or run["status"] for run in works.runs()]
    assert states == ["success", "cancelled", "cancelled", "in_progress"]


def test_a_run_is_cancelled_and_run_again(works: Works) -> None:
    """Everything, or only what failed with what depends on it; the rights stay those of who started it."""
    works.hub.repository()
    works.hub.make("PUT", "/repos/acme/app/collaborators/alice", {"permission": "push"})
    works.script = lambda order: JobResult("failure" if order.job.key == "two" and order.attempt == 1 else "success")
    works.workflow(PUSH)
    run = works.runs()[-1]
    where = f"/repos/acme/app/actions/runs/{run['id']}"
    assert works.hub.call("POST", f"{where}/cancel").status == 409
    works.hub.make("POST", f"{where}/rerun-failed-jobs", by="alice")
    again = works.hub.make("GET", where)
    assert (again["run_attempt"], again["conclusion"], again["actor"]["login"], again["triggering_actor"]["login"]) == (
        2,
        "success",
        "olga",
        "alice",
    )
    assert [(order.job.key, order.attempt) for order in works.orders] == [("one", 1), ("two", 1), ("two", 2)]
    works.script = lambda _order: None
    works.hub.make("POST", f"{where}/rerun")
    assert works.hub.call("POST", f"{where}/rerun").status == 403
    works.hub.make("POST", f"{where}/cancel")
    assert works.jobs(run) == {"one": "cancelled", "two": "cancelled"}
    assert works.hub.make("GET", where)["conclusion"] == "cancelled"
    first = works.hub.make("GET", f"{where}/attempts/1")
    assert (first["run_attempt"], first["conclusion"]) == (1, "failure")


def test_a_pull_request_runs_its_test_merge(works: Works) -> None:
    """With the files that it would bring; checks stand at its head; a push to it runs again, closing it does not."""
    works.hub.repository()
    text = """
on:
  pull_request:
    branches: [main]
concurrency: {group: "pr-${{ github.event.pull_request.number }}", cancel-in-progress: true}
jobs: {check: {name: Check, runs-on: u, steps: [{run: x}]}}
"""
    head = works.workflow(text, ref="refs/heads/topic")
    assert works.runs() == []
    body = {"title": "Topic", "head": "topic", "base": "main"}
    pull = works.hub.make("POST", "/repos/acme/app/pulls", body)
    run = works.runs()[-1]
    assert (run["event"], run["head_sha"], run["head_branch"], run["display_title"]) == (
        "pull_request",
        head,
        "topic",
        "Topic",
    )
    assert [each["number"] for each in run["pull_requests"]] == [pull["number"]]
    context = works.orders[-1].contexts["github"]
    assert isinstance(context, dict)
    merged = works.site("app").objects.ref(f"refs/pull/{pull['number']}/merge")
    assert merged is not None
    assert (context["ref"], context["sha"], context["base_ref"], context["head_ref"]) == (
        f"refs/pull/{pull['number']}/merge",
        merged.sha,
        "main",
        "topic",
    )
    checks = works.hub.make("GET", f"/repos/acme/app/commits/{head}/check-runs")["check_runs"]
    assert [(check["name"], check["conclusion"]) for check in checks] == [("Check", "success")]
    works.write("app", "more", "1", ref="refs/heads/topic")
    assert [run["event"] for run in works.runs()] == ["pull_request", "pull_request"]
    works.hub.make("PATCH", f"/repos/acme/app/pulls/{pull['number']}", {"state": "closed"})
    assert len(works.runs()) == 2


def test_jobs_that_no_runner_takes_wait(works: Works) -> None:
    """As on GitHub without a runner; one that a lost runner had fails when the world comes back."""
    works.hub.repository()
    works.script = lambda _order: None
    works.workflow(PUSH)
    run = works.runs()[-1]
    works.engine.recover()
    assert works.jobs(run) == {"one": "failure", "two": "skipped"}
    assert works.job_message(run) == "The hosted runner lost communication with the server."


def test_logs_are_kept(works: Works) -> None:
    """One for each job; all of a run's as an archive. The address needs no token, and holds for a minute."""
    works.hub.repository()
    works.script = lambda order: JobResult("success", steps=[StepResult("Set up job", "success")], log=order.name)
    works.workflow(PUSH)
    run = works.runs()[-1]
    jobs = works.hub.make("GET", f"/repos/acme/app/actions/runs/{run['id']}/jobs")["jobs"]
    assert [step["name"] for step in jobs[0]["steps"]] == ["Set up job"]
    answer = works.hub.call("GET", f"/repos/acme/app/actions/jobs/{jobs[0]['id']}/logs")
    where = answer.headers["location"].removeprefix("http://127.0.0.1:4000")
    assert (answer.status, works.hub.call("GET", where, by=None).content) == (302, b"one")
    assert works.hub.call("GET", where.replace("signature=", "signature=0"), by=None).status == 403
    archive = works.hub.call("GET", f"/repos/acme/app/actions/runs/{run['id']}/logs").headers["location"]
    content = works.hub.call("GET", archive.removeprefix("http://127.0.0.1:4000"), by=None).content
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == ["0_one.txt", "1_two.txt"]
    works.hub.store.clock.advance(timedelta(seconds=61))
    assert works.hub.call("GET", where, by=None).status == 403


def test_lists_of_runs_are_filtered(works: Works) -> None:
    """By branch, event, status, commit, and by workflow."""
    works.hub.repository()
    sha = works.workflow(PUSH)
    works.workflow(PUSH.replace("name: ci", "name: second"), "second")
    assert [run["name"] for run in works.runs(query="&event=push&branch=main&status=success")] == ["ci", "ci", "second"]
    assert [run["name"] for run in works.runs(query=f"&head_sha={sha}")] == ["ci"]
    assert works.runs(query="&event=schedule") == works.runs(query="&actor=alice") == []
    assert works.runs(query="&created=>2100-01-01") == []
    found = works.hub.make("GET", "/repos/acme/app/actions/workflows/second.yml/runs?status=success")
    assert found["total_count"] == 1
    listed = works.hub.make("GET", "/repos/acme/app/actions/workflows")["workflows"]
    assert [(each["name"], each["path"], each["state"]) for each in listed] == [
        ("ci", ".github/workflows/ci.yml", "active"),
        ("second", ".github/workflows/second.yml", "active"),
    ]
    works.hub.make("PUT", "/repos/acme/app/actions/workflows/second.yml/disable")
    works.write("app", "x", "1")
    assert [run["name"] for run in works.runs()][-1] == "ci"


def test_deployments_through_the_api(works: Works) -> None:
    """A later success makes the earlier one inactive; a commit that failed a check is not deployed."""
    made = works.hub.repository()
    first = works.hub.make("POST", "/repos/acme/app/deployments", {"ref": "main", "environment": "qa"})
    assert (first["environment"], first["task"], first["production_environment"]) == ("qa", "deploy", False)
    where = f"/repos/acme/app/deployments/{first['id']}/statuses"
    works.hub.make("POST", where, {"state": "success", "log_url": "http://x"})
    second = works.hub.make("POST", "/repos/acme/app/deployments", {"ref": "main", "environment": "qa"})
    works.hub.make("POST", where.replace(str(first["id"]), str(second["id"])), {"state": "success"})
    assert [status["state"] for status in works.hub.make("GET", where)] == ["inactive", "success"]
    refused = works.hub.call("POST", "/repos/acme/app/deployments", {"ref": "main", "required_contexts": ["ci"]})
    assert refused.status == 409
    assert works.hub.call("POST", "/repos/acme/app/deployments", {"ref": "none"}).status == 422
    assert made["default_branch"] == "main"
