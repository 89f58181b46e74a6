"""Pull requests: opened, shown, changed, closed and opened again, drafts, and who is asked to review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from twinlock_world.git_objects import GitRepository

if TYPE_CHECKING:
    from tests.world.github.pulls.conftest import Workshop

    from twinlock_world.events import Event

OWNERS: Final = "docs/ @bob\n*.py @acme/keepers @rita @alice\n"


def _errors(workshop: Workshop, body: object, by: str = "alice") -> tuple[int, str, Any]:
    answer = workshop.call("POST", "/pulls", body, by)
    return answer.status, answer.message, answer.json.get("errors")


def test_a_pull_request_is_opened_and_shown(workshop: Workshop) -> None:
    """It has a number, its branches' commits, and says whether it can be merged; its head has a ref."""
    heard: list[Event] = []
    workshop.hub.store.events.subscribe(heard.append)
    made = workshop.propose("topic", body="Why not.")
    shown = workshop.make("GET", "/pulls/1")
    assert {name: shown[name] for name in ("number", "state", "title", "body", "draft", "merged", "locked")} == {
        "number": 1,
        "state": "open",
        "title": "Add topic",
        "body": "Why not.",
        "draft": False,
        "merged": False,
        "locked": False,
    }
    assert (shown["user"]["login"], shown["author_association"]) == ("alice", "MEMBER")
    assert (shown["head"]["label"], shown["head"]["sha"]) == ("acme:topic", workshop.sha("topic"))
    assert (shown["base"]["ref"], shown["base"]["sha"]) == ("main", workshop.sha("main"))
    assert (shown["commits"], shown["changed_files"], shown["additions"], shown["deletions"]) == (1, 1, 1, 0)
    assert (shown["mergeable"], shown["rebaseable"], shown["mergeable_state"]) == (True, True, "clean")
    assert workshop.make("GET", "/git/ref/pull/1/head")["object"]["sha"] == made["head"]["sha"]
    assert workshop.make("GET", "/git/ref/pull/1/merge")["object"]["sha"] == shown["merge_commit_sha"]
    assert ("pull_request", "opened") in [(event.name, event.action) for event in heard]


def test_the_diff_and_the_commits_are_shown(workshop: Workshop) -> None:
    """As JSON, as a unified diff and as mails."""
    workshop.branch("topic")
    workshop.commit("topic", "a.txt", "one\n")
    workshop.commit("topic", "README.md", "# new\n")
    workshop.make("POST", "/pulls", {"title": "T", "head": "topic", "base": "main"})
    files = workshop.make("GET", "/pulls/1/files")
    assert [(one["filename"], one["status"], one["patch"]) for one in files] == [
        ("README.md", "modified", "@@ -1 +1 @@\n-# app\n+# new"),
        ("a.txt", "added", "@@ -0,0 +1 @@\n+one"),
    ]
    commits = workshop.make("GET", "/pulls/1/commits")
    assert [one["commit"]["message"] for one in commits] == ["Change 1", "Change 2"]
    path, hub = "/repos/acme/app/pulls/1", workshop.hub
    diff = hub.call("GET", path, by="rita", headers={"accept": "application/vnd.github.v3.diff"})
    assert diff.headers["content-type"] == "application/vnd.github.diff; charset=utf-8"
    assert diff.content.startswith(b"diff --git a/README.md b/README.md\n")
    mails = hub.call("GET", path, by="rita", headers={"accept": "application/vnd.github.patch"})
    assert mails.content.count(b"\nSubject: [PATCH") == 2
    found = workshop.make("GET", f"/commits/{workshop.sha('topic')}/pulls")
    assert [one["number"] for one in found] == [1]
    assert workshop.make("GET", "/commits/main/pulls") == []


