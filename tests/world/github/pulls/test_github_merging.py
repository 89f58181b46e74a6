"""Merges: real commits of each kind, every refusal in GitHub's words, and beside each what makes it go through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from twinlock_world.git_objects import GitRepositories, GitRepository
from twinlock_world.github.accounts import actions_app
from twinlock_world.github.check_runs import CheckRun, post_check
from twinlock_world.github.repository import find_repository
from twinlock_world.github.site import Site
from twinlock_world.github.urls import Urls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.world.github.pulls.conftest import Workshop

VIOLATIONS: Final = "Repository rule violations found\n\n"
ONE_APPROVAL: Final = "At least 1 approving review is required by reviewers with write access."
CHECK: Final = {"context": "ci"}


def _merge(workshop: Workshop, by: str = "alice", **asked: object) -> tuple[int, str]:
    answer = workshop.call("PUT", "/pulls/1/merge", asked, by)
    return answer.status, answer.message


def _approve(workshop: Workshop, by: str = "bob") -> None:
    workshop.make("POST", "/pulls/1/reviews", {"event": "APPROVE"}, by)


def _check_rule(*checks: Mapping[str, object], strict: bool = False) -> dict[str, object]:
    parameters = {"strict_required_status_checks_policy": strict, "required_status_checks": list(checks)}
    return {"type": "required_status_checks", "parameters": parameters}


def _post_check(workshop: Workshop, conclusion: str, by: str = "checker", name: str = "ci") -> None:
    sha = workshop.make("GET", "/pulls/1")["head"]["sha"]
    workshop.make("POST", "/check-runs", {"name": name, "head_sha": sha, "conclusion": conclusion}, by)


def _app_id(workshop: Workshop, slug: str) -> int:
    return int(workshop.hub.make("GET", f"/apps/{slug}")["id"])


def _commit(workshop: Workshop, sha: str) -> Any:  # noqa: ANN401 - a test reads what it expects
    return workshop.make("GET", f"/git/commits/{sha}")


def assert_merged(workshop: Workshop, by: str = "alice", **asked: object) -> None:
    """Merge, and see that it went through."""
    assert _merge(workshop, by, **asked) == (200, "Pull Request successfully merged")


def test_a_merge_writes_a_merge_commit(workshop: Workshop) -> None:
    """Its parents are base and head, its author is who merged, its committer GitHub."""
    made = workshop.propose()
    main = workshop.commit("main", "other.txt")
    assert_merged(workshop, "bob")
    commit = _commit(workshop, workshop.sha("main"))
    assert [parent["sha"] for parent in commit["parents"]] == [main, made["head"]["sha"]]
    assert commit["message"] == "Merge pull request #1 from acme/topic\n\nAdd topic"
    assert (commit["author"]["name"], commit["committer"]["name"]) == ("bob", "GitHub")
    files = {entry["path"] for entry in workshop.make("GET", "/git/trees/main")["tree"]}
    assert files == {"README.md", "file.txt", "other.txt"}
    shown = workshop.make("GET", "/pulls/1")
    assert (shown["state"], shown["merged"], shown["merged_by"]["login"]) == ("closed", True, "bob")
    assert (shown["merge_commit_sha"], shown["mergeable"]) == (workshop.sha("main"), None)
    assert (shown["mergeable_state"], shown["commits"], shown["changed_files"]) == ("unknown", 1, 1)
    assert workshop.call("GET", "/pulls/1/merge").status == 204
    found = workshop.make("GET", f"/commits/{workshop.sha('main')}/pulls")
    assert [one["number"] for one in found] == [1]
    assert _merge(workshop) == (405, "Pull Request is not mergeable")


def test_a_squash_of_one_commit_takes_its_message(workshop: Workshop) -> None:
    """One parent, the author of the pull request, the number behind the title."""
    workshop.propose()
    main = workshop.sha("main")
    assert_merged(workshop, "bob", merge_method="squash")
    commit = _commit(workshop, workshop.sha("main"))
    assert [parent["sha"] for parent in commit["parents"]] == [main]
    assert commit["message"] == "Change 1 (#1)"
    assert (commit["author"]["name"], commit["committer"]["name"]) == ("alice", "GitHub")


def test_a_squash_of_several_lists_them_and_names_the_others(workshop: Workshop) -> None:
    """The title is the pull request's; who else wrote commits stands below a line."""
    workshop.propose()
    workshop.commit("topic", "b.txt", by="bob")
    assert_merged(workshop, "carol", merge_method="squash")
    bob = workshop.hub.make("GET", "/users/bob")["id"]
    assert _commit(workshop, workshop.sha("main"))["message"] == (
        "Add topic (#1)\n\n* Change 1\n\n* Change 2\n\n---------\n\n"
        f"Co-authored-by: bob <{bob}+bob@users.noreply.github.com>"
    )


