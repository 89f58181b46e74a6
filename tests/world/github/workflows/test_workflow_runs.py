"""Runs: which events start them, in which order their jobs go, how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.workflows.jobs import JobResult

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