def test_lists_are_filtered_and_sorted(workshop: Workshop) -> None:
    """By state, head and base; the newest first unless asked otherwise."""
    for name in ("one", "two", "three"):
        workshop.propose(name)
    workshop.make("PATCH", "/pulls/2", {"state": "closed"})

    def numbers(query: str) -> list[int]:
        return [one["number"] for one in workshop.make("GET", f"/pulls{query}", by="rita")]

    assert numbers("") == [3, 1]
    assert numbers("?state=closed") == [2]
    assert numbers("?state=all&direction=asc") == [1, 2, 3]
    assert numbers("?state=all&head=acme:two") == [2]
    assert numbers("?base=other") == []


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"title": " "}, [{"resource": "Issue", "code": "missing_field", "field": "title"}]),
        ({"head": "none"}, [{"resource": "PullRequest", "code": "invalid", "field": "head"}]),
        ({"head": "other:topic"}, [{"resource": "PullRequest", "code": "invalid", "field": "head"}]),
        ({"base": "none"}, [{"resource": "PullRequest", "code": "invalid", "field": "base"}]),
        (
            {"base": "topic"},
            [{"resource": "PullRequest", "code": "custom", "message": "No commits between topic and topic"}],
        ),
    ],
)
def test_what_cannot_be_merged_is_not_opened(workshop: Workshop, body: dict[str, str], errors: object) -> None:
    """Unknown branches, foreign heads and nothing to merge; the same branches as they are can be proposed."""
    workshop.branch("topic")
    workshop.commit("topic")
    whole = {"title": "T", "head": "topic", "base": "main"}
    assert _errors(workshop, {**whole, **body}) == (422, "Validation Failed", errors)
    assert workshop.call("POST", "/pulls", {**whole, "head": "acme:topic"}).status == 201


def test_the_same_change_is_proposed_once(workshop: Workshop) -> None:
    """A second pull request for the same branches is refused until the first is closed."""
    workshop.propose()
    again = {"title": "T", "head": "topic", "base": "main"}
    wanted = [{"resource": "PullRequest", "code": "custom", "message": "A pull request already exists for acme:topic."}]
    assert _errors(workshop, again) == (422, "Validation Failed", wanted)
    workshop.make("PATCH", "/pulls/1", {"state": "closed"})
    assert workshop.make("POST", "/pulls", again)["number"] == 2


def test_a_reader_proposes_nothing(workshop: Workshop) -> None:
    """Whoever cannot write to the head's branch cannot propose it; strangers don't even see the repository."""
    workshop.branch("topic")
    workshop.commit("topic")
    body = {"title": "T", "head": "topic", "base": "main"}
    wanted = [{"resource": "PullRequest", "code": "custom", "message": "must be a collaborator"}]
    assert _errors(workshop, body, "rita") == (422, "Validation Failed", wanted)
    assert _errors(workshop, body, "mallory")[:2] == (404, "Not Found")
    assert _errors(workshop, body, "reader")[:2] == (403, "Resource not accessible by integration")
    assert workshop.call("POST", "/pulls", body, "checker").status == 201


def test_title_text_and_base_are_changed_by_the_author_and_by_writers(workshop: Workshop) -> None:
    """A change is told with what was before; readers may not."""
    heard: list[Event] = []
    workshop.propose()
    workshop.branch("other")
    workshop.hub.store.events.subscribe(heard.append)
    changed = workshop.make("PATCH", "/pulls/1", {"title": "New", "body": "Text", "base": "other"}, "bob")
    assert (changed["title"], changed["body"], changed["base"]["ref"]) == ("New", "Text", "other")
    assert heard[0].payload["changes"] == {
        "title": {"from": "Add topic"},
        "body": {"from": None},
        "base": {"ref": {"from": "main"}, "sha": {"from": workshop.sha("main")}},
    }
    answer = workshop.call("PATCH", "/pulls/1", {"title": "No"}, "rita")
    assert (answer.status, answer.message) == (403, "Must have push access to Repository.")
    for base, message in (
        ("none", "Proposed base branch 'none' was not found"),
        ("topic", "There are no new commits between base branch 'topic' and head branch 'topic'"),
    ):
        answer = workshop.call("PATCH", "/pulls/1", {"base": base})
        assert (answer.status, answer.json["errors"][0]["message"]) == (422, message)