def test_titles_and_texts_follow_request_and_settings(workshop: Workshop) -> None:
    """What the request says stands before what the repository is set to."""
    settings = {
        "squash_merge_commit_title": "PR_TITLE",
        "squash_merge_commit_message": "PR_BODY",
        "merge_commit_title": "PR_TITLE",
        "merge_commit_message": "BLANK",
    }
    workshop.make("PATCH", "", settings, "olga")
    workshop.propose("one", body="Because.")
    assert_merged(workshop, merge_method="squash")
    assert _commit(workshop, workshop.sha("main"))["message"] == "Add one (#1)\n\nBecause."
    workshop.propose("two")
    workshop.make("PUT", "/pulls/2/merge", {})
    assert _commit(workshop, workshop.sha("main"))["message"] == "Add two (#2)"
    workshop.propose("three")
    workshop.make("PUT", "/pulls/3/merge", {"commit_title": "Mine", "commit_message": "Text"})
    assert _commit(workshop, workshop.sha("main"))["message"] == "Mine\n\nText"


def test_a_rebase_copies_each_commit(workshop: Workshop) -> None:
    """Authors and messages stay; the committer is who merged; history is a line."""
    workshop.propose()
    workshop.commit("topic", "b.txt", by="bob")
    main = workshop.commit("main", "other.txt")
    assert_merged(workshop, "carol", merge_method="rebase")
    last = _commit(workshop, workshop.sha("main"))
    first = _commit(workshop, last["parents"][0]["sha"])
    assert [(one["message"], one["author"]["name"], one["committer"]["name"]) for one in (first, last)] == [
        ("Change 1", "alice", "carol"),
        ("Change 2", "bob", "carol"),
    ]
    assert [parent["sha"] for parent in first["parents"]] == [main]
    files = {entry["path"] for entry in workshop.make("GET", "/git/trees/main")["tree"]}
    assert files == {"README.md", "file.txt", "b.txt", "other.txt"}


def test_what_conflicts_is_not_merged(workshop: Workshop) -> None:
    """By no method; once the conflict is gone, it is."""
    workshop.propose()
    workshop.commit("main", "file.txt", "else\n")
    for method in ("merge", "squash", "rebase"):
        assert _merge(workshop, merge_method=method) == (405, "Pull Request is not mergeable")
    workshop.commit("main", "file.txt", "text 1\n")
    assert_merged(workshop)


def test_merge_commits_cannot_be_rebased(workshop: Workshop) -> None:
    """A head that merged its base is squashed or merged."""
    workshop.propose()
    workshop.commit("main", "other.txt")
    workshop.make("PUT", "/pulls/1/update-branch", {})
    assert _merge(workshop, merge_method="rebase") == (405, "This branch can't be rebased")
    assert_merged(workshop, merge_method="squash")


@pytest.mark.parametrize(
    ("method", "setting", "message"),
    [
        ("merge", "allow_merge_commit", "Merge commits are not allowed on this repository."),
        ("squash", "allow_squash_merge", "Squash merges are not allowed on this repository."),
        ("rebase", "allow_rebase_merge", "Rebase merges are not allowed on this repository."),
    ],
)
@pytest.mark.parametrize("by_rule", [False, True])
def test_a_method_may_be_off(workshop: Workshop, method: str, setting: str, message: str, *, by_rule: bool) -> None:
    """By the repository's settings or by a rule; another method goes through."""
    others = [one for one in ("merge", "squash", "rebase") if one != method]
    if by_rule:
        workshop.protect(workshop.review_rule(required_approving_review_count=0, allowed_merge_methods=others))
    else:
        workshop.make("PATCH", "", {setting: False}, "olga")
    workshop.propose()
    assert _merge(workshop, merge_method=method) == (405, message)
    assert_merged(workshop, merge_method=others[0])


def test_a_head_that_went_on_is_not_merged_unseen(workshop: Workshop) -> None:
    """Whoever names the head they saw merges that head or none."""
    seen = workshop.propose()["head"]["sha"]
    now = workshop.commit("topic")
    assert _merge(workshop, sha=seen) == (409, "Head branch was modified. Review and try the merge again.")
    assert_merged(workshop, sha=now)


