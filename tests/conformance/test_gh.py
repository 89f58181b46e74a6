"""`gh` as people use it: what it answers, what it refuses, with which exit code and in which words."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from tests.conformance.conftest import Gh, World

REVIEWED: Final[dict[str, Any]] = {
    "name": "reviewed",
    "target": "branch",
    "enforcement": "active",
    "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    "rules": [
        {"type": "deletion"},
        {
            "type": "pull_request",
            "parameters": {
                "dismiss_stale_reviews_on_push": True,
                "require_code_owner_review": False,
                "require_last_push_approval": False,
                "required_approving_review_count": 1,
                "required_review_thread_resolution": False,
            },
        },
        {
            "type": "required_status_checks",
            "parameters": {
                "strict_required_status_checks_policy": False,
                "required_status_checks": [{"context": "suite"}],
            },
        },
    ],
}


def test_who_am_i(gh: dict[str, Gh]) -> None:
    """Each person is themselves, by REST and by GraphQL."""
    assert gh["alice"]("api", "user", "--jq", ".login").stdout == "alice\n"
    query = "query={viewer{login}}"
    assert gh["bob"]("api", "graphql", "-f", query, "--jq", ".data.viewer.login").stdout == "bob\n"
    status = gh["alice"]("auth", "status")
    assert (status.returncode, "Logged in to github.com account alice" in status.stdout) == (0, True), status.stderr


def test_a_repository_is_seen_by_those_who_may(world: World, gh: dict[str, Gh]) -> None:
    """An outsider is told that there is none."""
    world.repository("seen", "alice")
    shown = gh["alice"].json("repo", "view", "acme/seen", "--json", "nameWithOwner,viewerPermission,isPrivate")
    assert shown == {"isPrivate": True, "nameWithOwner": "acme/seen", "viewerPermission": "WRITE"}
    refused = gh["mallory"]("repo", "view", "acme/seen")
    message = "GraphQL: Could not resolve to a Repository with the name 'acme/seen'. (repository)\n"
    assert (refused.returncode, refused.stderr) == (1, message)


def test_a_change_goes_its_whole_way(world: World, gh: dict[str, Gh]) -> None:
    """Opened, reviewed, checked and merged, each step refused until it may be done."""
    world.repository("whole", "alice", "bob")
    world.make("POST", "/repos/acme/whole/rulesets", REVIEWED)
    here = ("-R", "acme/whole")
    opened = gh["alice"]("pr", "create", *here, "--head", "topic", "--base", "main", "--title", "T", "--body", "B")
    assert (opened.returncode, opened.stdout) == (0, f"{world.url}/acme/whole/pull/1\n")
    again = gh["alice"]("pr", "create", *here, "--head", "topic", "--base", "main", "--title", "T", "--body", "B")
    assert (
        again.returncode,
        'a pull request for branch "topic" into branch "main" already exists' in again.stderr,
    ) == (
        1,
        True,
    )
    listed = gh["bob"].json("pr", "list", *here, "--json", "number,title,author,reviewDecision")
    assert [(one["number"], one["author"]["login"], one["reviewDecision"]) for one in listed] == [
        (1, "alice", "REVIEW_REQUIRED")
    ]
    own = gh["alice"]("pr", "review", "1", "--approve", *here)
    message = "failed to create review: GraphQL: Review Can not approve your own pull request (addPullRequestReview)\n"
    assert (own.returncode, own.stderr) == (1, message)
    early = gh["alice"]("pr", "merge", "1", "--squash", *here)
    assert (early.returncode, "the base branch policy prohibits the merge" in early.stderr) == (1, True)
    forced = gh["alice"]("pr", "merge", "1", "--squash", "--admin", *here)
    assert forced.returncode == 1
    assert forced.stderr.startswith("GraphQL: Repository rule violations found\n\n")
    assert "At least 1 approving review is required by reviewers with write access." in forced.stderr
    assert 'Required status check "suite" is expected.' in forced.stderr
    assert forced.stderr.endswith("(mergePullRequest)\n")
    assert gh["bob"]("pr", "review", "1", "--approve", *here).returncode == 0
    head = gh["bob"].json("pr", "view", "1", *here, "--json", "headRefOid")["headRefOid"]
    world.make("POST", f"/repos/acme/whole/statuses/{head}", {"state": "pending", "context": "suite"}, by="bob")
    assert gh["bob"]("pr", "checks", "1", *here).returncode == 8  # gh's own code for checks that are under way
    world.make("POST", f"/repos/acme/whole/statuses/{head}", {"state": "success", "context": "suite"}, by="bob")
    checks = gh["bob"]("pr", "checks", "1", *here)
    assert (checks.returncode, checks.stdout) == (0, "suite\tpass\t0\t\t\n")
    fields = "mergeable,mergeStateStatus,reviewDecision,state,statusCheckRollup,latestReviews"
    ready = gh["alice"].json("pr", "view", "1", *here, "--json", fields)
    assert (ready["mergeable"], ready["mergeStateStatus"], ready["reviewDecision"]) == (
        "MERGEABLE",
        "CLEAN",
        "APPROVED",
    )
    assert [review["author"]["login"] for review in ready["latestReviews"]] == ["bob"]
    assert [(check["context"], check["state"]) for check in ready["statusCheckRollup"]] == [("suite", "SUCCESS")]
    assert gh["alice"]("pr", "merge", "1", "--squash", *here).returncode == 0
    merged = gh["alice"].json("pr", "view", "1", *here, "--json", "state,mergedBy,mergeCommit")
    tip = world.make("GET", "/repos/acme/whole/git/ref/heads/main")["object"]["sha"]
    assert (merged["state"], merged["mergedBy"]["login"], merged["mergeCommit"]["oid"]) == ("MERGED", "alice", tip)


@pytest.mark.parametrize("arguments", [("pr", "view", "1"), ("pr", "list"), ("ruleset", "list")])
def test_an_outsider_sees_nothing(world: World, gh: dict[str, Gh], arguments: tuple[str, ...]) -> None:
    """Whatever is asked of a repository that is hidden, there is none."""
    if world.call("GET", "/repos/acme/hidden").status_code != 200:
        world.repository("hidden")
    refused = gh["mallory"](*arguments, "-R", "acme/hidden")
    assert refused.returncode == 1
    assert "Could not resolve to a Repository with the name 'acme/hidden'." in refused.stderr


def test_a_reader_may_not_merge(world: World, gh: dict[str, Gh]) -> None:
    """Who reads may review without counting, and is told that merging is not for them."""
    world.repository("read", "alice")
    gh["alice"]("pr", "create", "-R", "acme/read", "--head", "topic", "--base", "main", "--title", "T", "--body", "")
    refused = gh["bob"]("pr", "merge", "1", "--merge", "-R", "acme/read")
    message = "GraphQL: bob does not have the correct permissions to execute `MergePullRequest` (mergePullRequest)\n"
    assert (refused.returncode, refused.stderr) == (1, message)


def test_rulesets_are_listed_viewed_and_checked(world: World, gh: dict[str, Gh]) -> None:
    """What `gh ruleset` shows is what the ruleset says."""
    world.repository("ruled", "alice")
    made = world.make("POST", "/repos/acme/ruled/rulesets", REVIEWED)
    listed = gh["alice"]("ruleset", "list", "-R", "acme/ruled")
    assert listed.stdout == f"{made['id']}\treviewed\tacme/ruled (repo)\tactive\t3\n"
    viewed = gh["olga"]("ruleset", "view", str(made["id"]), "-R", "acme/ruled")
    assert (viewed.returncode, "Enforcement: Active" in viewed.stdout) == (0, True), viewed.stderr
    checked = gh["alice"]("ruleset", "check", "main", "-R", "acme/ruled")
    assert "3 rules apply to branch main in repo acme/ruled" in checked.stdout


def test_runs_are_listed_for_those_who_may_see_them(world: World, gh: dict[str, Gh]) -> None:
    """A job that no runner takes waits; an outsider is told that there is nothing."""
    world.repository("ran", "alice")
    content = base64.b64encode(b"name: CI\non: push\njobs: {a: {runs-on: u, steps: [{run: x}]}}\n").decode()
    document = {"message": "Build", "content": content}
    world.make("PUT", "/repos/acme/ran/contents/.github/workflows/ci.yml", document)
    fields = "workflowName,displayTitle,event,headBranch,status,conclusion"
    assert gh["alice"].json("run", "list", "-R", "acme/ran", "--json", fields) == [
        {
            "workflowName": "CI",
            "displayTitle": "Build",
            "event": "push",
            "headBranch": "main",
            "status": "queued",
            "conclusion": "",
        }
    ]
    refused = gh["mallory"]("run", "list", "-R", "acme/ran")
    address = "https://api.github.com/repos/acme/ran/actions/runs?exclude_pull_requests=true&per_page=20"
    assert (refused.returncode, refused.stderr) == (1, f"failed to get runs: HTTP 404: Not Found ({address})\n")


def test_variables_and_secrets(world: World, gh: dict[str, Gh]) -> None:
    """Writers set them; secrets are sealed on the way, and only their names come back."""
    world.repository("kept", "alice")
    here = ("-R", "acme/kept")
    assert gh["alice"]("variable", "set", "PLACE", "-b", "here", *here).returncode == 0
    assert gh["alice"].json("variable", "list", *here, "--json", "name,value") == [{"name": "PLACE", "value": "here"}]
    assert gh["alice"]("secret", "set", "WORD", "-b", "sesame", *here).returncode == 0
    assert gh["alice"].json("secret", "list", *here, "--json", "name") == [{"name": "WORD"}]
    refused = gh["bob"]("variable", "set", "PLACE", "-b", "there", *here)
    assert (refused.returncode, "HTTP 403" in refused.stderr) == (1, True)


def test_what_this_world_cannot_answer_is_named(world: World, gh: dict[str, Gh]) -> None:
    """A field that is not modelled is an error with its name, never an empty answer, and the status counts it."""
    refused = gh["alice"]("api", "graphql", "-f", "query={viewer{bioHTML}}")
    assert (refused.returncode, refused.stderr) == (1, "gh: This world does not answer User.bioHTML\n")
    assert "GraphQL User.bioHTML" in world.make("GET", "/_world/status")["github"]["unknown_routes"]
