"""Every type of rule against every way of the API to change a branch: each is refused in the rule's words.

`docs/world.md` has the table; git's column is `test_git_rules`.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from twinlock_world.github.rules import NOT_MODELLED, RULES

if TYPE_CHECKING:
    from tests.world.github.conftest import Hub

ROOT: Final = Path(__file__).parents[3]
APP: Final = "/repos/acme/app"
MERGE: Final = """
mutation($id: ID!) { mergePullRequest(input: {pullRequestId: $id, mergeMethod: MERGE}) { pullRequest { merged } } }
"""
_PATTERN: Final = {"operator": "contains", "name": "", "negate": False}
_ONE: Final = "\n  Found 1 violation:\n\n  SHA"


@dataclass(frozen=True)
class Case:
    """A rule that forbids a change of main, and what is said: of a commit pushed to it, and of a merge into it."""

    type: str
    pushed: str
    parameters: dict[str, Any] = field(default_factory=dict)
    merged: str = ""
    target: str = "branch"

    def __str__(self) -> str:
        """Name the case after its rule."""
        return self.type


CASES: Final = (
    Case("update", "Cannot update this protected ref."),
    Case(
        "pull_request",
        "Changes must be made through a pull request.",
        {
            "required_approving_review_count": 1,
            "dismiss_stale_reviews_on_push": False,
            "require_code_owner_review": False,
            "require_last_push_approval": False,
            "required_review_thread_resolution": False,
        },
        "At least 1 approving review is required by reviewers with write access.",
    ),
    Case(
        "required_status_checks",
        'Required status check "ci" is expected.',
        {"strict_required_status_checks_policy": True, "required_status_checks": [{"context": "ci"}]},
    ),
    Case(
        "required_deployments",
        "Required deployments to staging have not succeeded.",
        {"required_deployment_environments": ["staging"]},
    ),
    Case("required_linear_history", f"This branch must not contain merge commits.{_ONE}"),
    Case(
        "required_signatures",
        f"Commits must have verified signatures.{_ONE}\n  SHA".replace("1 violation", "2 violations"),
        merged=f"Commits must have verified signatures.{_ONE}",
    ),
    Case(
        "commit_message_pattern",
        f"Commit message must contain a matching pattern: TICKET{_ONE}\n  SHA".replace("1 violation", "2 violations"),
        {**_PATTERN, "pattern": "TICKET"},
    ),
    Case(
        "commit_author_email_pattern",
        f"Commit author email must contain a matching pattern: @corp{_ONE}\n  SHA".replace(
            "1 violation", "2 violations"
        ),
        {**_PATTERN, "pattern": "@corp"},
    ),
    Case(
        "committer_email_pattern",
        f"Committer email must contain a matching pattern: @corp{_ONE}\n  SHA".replace("1 violation", "2 violations"),
        {**_PATTERN, "pattern": "@corp"},
    ),
    Case("branch_name_pattern", "Branch name must contain a matching pattern: trunk", {**_PATTERN, "pattern": "trunk"}),
    Case(
        "file_path_restriction",
        "File path is restricted\n  Found 1 violation:\n\n  locked/file.pem",
        {"restricted_file_paths": ["locked/**"]},
        target="push",
    ),
    Case(
        "file_extension_restriction",
        "File extension is restricted\n  Found 1 violation:\n\n  locked/file.pem",
        {"restricted_file_extensions": ["pem"]},
        target="push",
    ),
    Case(
        "max_file_path_length",
        "File path is too long\n  Found 1 violation:\n\n  locked/file.pem",
        {"max_file_path_length": 5},
        target="push",
    ),
    Case(
        "max_file_size",
        "File size is too large\n  Found 1 violation:\n\n  locked/file.pem",
        {"max_file_size": 1},
        target="push",
    ),
)


@pytest.fixture
def pull(hub: Hub) -> dict[str, Any]:
    """A pull request whose head is a merge commit that brings one file of a bit more than a megabyte."""
    hub.repository("app", visibility="private")
    main = hub.make("GET", f"{APP}/git/ref/heads/main")["object"]["sha"]
    hub.make("POST", f"{APP}/git/refs", {"ref": "refs/heads/side", "sha": main})
    content = base64.b64encode(b"x" * 1_100_000).decode()
    document = {"message": "Add", "content": content, "branch": "side", "committer": {"name": "C", "email": "c@c.c"}}
    made = hub.make("PUT", f"{APP}/contents/locked/file.pem", document)["commit"]
    document = {"message": "Merge", "tree": made["tree"]["sha"], "parents": [made["sha"], main]}
    joined = hub.make("POST", f"{APP}/git/commits", document)["sha"]
    found: dict[str, Any] = hub.make("POST", f"{APP}/pulls", {"title": "Add", "head": "side", "base": "main"})
    return {**found, "joined": joined}


def hold(hub: Hub, case: Case) -> None:
    """Put the case's rule on main, or on every push."""
    rule = {"type": case.type, **({"parameters": case.parameters} if case.parameters else {})}
    names = {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}
    document = {
        "name": "held",
        "target": case.target,
        "enforcement": "active",
        "rules": [rule],
        "conditions": names if case.target == "branch" else None,
    }
    hub.make("POST", f"{APP}/rulesets", document)