def test_a_closed_one_is_opened_again_while_its_branches_are_there(workshop: Workshop) -> None:
    """Not when the head is gone, was rewritten, or has nothing new."""
    workshop.propose()
    assert workshop.make("PATCH", "/pulls/1", {"state": "closed"})["closed_at"] is not None
    assert workshop.make("PATCH", "/pulls/1", {"state": "open"})["closed_at"] is None
    workshop.make("PATCH", "/pulls/1", {"state": "closed"})
    held = workshop.sha("topic")

    def refused() -> str:
        answer = workshop.call("PATCH", "/pulls/1", {"state": "open"})
        assert answer.status == 422
        return str(answer.json["errors"][0]["message"])

    workshop.make("PATCH", "/git/refs/heads/topic", {"sha": workshop.sha("main"), "force": True})
    assert refused() == "state cannot be changed. There are no new commits on the topic branch."
    workshop.commit("topic")
    assert refused() == "state cannot be changed. The topic branch was force-pushed or recreated."
    workshop.make("DELETE", "/git/refs/heads/topic")
    assert refused() == "state cannot be changed. The topic branch has been deleted."
    workshop.make("POST", "/git/refs", {"ref": "refs/heads/topic", "sha": held})
    assert workshop.make("PATCH", "/pulls/1", {"state": "open"})["state"] == "open"


def test_a_draft_is_no_request_for_a_review(workshop: Workshop) -> None:
    """It says so, and cannot be merged."""
    made = workshop.propose(draft=True)
    assert made["draft"] is True
    assert workshop.make("GET", "/pulls/1")["mergeable_state"] == "draft"
    answer = workshop.call("PUT", "/pulls/1/merge", {})
    assert (answer.status, answer.message) == (405, "Pull Request is still a draft")


def test_a_push_to_the_head_is_followed(workshop: Workshop) -> None:
    """Head, count of commits and the head's own ref go along; it is told as a synchronization."""
    workshop.propose()
    before, heard = workshop.sha("topic"), list[Any]()
    workshop.hub.store.events.subscribe(heard.append)
    after = workshop.commit("topic", "more.txt", by="bob")
    shown = workshop.make("GET", "/pulls/1")
    assert (shown["head"]["sha"], shown["commits"]) == (after, 2)
    assert workshop.make("GET", "/git/ref/pull/1/head")["object"]["sha"] == after
    told = next(event for event in heard if event.action == "synchronize")
    assert (told.actor.login, told.payload["before"], told.payload["after"]) == ("bob", before, after)


def test_a_base_that_goes_on_is_followed(workshop: Workshop) -> None:
    """The base's commit and the test merge go along; a conflict shows."""
    workshop.propose()
    main = workshop.commit("main", "other.txt")
    shown = workshop.make("GET", "/pulls/1")
    assert (shown["base"]["sha"], shown["mergeable_state"]) == (main, "clean")
    parents = workshop.make("GET", f"/git/commits/{shown['merge_commit_sha']}")["parents"]
    assert [parent["sha"] for parent in parents] == [main, workshop.sha("topic")]
    workshop.commit("main", "file.txt", "something else\n")
    shown = workshop.make("GET", "/pulls/1")
    assert (shown["mergeable"], shown["rebaseable"], shown["mergeable_state"]) == (False, False, "dirty")
    assert workshop.call("GET", "/git/ref/pull/1/merge").status == 404


def test_a_branch_that_goes_closes_its_pull_requests(workshop: Workshop) -> None:
    """Whether it was the head or the base."""
    workshop.branch("release")
    workshop.propose("one")
    workshop.propose("two", base="release")
    workshop.make("DELETE", "/git/refs/heads/one")
    workshop.make("DELETE", "/git/refs/heads/release")
    states = [(one["state"], one["merged_at"]) for one in workshop.make("GET", "/pulls?state=all")]
    assert states == [("closed", None), ("closed", None)]


def test_a_push_of_the_head_to_the_base_merges(workshop: Workshop) -> None:
    """Whoever pushes all of it has merged it."""
    workshop.propose()
    workshop.make("PATCH", "/git/refs/heads/main", {"sha": workshop.sha("topic")}, "bob")
    shown = workshop.make("GET", "/pulls/1")
    assert (shown["merged"], shown["merged_by"]["login"], shown["state"]) == (True, "bob", "closed")
    assert workshop.call("GET", "/pulls/1/merge").status == 204


