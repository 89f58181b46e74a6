"""Reviews: who may give which, how they wait, count, go stale and are dismissed; remarks and conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from twinlock_world.git_objects import GitRepositories
from twinlock_world.github.accounts import find_app, find_user
from twinlock_world.github.pulls.pull import find_pull
from twinlock_world.github.pulls.review import AskedReview, begin_review, opinions
from twinlock_world.github.pulls.thread import REMARK, conversations, set_resolved, unresolved
from twinlock_world.github.repository import find_repository
from twinlock_world.github.site import Site
from twinlock_world.github.urls import Urls

if TYPE_CHECKING:
    from tests.world.github.pulls.conftest import Workshop

    from twinlock_world.github.pulls.pull import PullRequest


def _review(workshop: Workshop, event: str, by: str, body: str = "") -> Any:  # noqa: ANN401 - a test reads what it expects
    return workshop.make("POST", "/pulls/1/reviews", {"event": event, "body": body}, by)


def _states(workshop: Workshop, by: str = "alice") -> list[tuple[str, str]]:
    return [(review["user"]["login"], review["state"]) for review in workshop.make("GET", "/pulls/1/reviews", by=by)]


def _inside(workshop: Workshop) -> tuple[Site, PullRequest]:
    hub = workshop.hub
    repository = find_repository(hub.store, "acme", "app")
    assert repository is not None
    pull = find_pull(hub.store, repository, 1)
    assert pull is not None
    git = GitRepositories(hub.directory / "git")
    return Site(hub.store, git, Urls("http://127.0.0.1", ""), repository), pull


def test_a_review_is_of_the_head_that_it_saw(workshop: Workshop) -> None:
    """It names the commit and is shown to everybody in order."""
    made = workshop.propose()
    given = _review(workshop, "APPROVE", "bob", "Fine.")
    assert {name: given[name] for name in ("state", "body", "commit_id", "author_association")} == {
        "state": "APPROVED",
        "body": "Fine.",
        "commit_id": made["head"]["sha"],
        "author_association": "MEMBER",
    }
    _review(workshop, "REQUEST_CHANGES", "carol", "No.")
    _review(workshop, "COMMENT", "alice", "Why?")
    assert _states(workshop, "rita") == [("bob", "APPROVED"), ("carol", "CHANGES_REQUESTED"), ("alice", "COMMENTED")]


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ("APPROVE", "Review Can not approve your own pull request"),
        ("REQUEST_CHANGES", "Review Can not request changes on your own pull request"),
    ],
)
def test_nobody_judges_their_own_change(workshop: Workshop, event: str, problem: str) -> None:
    """An author may comment, not approve nor object; anybody else may."""
    workshop.propose()
    body = {"event": event, "body": "text"}
    answer = workshop.call("POST", "/pulls/1/reviews", body)
    assert (answer.status, answer.message, answer.json["errors"]) == (422, "Unprocessable Entity", [problem])
    assert workshop.call("POST", "/pulls/1/reviews", {"event": "COMMENT", "body": "text"}).status == 200
    assert workshop.call("POST", "/pulls/1/reviews", body, "bob").status == 200


def test_an_app_reviews_with_the_permission_alone(workshop: Workshop) -> None:
    """Without it, it is refused in the words for apps."""
    workshop.propose()
    assert workshop.call("POST", "/pulls/1/reviews", {"event": "APPROVE"}, "checker").status == 200
    answer = workshop.call("POST", "/pulls/1/reviews", {"event": "APPROVE"}, "reader")
    assert (answer.status, answer.message) == (403, "Resource not accessible by integration")


@pytest.mark.parametrize("allowed", [False, True])
def test_actions_approve_where_the_policy_lets_them(workshop: Workshop, *, allowed: bool) -> None:
    """The switch is the repository's, and off unless somebody turned it on."""
    hub = workshop.hub
    if find_app(hub.store, "github-actions") is None:
        from twinlock_world.github import accounts  # noqa: PLC0415 - only where the world has no such app of its own

        accounts.ensure_app(hub.store, hub.organization, "github-actions", {"pull_requests": "write"})
    workshop.propose()
    policy = {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": allowed}
    workshop.make("PUT", "/actions/permissions/workflow", policy, "olga")
    (site, pull), app = _inside(workshop), find_app(hub.store, "github-actions")
    assert app is not None
    if allowed:
        assert begin_review(site, pull, app, AskedReview("APPROVE")).fields.text("state") == "APPROVED"
        return
    with pytest.raises(Exception, match="Unprocessable Entity") as refused:
        begin_review(site, pull, app, AskedReview("APPROVE"))
    assert getattr(refused.value, "errors", None) == ["GitHub Actions is not permitted to approve pull requests."]


def test_a_review_waits_until_it_is_submitted(workshop: Workshop) -> None:
    """One at a time, seen and submitted by its author alone, and deleted only while it waits."""
    workshop.propose()
    path = "/pulls/1/reviews"
    waiting = workshop.make("POST", path, {"body": "later"}, "bob")
    assert (waiting["state"], "submitted_at" in waiting) == ("PENDING", False)
    assert (_states(workshop), _states(workshop, "bob")) == ([], [("bob", "PENDING")])
    second = workshop.call("POST", path, {"body": "again"}, "bob")
    assert second.json["errors"] == ["User can only have one pending review per pull request"]
    own = f"{path}/{waiting['id']}"
    assert workshop.call("POST", f"{own}/events", {"event": "APPROVE"}, "carol").status == 404
    assert workshop.make("POST", f"{own}/events", {"event": "APPROVE"}, "bob")["state"] == "APPROVED"
    gone = workshop.call("DELETE", own, by="bob")
    assert gone.json["errors"] == ["Can not delete a non-pending pull request review"]
    third = workshop.make("POST", path, {}, "bob")
    workshop.make("DELETE", f"{path}/{third['id']}", by="bob")
    assert _states(workshop, "bob") == [("bob", "APPROVED")]
    assert workshop.make("PUT", own, {"body": "better"}, "bob")["body"] == "better"
    assert workshop.call("PUT", own, {"body": "worse"}, "carol").status == 403


@pytest.mark.parametrize("event", ["REQUEST_CHANGES", "COMMENT"])
def test_an_objection_says_something(workshop: Workshop, event: str) -> None:
    """Neither an objection nor a comment is empty; an approval may be."""
    workshop.propose()
    assert workshop.call("POST", "/pulls/1/reviews", {"event": event}, "bob").status == 422
    assert workshop.call("POST", "/pulls/1/reviews", {"event": "APPROVE"}, "bob").status == 200


def test_a_review_of_a_foreign_commit_is_refused(workshop: Workshop) -> None:
    """Only commits that lead to the head can be reviewed."""
    workshop.propose()
    foreign = workshop.commit("main", "other.txt")
    answer = workshop.call("POST", "/pulls/1/reviews", {"event": "APPROVE", "commit_id": foreign}, "bob")
    assert answer.json["errors"] == ["Commit is not part of the pull request"]


def test_the_newest_opinion_of_each_reviewer_counts(workshop: Workshop) -> None:
    """A comment changes nothing; an approval takes the place of an objection; a dismissed one says nothing."""
    workshop.propose()
    _review(workshop, "REQUEST_CHANGES", "bob", "No.")
    _review(workshop, "APPROVE", "bob")
    _review(workshop, "COMMENT", "bob", "By the way.")
    objection = _review(workshop, "REQUEST_CHANGES", "carol", "No.")
    dismissal = workshop.make("PUT", f"/pulls/1/reviews/{objection['id']}/dismissals", {"message": "Done."}, "alice")
    assert dismissal["state"] == "DISMISSED"
    _, pull = _inside(workshop)
    held = opinions(workshop.hub.store, pull)
    names = {find_user(workshop.hub.store, name): name for name in ("bob", "carol")}
    by_id = {user.id: name for user, name in names.items() if user is not None}
    found = {by_id[review.fields.number("author")]: review.fields.text("state") for review in held}
    assert found == {"bob": "APPROVED", "carol": "DISMISSED"}


def test_dismissing_is_for_writers_and_of_opinions(workshop: Workshop) -> None:
    """A reader may not; a comment and a dismissed review have nothing to take away."""
    workshop.propose()
    approval, comment = _review(workshop, "APPROVE", "bob"), _review(workshop, "COMMENT", "bob", "x")
    path = f"/pulls/1/reviews/{approval['id']}/dismissals"
    assert workshop.call("PUT", path, {"message": "m"}, "rita").message == "Must have push access to Repository."
    workshop.make("PUT", path, {"message": "m"}, "carol")
    again = workshop.call("PUT", path, {"message": "m"}, "carol")
    assert again.json["errors"] == ["Can not dismiss a dismissed pull request review"]
    other = workshop.call("PUT", f"/pulls/1/reviews/{comment['id']}/dismissals", {"message": "m"}, "carol")
    assert other.json["errors"] == ["Can not dismiss a commented pull request review"]


def test_a_rule_may_name_who_dismisses(workshop: Workshop) -> None:
    """Beside administrators only those; the positive control is one who is named."""
    carol = find_user(workshop.hub.store, "carol")
    assert carol is not None
    restriction = {"enabled": True, "allowed_actors": [{"id": carol.id, "type": "User"}]}
    workshop.protect(workshop.review_rule(dismissal_restriction=restriction))
    workshop.propose()
    first, second = _review(workshop, "APPROVE", "bob"), _review(workshop, "APPROVE", "carol")
    path = "/pulls/1/reviews/{}/dismissals"
    assert workshop.call("PUT", path.format(first["id"]), {"message": "m"}, "alice").status == 403
    assert workshop.call("PUT", path.format(first["id"]), {"message": "m"}, "carol").status == 200
    assert workshop.call("PUT", path.format(second["id"]), {"message": "m"}, "olga").status == 200


@pytest.mark.parametrize(("stale", "state"), [(True, "DISMISSED"), (False, "APPROVED")])
def test_a_push_takes_approvals_where_the_rule_says_so(workshop: Workshop, state: str, *, stale: bool) -> None:
    """An objection stays whatever is pushed."""
    workshop.protect(workshop.review_rule(dismiss_stale_reviews_on_push=stale))
    workshop.propose()
    _review(workshop, "APPROVE", "bob")
    _review(workshop, "REQUEST_CHANGES", "carol", "No.")
    workshop.commit("topic", "more.txt")
    workshop.make("GET", "/pulls/1")
    assert _states(workshop) == [("bob", state), ("carol", "CHANGES_REQUESTED")]


def test_what_changes_nothing_to_review_leaves_approvals(workshop: Workshop) -> None:
    """Merging the base into the head shows reviewers the same diff."""
    workshop.protect(workshop.review_rule(dismiss_stale_reviews_on_push=True), bypass_actors=_everybody())
    workshop.propose()
    _review(workshop, "APPROVE", "bob")
    workshop.commit("main", "elsewhere.txt", by="olga")
    workshop.make("PUT", "/pulls/1/update-branch", {}, "alice")
    shown = workshop.make("GET", "/pulls/1")
    assert shown["commits"] == 2
    assert _states(workshop) == [("bob", "APPROVED")]


def test_another_base_takes_approvals(workshop: Workshop) -> None:
    """What was approved against one branch is not what another would get."""
    workshop.branch("other")
    workshop.commit("other", "file.txt", "older\n")
    workshop.protect(
        workshop.review_rule(dismiss_stale_reviews_on_push=True),
        conditions={"ref_name": {"include": ["~ALL"], "exclude": []}},
        bypass_actors=_everybody(),
    )
    workshop.branch("topic", "other")
    workshop.commit("topic", "file.txt", "newer\n", by="olga")
    workshop.make("POST", "/pulls", {"title": "T", "head": "topic", "base": "other"})
    _review(workshop, "APPROVE", "bob")
    workshop.make("PATCH", "/pulls/1", {"base": "main"})
    assert _states(workshop) == [("bob", "DISMISSED")]


def test_remarks_are_on_lines_of_the_diff(workshop: Workshop) -> None:
    """On either side, on a whole file, as part of a review or alone; elsewhere they are refused."""
    made = workshop.propose()
    sha, path = made["head"]["sha"], "/pulls/1/comments"
    review = {
        "event": "COMMENT",
        "comments": [
            {"path": "file.txt", "line": 1, "body": "one"},
            {"path": "file.txt", "position": 1, "body": "two"},
        ],
    }
    given = workshop.make("POST", "/pulls/1/reviews", review, "bob")
    listed = workshop.make("GET", f"/pulls/1/reviews/{given['id']}/comments")
    assert [(one["body"], one["diff_hunk"]) for one in listed] == [
        ("one", "@@ -0,0 +1 @@\n+text 1"),
        ("two", "@@ -0,0 +1 @@\n+text 1"),
    ]
    alone = workshop.make("POST", path, {"body": "x", "commit_id": sha, "path": "file.txt", "line": 1}, "carol")
    assert (alone["line"], alone["side"], alone["position"]) == (1, "RIGHT", 1)
    whole = {"body": "x", "commit_id": sha, "path": "file.txt", "subject_type": "file"}
    assert workshop.make("POST", path, whole, "carol")["subject_type"] == "file"
    for place, field in (({"path": "file.txt", "line": 9}, "line"), ({"path": "none", "line": 1}, "path")):
        answer = workshop.call("POST", path, {"body": "x", "commit_id": sha, **place}, "carol")
        problem = {"line": "must be part of the diff", "path": "is invalid"}[field]
        message = f"pull_request_review_thread.{field} {problem}"
        assert (answer.status, answer.json["errors"][0]["message"]) == (422, message)


def test_a_conversation_is_open_until_it_is_resolved(workshop: Workshop) -> None:
    """Replies join it; the author and writers resolve and reopen it; a deleted first remark leaves it to the next."""
    made = workshop.propose()
    first = workshop.make(
        "POST",
        "/pulls/1/comments",
        {"body": "a", "commit_id": made["head"]["sha"], "path": "file.txt", "line": 1},
        "bob",
    )
    replied = workshop.make("POST", f"/pulls/1/comments/{first['id']}/replies", {"body": "b"})
    assert replied["in_reply_to_id"] == first["id"]
    site, pull = _inside(workshop)
    (thread,) = conversations(site.store, pull)
    assert (unresolved(site.store, pull), [reply.id for reply in thread.replies]) == (1, [replied["id"]])
    alice, rita = find_user(site.store, "alice"), find_user(site.store, "rita")
    assert alice is not None
    assert rita is not None
    with pytest.raises(Exception, match="permission to resolve"):
        set_resolved(site, pull, rita, thread.first, resolved=True)
    set_resolved(site, pull, alice, thread.first, resolved=True)
    assert unresolved(site.store, pull) == 0
    held = site.store.get(REMARK, thread.first.id)
    assert held is not None
    set_resolved(site, pull, alice, held, resolved=False)
    workshop.make("DELETE", f"/pulls/comments/{first['id']}", by="bob")
    (thread,) = conversations(site.store, pull)
    assert (unresolved(site.store, pull), thread.first.id, list(thread.replies)) == (1, replied["id"], [])


def test_a_waiting_reviews_remarks_begin_no_conversation_yet(workshop: Workshop) -> None:
    """Nobody else sees them."""
    workshop.propose()
    workshop.make("POST", "/pulls/1/reviews", {"comments": [{"path": "file.txt", "line": 1, "body": "x"}]}, "bob")
    site, pull = _inside(workshop)
    assert unresolved(site.store, pull) == 0
    assert workshop.make("GET", "/pulls/1/comments") == []


def _everybody() -> list[dict[str, object]]:
    return [{"actor_id": None, "actor_type": "OrganizationAdmin", "bypass_mode": "always"}]