def violations(case: Case, *, merging: bool) -> str:
    """Return what is said of the case."""
    text = (case.merged or case.pushed) if merging else case.pushed
    return f"Repository rule violations found\n\n{text}\n\n"


def without_names(message: str) -> str:
    """Return a message without the commits that it names."""
    return re.sub(r"[0-9a-f]{40}", "SHA", message)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_way_of_the_api_goes_past_it(hub: Hub, pull: dict[str, Any], case: Case) -> None:
    """Moving main, merging by REST and merging by GraphQL are refused while the rule stands, and go without it.

    Each refusal leaves a rule suite that failed.
    """
    hold(hub, case)
    moved = hub.call("PATCH", f"{APP}/git/refs/heads/main", {"sha": pull["joined"]})
    assert (moved.status, without_names(moved.message)) == (422, violations(case, merging=False))
    merged = hub.call("PUT", f"{APP}/pulls/{pull['number']}/merge", {"merge_method": "merge"})
    assert (merged.status, without_names(merged.message)) == (405, violations(case, merging=True))
    query = {"query": MERGE, "variables": {"id": pull["node_id"]}}
    [error] = hub.make("POST", "/graphql", query)["errors"]
    assert without_names(error["message"]) == violations(case, merging=True)
    suites = hub.make("GET", f"{APP}/rulesets/rule-suites")
    assert [(suite["result"], suite["ref"]) for suite in suites] == [("fail", "refs/heads/main")] * 3
    [held] = hub.make("GET", f"{APP}/rulesets")
    hub.make("DELETE", f"{APP}/rulesets/{held['id']}")
    assert hub.make("POST", "/graphql", query)["data"]["mergePullRequest"]["pullRequest"]["merged"] is True


def test_an_organizations_workflow_must_have_run(hub: Hub, pull: dict[str, Any]) -> None:
    """Without a run of the required workflow on the head, neither a ref moves nor a pull request is merged."""
    workflow = {"repository_id": 1, "path": ".github/workflows/gate.yml"}
    document = {
        "name": "held",
        "target": "branch",
        "enforcement": "active",
        "conditions": {
            "ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []},
            "repository_name": {"include": ["~ALL"], "exclude": []},
        },
        "rules": [{"type": "workflows", "parameters": {"workflows": [workflow]}}],
    }
    hub.make("POST", "/orgs/acme/rulesets", document)
    said = "Repository rule violations found\n\nRequired workflow '.github/workflows/gate.yml' is expected.\n\n"
    moved = hub.call("PATCH", f"{APP}/git/refs/heads/main", {"sha": pull["joined"]})
    merged = hub.call("PUT", f"{APP}/pulls/{pull['number']}/merge")
    assert [(answer.status, answer.message) for answer in (moved, merged)] == [(422, said), (405, said)]


def test_the_table_names_every_rule_and_only_tests_that_exist() -> None:
    """A row for each type of rule; each cell is a link to a test, or says why there is none."""
    text = (ROOT / "docs" / "world.md").read_text()
    rows = {row[1]: row[0] for row in re.finditer(r"^\| `(\w+)` \|.*$", text, re.MULTILINE)}
    assert set(RULES) <= set(rows)
    assert {name for name in RULES if "501" in rows[name]} == NOT_MODELLED
    links = re.findall(r"\]\(\.\./(tests/[\w/]+\.py) \"(test_\w+)\"\)", text)
    assert len(links) > 30
    for path, name in links:
        assert f"def {name}(" in (ROOT / path).read_text(), (path, name)