@pytest.mark.parametrize(
    ("by", "refusal"),
    [
        ("rita", (403, "Must have push access to Repository.")),
        ("mallory", (404, "Not Found")),
        ("reader", (403, "Resource not accessible by integration")),
    ],
)
def test_merging_is_for_writers(workshop: Workshop, by: str, refusal: tuple[int, str]) -> None:
    """Readers, strangers and apps without contents are refused; a writer is not."""
    workshop.propose()
    assert _merge(workshop, by) == refusal
    assert_merged(workshop, "carol")


def test_a_merge_needs_approval(workshop: Workshop) -> None:
    """Of somebody with write: not the author's, not a reader's, and not next to an objection."""
    workshop.protect(workshop.review_rule())
    workshop.propose()
    refused = (405, f"{VIOLATIONS}{ONE_APPROVAL}\n\n")
    assert _merge(workshop) == refused
    assert workshop.make("GET", "/pulls/1")["mergeable_state"] == "blocked"
    _approve(workshop, "rita")
    assert _merge(workshop) == refused
    workshop.make("POST", "/pulls/1/reviews", {"event": "COMMENT", "body": "ok"}, "bob")
    assert _merge(workshop) == refused
    _approve(workshop)
    assert workshop.make("GET", "/pulls/1")["mergeable_state"] == "clean"
    workshop.make("POST", "/pulls/1/reviews", {"event": "REQUEST_CHANGES", "body": "no"}, "carol")
    assert _merge(workshop)[0] == 405
    _approve(workshop, "carol")
    assert_merged(workshop)


def test_two_approvals_are_two_people(workshop: Workshop) -> None:
    """One person's second approval is no second one."""
    workshop.protect(workshop.review_rule(required_approving_review_count=2))
    workshop.propose()
    _approve(workshop)
    _approve(workshop)
    wanted = "At least 2 approving reviews are required by reviewers with write access."
    assert _merge(workshop) == (405, f"{VIOLATIONS}{wanted}\n\n")
    _approve(workshop, "carol")
    assert_merged(workshop)


def test_a_stale_approval_is_none(workshop: Workshop) -> None:
    """After a push the change must be approved anew."""
    workshop.protect(workshop.review_rule(dismiss_stale_reviews_on_push=True))
    workshop.propose()
    _approve(workshop)
    workshop.commit("topic")
    assert _merge(workshop) == (405, f"{VIOLATIONS}{ONE_APPROVAL}\n\n")
    _approve(workshop)
    assert_merged(workshop)


def test_the_last_pusher_approves_nothing(workshop: Workshop) -> None:
    """Whoever pushed last needs somebody else, and the approval must come after the push."""
    workshop.protect(workshop.review_rule(require_last_push_approval=True))
    workshop.propose()
    _approve(workshop, "carol")
    workshop.commit("topic", by="bob")
    _approve(workshop, "bob")
    wanted = "New changes require approval from someone other than the last pusher."
    assert _merge(workshop) == (405, f"{VIOLATIONS}{wanted}\n\n")
    _approve(workshop, "carol")
    assert_merged(workshop)


def test_whoever_pushed_before_it_was_opened_is_the_last_pusher(workshop: Workshop) -> None:
    """Opening a pull request of another's branch does not make it one's own."""
    workshop.protect(workshop.review_rule(require_last_push_approval=True))
    workshop.branch("topic")
    workshop.commit("topic", by="bob")
    workshop.make("POST", "/pulls", {"title": "T", "head": "topic", "base": "main"}, "alice")
    _approve(workshop, "bob")
    assert _merge(workshop)[0] == 405
    _approve(workshop, "carol")
    assert_merged(workshop)


def test_a_code_owner_must_approve(workshop: Workshop) -> None:
    """Of the changed files, by the base's CODEOWNERS; one without write is ignored, as on GitHub."""
    workshop.commit("main", ".github/CODEOWNERS", "*.txt @bob\n*.md @rita\n")
    workshop.protect(workshop.review_rule(require_code_owner_review=True))
    workshop.propose()
    _approve(workshop, "carol")
    assert _merge(workshop) == (405, f"{VIOLATIONS}Waiting on code owner review from bob.\n\n")
    _approve(workshop, "bob")
    assert_merged(workshop)
    workshop.branch("second")
    workshop.commit("second", "notes.md")
    workshop.make("POST", "/pulls", {"title": "T", "head": "second", "base": "main"})
    workshop.make("POST", "/pulls/2/reviews", {"event": "APPROVE"}, "carol")
    assert workshop.call("PUT", "/pulls/2/merge", {}).status == 200