def test_reviewers_are_asked_and_answer(workshop: Workshop) -> None:
    """A person's review fulfils their request and that of their team; requests can be withdrawn."""
    workshop.hub.team("keepers", "carol")
    workshop.hub.make("PUT", "/orgs/acme/teams/keepers/repos/acme/app", {"permission": "push"})
    workshop.propose()
    path = "/pulls/1/requested_reviewers"
    asked = workshop.make("POST", path, {"reviewers": ["bob", "carol"], "team_reviewers": ["keepers"]})
    assert [user["login"] for user in asked["requested_reviewers"]] == ["bob", "carol"]
    workshop.make("DELETE", path, {"reviewers": ["bob"]})
    workshop.make("POST", "/pulls/1/reviews", {"event": "COMMENT", "body": "hm"}, "carol")
    assert workshop.make("GET", path) == {"users": [], "teams": []}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"reviewers": ["alice"]}, "Review cannot be requested from pull request author."),
        (
            {"reviewers": ["mallory"]},
            (
                "Reviews may only be requested from collaborators. One or more of the users you specified is not a "
                "collaborator of the acme/app repository."
            ),
        ),
        (
            {"team_reviewers": ["nobody"]},
            (
                "Reviews may only be requested from collaborators. One or more of the teams you specified is not a "
                "collaborator of the acme/app repository."
            ),
        ),
    ],
    ids=["author", "stranger", "team"],
)
def test_some_cannot_be_asked(workshop: Workshop, body: object, message: str) -> None:
    """The author, people without access, teams without access."""
    workshop.propose()
    answer = workshop.call("POST", "/pulls/1/requested_reviewers", body)
    assert (answer.status, answer.message) == (422, message)


def test_code_owners_are_asked_when_a_change_is_ready(workshop: Workshop) -> None:
    """The base's CODEOWNERS counts; not the author, not one without write, and not while it is a draft."""
    workshop.hub.team("keepers", "carol")
    workshop.hub.make("PUT", "/orgs/acme/teams/keepers/repos/acme/app", {"permission": "push"})
    workshop.commit("main", ".github/CODEOWNERS", OWNERS)
    workshop.branch("topic")
    workshop.commit("topic", "code.py")
    made = workshop.make("POST", "/pulls", {"title": "T", "head": "topic", "base": "main"})
    shown = workshop.make("GET", "/pulls/1")
    assert made["number"] == 1
    asked = (
        [user["login"] for user in shown["requested_reviewers"]],
        [team["slug"] for team in shown["requested_teams"]],
    )
    assert asked == ([], ["keepers"])
    workshop.commit("topic", "docs/a.md")
    shown = workshop.make("GET", "/pulls/1")
    assert [user["login"] for user in shown["requested_reviewers"]] == ["bob"]
    workshop.branch("draft")
    workshop.commit("draft", "docs/b.md")
    draft = workshop.make("POST", "/pulls", {"title": "D", "head": "draft", "base": "main", "draft": True})
    assert draft["requested_reviewers"] == []


def test_numbers_that_are_none_are_not_found(workshop: Workshop) -> None:
    """Neither text nor a number nobody has."""
    for path in ("/pulls/1", "/pulls/x", "/pulls/1/files", "/pulls/1/reviews", "/pulls/1/merge"):
        assert workshop.call("GET", path).status == 404


def test_a_renamed_base_keeps_its_pull_requests(workshop: Workshop) -> None:
    """Those into the branch go into it still, approvals untouched; those out of it are closed."""
    workshop.propose("one")
    workshop.make("POST", "/pulls/1/reviews", {"event": "APPROVE"}, "bob")
    workshop.branch("other")
    workshop.commit("main", "other.txt")
    workshop.make("POST", "/pulls", {"title": "Back", "head": "main", "base": "other"})
    workshop.make("POST", "/branches/main/rename", {"new_name": "trunk"}, "olga")
    first, second = (workshop.make("GET", f"/pulls/{number}") for number in (1, 2))
    assert (first["state"], first["base"]["ref"], second["state"]) == ("open", "trunk", "closed")
    assert workshop.make("GET", "/pulls/1/reviews")[0]["state"] == "APPROVED"


def test_what_moved_unseen_is_caught_up_with(workshop: Workshop) -> None:
    """A process killed after a ref moved has told nobody: the next look sees it, and no old approval counts."""
    workshop.protect(workshop.review_rule(dismiss_stale_reviews_on_push=True))
    workshop.propose()
    workshop.make("POST", "/pulls/1/reviews", {"event": "APPROVE"}, "bob")
    (path,) = workshop.hub.directory.glob("git/*.git")
    objects = GitRepository(path)
    held = objects.commit(workshop.sha("topic"))
    assert held is not None
    tree = objects.write_path(held.tree, "unseen", objects.write_blob(b"1\n"))
    unseen = objects.write_commit(tree, (held.sha,), "unseen", held.author, held.committer)
    objects.update_ref("refs/heads/topic", unseen)
    answer = workshop.call("PUT", "/pulls/1/merge", {})
    assert (answer.status, "At least 1 approving review is required" in answer.message) == (405, True)
    shown = workshop.make("GET", "/pulls/1")
    assert (shown["head"]["sha"], shown["commits"]) == (unseen, 2)
    assert workshop.make("GET", "/pulls/1/reviews")[0]["state"] == "DISMISSED"
    workshop.make("POST", "/pulls/1/reviews", {"event": "APPROVE"}, "bob")
    assert workshop.call("PUT", "/pulls/1/merge", {}).status == 200


