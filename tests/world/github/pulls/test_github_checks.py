"""Check runs and suites: apps post them, and only the one that posted may change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from twinlock_world.github.checks import check_facts
from twinlock_world.github.repository import find_repository
from twinlock_world.policy.facts import CheckState

if TYPE_CHECKING:
    from tests.world.github.pulls.conftest import Workshop

    from twinlock_world.events import Event


def _states(workshop: Workshop, sha: str) -> list[tuple[str, CheckState]]:
    repository = find_repository(workshop.hub.store, "acme", "app")
    assert repository is not None
    return [(fact.context, fact.state) for fact in check_facts(workshop.hub.store, repository, sha)]


def _post(workshop: Workshop, by: str = "checker", **fields: object) -> Any:  # noqa: ANN401 - a test reads what it expects
    return workshop.make("POST", "/check-runs", {"name": "ci", "head_sha": workshop.sha("main"), **fields}, by)


def test_a_run_goes_from_queued_to_its_conclusion(workshop: Workshop) -> None:
    """A conclusion completes a run; its suite ends with the worst of its runs; apps are told."""
    heard: list[Event] = []
    workshop.hub.store.events.subscribe(heard.append)
    sha = workshop.sha("main")
    run = _post(workshop, output={"title": "CI", "summary": "begun"})
    assert (run["status"], run["conclusion"], run["completed_at"]) == ("queued", None, None)
    assert (run["app"]["slug"], run["output"]["title"], run["output"]["annotations_count"]) == ("checker", "CI", 0)
    assert _states(workshop, sha) == [("ci", CheckState.QUEUED)]
    started = workshop.make("PATCH", f"/check-runs/{run['id']}", {"status": "in_progress"}, "checker")
    assert started["status"] == "in_progress"
    suite = f"/check-suites/{run['check_suite']['id']}"
    assert workshop.make("GET", suite)["status"] == "in_progress"
    note = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "no"}
    output = {"title": "CI", "summary": "ended", "annotations": [note]}
    ended = workshop.make("PATCH", f"/check-runs/{run['id']}", {"conclusion": "failure", "output": output}, "checker")
    assert (ended["status"], ended["conclusion"], ended["output"]["annotations_count"]) == ("completed", "failure", 1)
    _post(workshop, name="lint", conclusion="success")
    shown = workshop.make("GET", suite)
    assert (shown["status"], shown["conclusion"], shown["latest_check_runs_count"]) == ("completed", "failure", 2)
    assert workshop.make("GET", f"/check-runs/{run['id']}/annotations")[0]["message"] == "no"
    assert _states(workshop, sha) == [("ci", CheckState.FAILURE), ("lint", CheckState.SUCCESS)]
    assert [(event.name, event.action) for event in heard] == [
        ("check_suite", "requested"),
        ("check_run", "created"),
        ("check_run", "completed"),
        ("check_suite", "completed"),
        ("check_run", "created"),
        ("check_run", "completed"),
        ("check_suite", "completed"),
    ]


def test_the_newest_run_of_an_app_and_a_name_counts(workshop: Workshop) -> None:
    """A second run takes the first one's place; another app's run of the same name stands beside it."""
    sha = workshop.sha("main")
    _post(workshop, conclusion="failure")
    _post(workshop, conclusion="skipped")
    _post(workshop, "other", conclusion="neutral")
    assert _states(workshop, sha) == [("ci", CheckState.SKIPPED), ("ci", CheckState.NEUTRAL)]
    listed = workshop.make("GET", "/commits/main/check-runs", by="rita")
    assert [(run["app"]["slug"], run["conclusion"]) for run in listed["check_runs"]] == [
        ("other", "neutral"),
        ("checker", "skipped"),
    ]
    assert workshop.make("GET", "/commits/main/check-runs?filter=all")["total_count"] == 3
    assert workshop.make("GET", "/commits/main/check-runs?check_name=none")["total_count"] == 0
    suites = workshop.make("GET", "/commits/main/check-suites")["check_suites"]
    assert [(suite["app"]["slug"], suite["conclusion"]) for suite in suites] == [
        ("checker", "skipped"),
        ("other", "neutral"),
    ]


def test_a_suite_is_opened_once(workshop: Workshop) -> None:
    """The second request for the same commit answers 200 with the suite that is there."""
    body = {"head_sha": workshop.sha("main")}
    first = workshop.call("POST", "/check-suites", body, "checker")
    second = workshop.call("POST", "/check-suites", body, "checker")
    assert (first.status, second.status, first.json["id"]) == (201, 200, second.json["id"])
    assert (first.json["head_branch"], first.json["status"], first.json["conclusion"]) == ("main", "queued", None)


@pytest.mark.parametrize("by", ["olga", "alice", "rita"])
def test_people_post_no_check_runs(workshop: Workshop, by: str) -> None:
    """Not even an owner: only an app's token does."""
    answer = workshop.call("POST", "/check-runs", {"name": "ci", "head_sha": workshop.sha("main")}, by)
    assert (answer.status, answer.message) == (403, "You must authenticate via a GitHub App.")


def test_an_app_needs_the_permission(workshop: Workshop) -> None:
    """An app that may not write checks is refused in the words for apps."""
    answer = workshop.call("POST", "/check-runs", {"name": "ci", "head_sha": workshop.sha("main")}, "writer")
    assert (answer.status, answer.message) == (403, "Resource not accessible by integration")


def test_another_apps_run_is_not_changed(workshop: Workshop) -> None:
    """The refusal names the asking app; the run's own app may."""
    run = _post(workshop)
    asking = workshop.hub.make("GET", "/apps/other")["id"]
    answer = workshop.call("PATCH", f"/check-runs/{run['id']}", {"conclusion": "success"}, "other")
    wanted = f"Invalid app_id `{asking}` - check run can only be modified by the GitHub App that created it."
    assert (answer.status, answer.message) == (403, wanted)
    assert workshop.call("PATCH", f"/check-runs/{run['id']}", {"conclusion": "success"}, "checker").status == 200


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"head_sha": "0" * 40}, f"No commit found for SHA: {'0' * 40}"),
        ({"status": "completed"}, 'Invalid request.\n\n"conclusion" wasn\'t supplied.'),
        ({"output": {"annotations": [{}] * 51}}, "Validation Failed"),
        ({"name": 3}, "Invalid request.\n\nFor 'properties/name', 3 is not a string."),
    ],
)
def test_an_impossible_run_is_refused(workshop: Workshop, fields: dict[str, object], message: str) -> None:
    """Unknown commits, completion without a conclusion, too many annotations, wrong types."""
    body = {"name": "ci", "head_sha": workshop.sha("main"), **fields}
    answer = workshop.call("POST", "/check-runs", body, "checker")
    assert (answer.status, answer.message) == (422, message)


def test_a_run_of_another_repository_is_not_found(workshop: Workshop) -> None:
    """A number is looked up within the repository of the path alone."""
    run = _post(workshop)
    workshop.hub.repository("elsewhere")
    for path in (f"check-runs/{run['id']}", f"check-suites/{run['check_suite']['id']}", "check-runs/1"):
        assert workshop.hub.call("GET", f"/repos/acme/elsewhere/{path}").status == 404