def test_a_team_without_write_owns_nothing(workshop: Workshop) -> None:
    """Its line is there and asks for nobody, until the team is given write."""
    workshop.hub.team("keepers", "bob")
    workshop.commit("main", "CODEOWNERS", "* @acme/keepers\n")
    workshop.protect(workshop.review_rule(require_code_owner_review=True))
    workshop.propose()
    _approve(workshop, "carol")
    assert workshop.make("GET", "/pulls/1")["mergeable_state"] == "clean"
    workshop.hub.make("PUT", "/orgs/acme/teams/keepers/repos/acme/app", {"permission": "push"})
    assert _merge(workshop) == (405, f"{VIOLATIONS}Waiting on code owner review from acme/keepers.\n\n")
    _approve(workshop, "bob")
    assert_merged(workshop)


def test_conversations_must_be_resolved(workshop: Workshop) -> None:
    """An open one stands against the merge, until it is gone."""
    workshop.protect(workshop.review_rule(required_approving_review_count=0, required_review_thread_resolution=True))
    made = workshop.propose()
    remark = {"body": "x", "commit_id": made["head"]["sha"], "path": "file.txt", "line": 1}
    posted = workshop.make("POST", "/pulls/1/comments", remark, "bob")
    wanted = "A conversation must be resolved before this pull request can be merged."
    assert _merge(workshop) == (405, f"{VIOLATIONS}{wanted}\n\n")
    workshop.make("DELETE", f"/pulls/comments/{posted['id']}", by="bob")
    assert_merged(workshop)


@pytest.mark.parametrize(
    ("conclusion", "word"),
    [(None, "expected"), ("failure", "failing"), ("cancelled", "failing"), ("action_required", "failing")],
)
def test_a_required_check_must_have_passed(workshop: Workshop, conclusion: str | None, word: str) -> None:
    """Missing or failed, it stands against the merge; the newest run counts."""
    workshop.protect(_check_rule(CHECK))
    workshop.propose()
    if conclusion is not None:
        _post_check(workshop, conclusion)
    assert _merge(workshop) == (405, f'{VIOLATIONS}Required status check "ci" is {word}.\n\n')
    _post_check(workshop, "success")
    assert_merged(workshop)


@pytest.mark.parametrize("conclusion", ["success", "neutral", "skipped"])
def test_skipped_and_neutral_count_as_passed(workshop: Workshop, conclusion: str) -> None:
    """As GitHub counts them; another app's failure of another name does not matter to the rule."""
    workshop.protect(_check_rule(CHECK))
    workshop.propose()
    _post_check(workshop, conclusion)
    _post_check(workshop, "failure", "other", "lint")
    assert workshop.make("GET", "/pulls/1")["mergeable_state"] == "unstable"
    assert_merged(workshop)


@pytest.mark.parametrize("source", ["another app", "a person"])
def test_only_the_named_app_satisfies_a_pinned_check(workshop: Workshop, source: str) -> None:
    """The required name posted by anybody else is not counted."""
    workshop.protect(_check_rule({**CHECK, "integration_id": _app_id(workshop, "checker")}))
    made = workshop.propose()
    if source == "a person":
        path = f"/statuses/{made['head']['sha']}"
        workshop.make("POST", path, {"state": "success", "context": "ci"})
    else:
        _post_check(workshop, "success", "other")
    assert _merge(workshop) == (405, f'{VIOLATIONS}Required status check "ci" is expected.\n\n')
    _post_check(workshop, "success", "checker")
    assert_merged(workshop)


@pytest.mark.parametrize("pinned_to_actions", [False, True])
def test_any_workflow_posts_as_actions(workshop: Workshop, *, pinned_to_actions: bool) -> None:
    """A side branch's workflow speaks with Actions' own number: it counts only where a rule trusts that number."""
    hub = workshop.hub
    actions = actions_app(hub.store)
    app = actions.id if pinned_to_actions else _app_id(workshop, "checker")
    workshop.protect(_check_rule({**CHECK, "integration_id": app}))
    made = workshop.propose()
    repository = find_repository(hub.store, "acme", "app")
    assert repository is not None
    site = Site(hub.store, GitRepositories(hub.directory / "git"), Urls("http://127.0.0.1", ""), repository)
    post_check(site, actions, CheckRun("ci", made["head"]["sha"], conclusion="success"))
    if not pinned_to_actions:
        assert _merge(workshop) == (405, f'{VIOLATIONS}Required status check "ci" is expected.\n\n')
        _post_check(workshop, "success", "checker")
    assert_merged(workshop)