def test_a_push_tells_what_it_brought(workshop: Workshop) -> None:
    """Each commit with its files; a new branch tells its own alone, a deleted one none."""
    heard: list[Any] = []
    workshop.hub.store.events.subscribe(heard.append)
    workshop.branch("topic")
    sha = workshop.commit("topic", "a.txt")
    workshop.commit("topic", "a.txt")
    workshop.make("DELETE", "/git/refs/heads/topic")
    pushes = [event.payload for event in heard if event.name == "push"]
    assert [(push["created"], push["deleted"], push["forced"], len(push["commits"])) for push in pushes] == [
        (True, False, False, 0),
        (False, False, False, 1),
        (False, False, False, 1),
        (False, True, False, 0),
    ]
    files = [{name: push["head_commit"][name] for name in ("added", "removed", "modified")} for push in pushes[:3]]
    assert files == [
        {"added": ["README.md"], "removed": [], "modified": []},
        {"added": ["a.txt"], "removed": [], "modified": []},
        {"added": [], "removed": [], "modified": ["a.txt"]},
    ]
    assert (pushes[1]["after"], pushes[1]["commits"][0]["id"], pushes[3]["head_commit"]) == (sha, sha, None)
    assert [(event.name, event.payload["ref"]) for event in heard if event.name in {"create", "delete"}] == [
        ("create", "topic"),
        ("delete", "topic"),
    ]


def test_branches_are_compared(workshop: Workshop) -> None:
    """How far each has gone beyond what they share, and the files that the head changed."""
    root = workshop.sha("main")
    workshop.branch("release/1")
    workshop.commit("release/1", "a.txt", "one\n")

    def compared(span: str) -> tuple[object, ...]:
        found = workshop.make("GET", f"/compare/{span}", by="rita")
        files = [one["filename"] for one in found["files"]]
        return found["status"], found["ahead_by"], found["behind_by"], len(found["commits"]), files

    assert compared("main...release/1") == ("ahead", 1, 0, 1, ["a.txt"])
    assert compared("release/1...main") == ("behind", 0, 1, 0, [])
    assert compared(f"main...{root}") == ("identical", 0, 0, 0, [])
    workshop.commit("main", "b.txt")
    assert compared("acme:main...acme:release/1") == ("diverged", 1, 1, 1, ["a.txt"])
    for span in ("main...none", "main", "other:main...main", "..."):
        assert workshop.call("GET", f"/compare/{span}").status == 404
    diff = workshop.hub.call(
        "GET", "/repos/acme/app/compare/main...release/1", headers={"accept": "application/vnd.github.diff"}
    )
    assert diff.content.endswith(b"@@ -0,0 +1 @@\n+one\n")


def test_a_head_without_common_history_cannot_be_merged(workshop: Workshop) -> None:
    """A force push may bring anything: it is followed, shown, and refused as a conflict is."""
    workshop.propose()
    (path,) = workshop.hub.directory.glob("git/*.git")
    objects = GitRepository(path)
    held = objects.commit(workshop.sha("topic"))
    assert held is not None
    stranger = objects.write_commit(held.tree, (), "stranger", held.author, held.committer)
    workshop.make("PATCH", "/git/refs/heads/topic", {"sha": stranger, "force": True})
    shown = workshop.make("GET", "/pulls/1")
    assert (shown["head"]["sha"], shown["mergeable_state"], shown["merge_commit_sha"]) == (stranger, "dirty", None)
    assert [one["number"] for one in workshop.make("GET", "/pulls")] == [1]
    answer = workshop.call("PUT", "/pulls/1/merge", {})
    assert (answer.status, answer.message) == (405, "Pull Request is not mergeable")
