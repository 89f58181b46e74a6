"""Commit statuses: who may post one, and which of several counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinlock_world.github.checks import check_facts
from twinlock_world.github.repository import find_repository
from twinlock_world.policy.facts import CheckFact, CheckState

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub
    from tests.world.github.pulls.conftest import Workshop


def facts(hub: Hub, sha: str) -> set[CheckFact]:
    """Return what counts of a commit."""
    repository = find_repository(hub.store, "acme", "app")
    assert repository is not None
    return set(check_facts(hub.store, repository, sha))


def test_a_writer_posts_a_status_and_everybody_reads_it(workshop: Workshop) -> None:
    """The newest status of each context makes the combined one; all of them are listed, newest first."""
    sha = workshop.sha("main")
    path = f"/statuses/{sha}"
    first = workshop.make("POST", path, {"state": "pending", "context": "ci", "description": "running"})
    workshop.make("POST", path, {"state": "success", "context": "ci"}, "bob")
    workshop.make("POST", path, {"state": "success"}, "checker")
    assert (first["state"], first["creator"]["login"], first["description"]) == ("pending", "alice", "running")
    listed = workshop.make("GET", "/commits/main/statuses", by="rita")
    assert [(item["context"], item["state"], item["creator"]["login"]) for item in listed] == [
        ("default", "success", "checker[bot]"),
        ("ci", "success", "bob"),
        ("ci", "pending", "alice"),
    ]
    combined = workshop.make("GET", "/commits/main/status", by="rita")
    assert (combined["state"], combined["sha"], combined["total_count"]) == ("success", sha, 2)
    assert [(item["context"], item["state"]) for item in combined["statuses"]] == [
        ("ci", "success"),
        ("default", "success"),
    ]


def test_the_newest_status_of_a_context_counts_whoever_posted_it(workshop: Workshop) -> None:
    """A person's status after an app's takes the app's place, and is nobody's app."""
    sha = workshop.sha("main")
    app = workshop.make("POST", f"/statuses/{sha}", {"state": "success", "context": "ci"}, "checker")["creator"]["id"]
    assert facts(workshop.hub, sha) == {CheckFact("ci", app, CheckState.SUCCESS, sha)}
    workshop.make("POST", f"/statuses/{sha}", {"state": "error", "context": "ci"})
    assert facts(workshop.hub, sha) == {CheckFact("ci", None, CheckState.FAILURE, sha)}


@pytest.mark.parametrize(
    ("states", "combined"),
    [([], "pending"), (["success", "pending"], "pending"), (["success", "error"], "failure"), (["success"], "success")],
)
def test_contexts_together_are_as_good_as_the_worst(workshop: Workshop, states: list[str], combined: str) -> None:
    """Nothing said is pending, as on GitHub."""
    sha = workshop.sha("main")
    for at, state in enumerate(states):
        workshop.make("POST", f"/statuses/{sha}", {"state": state, "context": f"c{at}"})
    assert workshop.make("GET", f"/commits/{sha}/status")["state"] == combined


@pytest.mark.parametrize(
    ("by", "sha", "body", "refusal"),
    [
        ("rita", "main", {"state": "success"}, (403, "Must have push access to Repository.")),
        ("mallory", "main", {"state": "success"}, (404, "Not Found")),
        ("reader", "main", {"state": "success"}, (403, "Resource not accessible by integration")),
        ("alice", "0" * 40, {"state": "success"}, (422, f"No commit found for SHA: {'0' * 40}")),
        ("alice", "main", {}, (422, 'Invalid request.\n\n"state" wasn\'t supplied.')),
        (
            "alice",
            "main",
            {"state": "fine"},
            (
                422,
                (
                    "Invalid request.\n\nInvalid property /state: `fine` is not a possible value. Must be one of the "
                    "following: error, failure, pending, success."
                ),
            ),
        ),
    ],
)
def test_who_may_not_post_is_told_so(
    workshop: Workshop, by: str, sha: str, body: object, refusal: tuple[int, str]
) -> None:
    """Readers, strangers and apps without the permission are refused, as is a status of nothing."""
    target = workshop.sha("main") if sha == "main" else sha
    answer = workshop.call("POST", f"/statuses/{target}", body, by)
    assert (answer.status, answer.message) == refusal