def test_a_check_of_an_older_head_is_none(workshop: Workshop) -> None:
    """Checks are of commits: what passed before the last push says nothing."""
    workshop.protect(_check_rule(CHECK))
    workshop.propose()
    _post_check(workshop, "success")
    workshop.commit("topic")
    assert _merge(workshop) == (405, f'{VIOLATIONS}Required status check "ci" is expected.\n\n')
    _post_check(workshop, "success")
    assert_merged(workshop)


def test_a_strict_check_needs_the_base(workshop: Workshop) -> None:
    """A head that lacks commits of its base is behind; updating the branch helps, once it was checked."""
    workshop.propose()
    workshop.commit("main", "other.txt")
    workshop.protect(_check_rule(CHECK, strict=True))
    _post_check(workshop, "success")
    wanted = "This branch is out-of-date with the base branch and must be updated before it can be merged."
    assert _merge(workshop) == (405, f"{VIOLATIONS}{wanted}\n\n")
    assert workshop.make("GET", "/pulls/1")["mergeable_state"] == "behind"
    answer = workshop.call("PUT", "/pulls/1/update-branch", {})
    assert (answer.status, answer.json["message"]) == (202, "Updating pull request branch.")
    _post_check(workshop, "success")
    assert_merged(workshop)


def test_what_github_writes_is_signed(workshop: Workshop) -> None:
    """A squash is GitHub's own commit; copies of unsigned commits are not."""
    workshop.protect({"type": "required_signatures"})
    workshop.propose()
    assert _merge(workshop, merge_method="rebase")[0] == 405
    assert_merged(workshop, merge_method="squash")


def test_history_may_have_to_be_a_line(workshop: Workshop) -> None:
    """A merge commit is refused, a squash is not."""
    workshop.protect({"type": "required_linear_history"})
    workshop.propose()
    status, message = _merge(workshop)
    assert (status, message.startswith(f"{VIOLATIONS}This branch must not contain merge commits.")) == (405, True)
    assert_merged(workshop, merge_method="squash")


def test_classic_protection_holds_beside_rulesets(workshop: Workshop) -> None:
    """It speaks without the rulesets' heading, and both must be content."""
    reviews = {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews": True,
        "require_code_owner_reviews": False,
        "require_last_push_approval": False,
    }
    protection = {
        "required_status_checks": {"strict": False, "checks": [{"context": "ci"}]},
        "enforce_admins": True,
        "required_pull_request_reviews": reviews,
        "restrictions": None,
    }
    workshop.make("PUT", "/branches/main/protection", protection, "olga")
    workshop.propose()
    _post_check(workshop, "success")
    assert _merge(workshop) == (405, ONE_APPROVAL)
    _approve(workshop)
    _post_check(workshop, "failure")
    assert _merge(workshop) == (405, 'Required status check "ci" is failing.')
    _post_check(workshop, "success")
    workshop.commit("topic")
    _post_check(workshop, "success")
    assert _merge(workshop) == (405, ONE_APPROVAL)
    _approve(workshop)
    assert_merged(workshop)


def test_who_bypasses_merges_what_others_cannot(workshop: Workshop) -> None:
    """A bypass for pull requests is one for the merge; a positive control for the rule stands beside it."""
    bypass = [{"actor_id": None, "actor_type": "OrganizationAdmin", "bypass_mode": "pull_request"}]
    workshop.protect(workshop.review_rule(), bypass_actors=bypass)
    workshop.propose()
    assert _merge(workshop)[0] == 405
    assert workshop.make("GET", "/pulls/1", by="olga")["mergeable_state"] == "blocked"
    assert_merged(workshop, "olga")


def test_a_refused_merge_leaves_nothing(workshop: Workshop) -> None:
    """Neither a commit that could be read nor a changed pull request; what goes through leaves both."""
    workshop.protect(workshop.review_rule())
    workshop.propose()
    main, (repository,) = workshop.sha("main"), workshop.hub.directory.glob("git/*.git")
    objects = GitRepository(repository)

    def commits() -> int:
        listed = objects.command("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)").stdout
        return listed.split().count(b"commit")

    before = commits()
    assert _merge(workshop)[0] == 405
    assert (workshop.sha("main"), workshop.make("GET", "/pulls/1")["state"], commits()) == (main, "open", before)
    _approve(workshop)
    assert_merged(workshop)
    assert commits() == before + 1


def test_a_merged_branch_is_deleted_where_the_repository_wants_it(workshop: Workshop) -> None:
    """Pull requests that stood on it move to its base; a branch that the rules hold stays."""
    workshop.make("PATCH", "", {"delete_branch_on_merge": True}, "olga")
    workshop.propose("one")
    workshop.branch("two", "one")
    workshop.commit("two", "two.txt")
    workshop.make("POST", "/pulls", {"title": "Two", "head": "two", "base": "one"})
    assert_merged(workshop)
    assert workshop.call("GET", "/git/ref/heads/one").status == 404
    second = workshop.make("GET", "/pulls/2")
    assert (second["state"], second["base"]["ref"], second["changed_files"]) == ("open", "main", 1)
    held = {"ref_name": {"include": ["refs/heads/two"], "exclude": []}}
    workshop.protect({"type": "deletion"}, name="kept", conditions=held)
    workshop.make("PUT", "/pulls/2/merge", {})
    assert workshop.call("GET", "/git/ref/heads/two").status == 200


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda workshop: workshop.sha("main"), "There are no new commits on the base branch."),
        (lambda workshop: workshop.commit("main", "file.txt", "else\n"), "merge conflict between base and head"),
    ],
    ids=["current", "conflict"],
)
def test_a_branch_that_cannot_be_updated(
    workshop: Workshop, prepare: Callable[[Workshop], object], message: str
) -> None:
    """Because it has it all, or because both changed the same."""
    workshop.propose()
    prepare(workshop)
    answer = workshop.call("PUT", "/pulls/1/update-branch", {})
    assert (answer.status, answer.message) == (422, message)


def test_an_updated_branch_is_the_one_that_was_seen(workshop: Workshop) -> None:
    """Another head than expected is left alone."""
    made = workshop.propose()
    workshop.commit("main", "other.txt")
    answer = workshop.call("PUT", "/pulls/1/update-branch", {"expected_head_sha": "0" * 40})
    apostrophe = "\N{RIGHT SINGLE QUOTATION MARK}"
    assert (answer.status, answer.message) == (422, f"expected head sha didn{apostrophe}t match current head ref.")
    assert workshop.call("PUT", "/pulls/1/update-branch", {"expected_head_sha": made["head"]["sha"]}).status == 202
    commit = _commit(workshop, workshop.sha("topic"))
    assert commit["message"] == "Merge branch 'main' into topic"


def test_branches_are_merged_without_a_pull_request(workshop: Workshop) -> None:
    """A commit, nothing for what is merged already, a conflict, what isn't there, and what the rules hold."""
    workshop.branch("topic")
    tip = workshop.commit("topic")
    body = {"base": "main", "head": "topic", "commit_message": "Take it"}
    made = workshop.call("POST", "/merges", body)
    assert (made.status, made.json["commit"]["message"]) == (201, "Take it")
    assert [parent["sha"] for parent in made.json["parents"]][1] == tip
    assert workshop.call("POST", "/merges", body).status == 204
    workshop.commit("topic", "file.txt", "one\n")
    workshop.commit("main", "file.txt", "two\n")
    for changed, wanted in (
        ({}, (409, "Merge conflict")),
        ({"head": "none"}, (404, "Head does not exist")),
        ({"base": "none"}, (404, "Base does not exist")),
    ):
        answer = workshop.call("POST", "/merges", {**body, **changed})
        assert (answer.status, answer.message) == wanted
    workshop.branch("clean")
    workshop.commit("clean", "clean.txt")
    workshop.protect(workshop.review_rule())
    answer = workshop.call("POST", "/merges", {**body, "head": "clean"})
    refusal = f"{VIOLATIONS}Changes must be made through a pull request.\n\n"
    assert (answer.status, answer.message) == (409, refusal)


def test_nothing_is_a_fork(workshop: Workshop) -> None:
    """This world has none, and says so."""
    answer = workshop.call("POST", "/merge-upstream", {"branch": "main"})
    assert (answer.status, answer.message) == (422, "acme/app is not a fork.")
