"""Pushes that meet rules, with git itself as the client: verdicts for each ref, in GitHub's words."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.world.conftest import BY_RULESET, PULL_REQUEST, commit, push, put_ruleset, refusal, remote_lines

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.world.conftest import RunningWorld

    Git = Callable[..., subprocess.CompletedProcess[str]]


def checks(*contexts: str, **parameters: object) -> dict[str, Any]:
    """Return a rule that requires these checks."""
    required = [{"context": context} for context in contexts]
    return {
        "type": "required_status_checks",
        "parameters": {
            "strict_required_status_checks_policy": True,
            "required_status_checks": required,
            **parameters,
        },
    }


def test_a_direct_push_is_refused_and_other_refs_of_it_go_through(
    world: RunningWorld, git: Git, work_tree: Path, pushed: str
) -> None:
    """Each ref has a verdict of its own: the branch without rules and the tag arrive, main bounces."""
    put_ruleset(world, pushed, PULL_REQUEST)
    before = git("rev-parse", "HEAD", cwd=work_tree).stdout.strip()
    after = commit(git, work_tree)
    git("tag", "v1", cwd=work_tree)
    done = push(world, git, work_tree, pushed, "main", "main:feature", "v1")
    assert done.returncode == 1
    assert remote_lines(done) == refusal(
        world, pushed, "refs/heads/main", "Changes must be made through a pull request."
    )
    assert f"! [remote rejected] main -> main {BY_RULESET}\n" in done.stderr
    listed = git("ls-remote", world.git_url(pushed)).stdout
    assert listed == f"{before}\tHEAD\n{after}\trefs/heads/feature\n{before}\trefs/heads/main\n{after}\trefs/tags/v1\n"


def test_a_push_leaves_a_rule_suite_for_each_ref_with_rules(
    world: RunningWorld, git: Git, work_tree: Path, pushed: str
) -> None:
    """Refused and allowed ones are kept; a ref without rules leaves none."""
    before = git("rev-parse", "HEAD", cwd=work_tree).stdout.strip()
    put_ruleset(world, pushed, PULL_REQUEST)
    names = {"ref_name": {"include": ["refs/heads/held"], "exclude": []}}
    put_ruleset(world, pushed, {"type": "deletion"}, name="other", conditions=names)
    after = commit(git, work_tree)
    push(world, git, work_tree, pushed, "main", "main:held", "main:free")
    found = world.request("GET", f"/repos/acme/{pushed}/rulesets/rule-suites").json()
    kept = {(suite["ref"], suite["before_sha"], suite["after_sha"], suite["result"]) for suite in found}
    absent = "0" * 40
    assert kept == {("refs/heads/main", before, after, "fail"), ("refs/heads/held", absent, after, "pass")}


REFUSALS: list[Any] = [
    pytest.param(({"type": "update"}, "HEAD:main", "Cannot update this protected ref."), id="update"),
    pytest.param(({"type": "deletion"}, ":held", "Cannot delete this branch"), id="deletion"),
    pytest.param(
        ({"type": "creation"}, "HEAD:new", "Cannot create ref due to creations being restricted."), id="create"
    ),
    pytest.param(({"type": "non_fast_forward"}, "+HEAD^:held", "Cannot force-push to this branch"), id="force"),
    pytest.param((checks("x"), "HEAD:main", 'Required status check "x" is expected.'), id="check"),
    pytest.param((checks("x", "y"), "HEAD:main", "2 of 2 required status checks are expected."), id="two-checks"),
]


@pytest.mark.parametrize("case", REFUSALS)
def test_each_rule_about_a_ref_refuses_in_its_words(
    world: RunningWorld, git: Git, work_tree: Path, pushed: str, case: tuple[dict[str, Any], str, str]
) -> None:
    """The push is refused while the rule stands, and goes through once it doesn't."""
    rule, refspec, problem = case
    commit(git, work_tree)
    push(world, git, work_tree, pushed, "HEAD:held")
    put_ruleset(world, pushed, rule, conditions={"ref_name": {"include": ["~ALL"], "exclude": []}})
    ref = f"refs/heads/{refspec.rpartition(':')[2]}"
    done = push(world, git, work_tree, pushed, refspec)
    assert (done.returncode, remote_lines(done)) == (1, refusal(world, pushed, ref, problem))
    [held] = world.request("GET", f"/repos/acme/{pushed}/rulesets").json()
    assert world.request("DELETE", f"/repos/acme/{pushed}/rulesets/{held['id']}").status_code == 204
    assert push(world, git, work_tree, pushed, refspec).returncode == 0


def test_rules_about_commits_name_them(world: RunningWorld, git: Git, work_tree: Path, pushed: str) -> None:
    """Merge commits, unsigned commits and wrong messages are listed below the sentence about them."""
    pattern = {"operator": "regex", "pattern": "^[A-Z]+-[0-9]+", "name": "", "negate": False}
    put_ruleset(
        world,
        pushed,
        {"type": "required_linear_history"},
        {"type": "required_signatures"},
        {"type": "commit_message_pattern", "parameters": pattern},
    )
    git("switch", "--quiet", "--create", "side", cwd=work_tree)
    side = commit(git, work_tree, "AB-1 Side", side="s")
    git("switch", "--quiet", "main", cwd=work_tree)
    main = commit(git, work_tree, "Nothing", main="m")
    git("merge", "--quiet", "--no-ff", "--message=AB-2 Merge", "side", cwd=work_tree)
    merge = git("rev-parse", "HEAD", cwd=work_tree).stdout.strip()
    done = push(world, git, work_tree, pushed, "main")
    listed = git("rev-list", f"{main}^..HEAD", cwd=work_tree).stdout.split()
    assert set(listed) == {side, main, merge}
    assert remote_lines(done) == refusal(
        world,
        pushed,
        "refs/heads/main",
        f"This branch must not contain merge commits.\nFound 1 violation:\n\n{merge}",
        "Commits must have verified signatures.\nFound 3 violations:\n\n" + "\n".join(listed),
        f"Commit message must match a given regex pattern: ^[A-Z]+-[0-9]+\nFound 1 violation:\n\n{main}",
    )


def test_push_rulesets_hold_every_ref(world: RunningWorld, git: Git, work_tree: Path, pushed: str) -> None:
    """A restricted path, size or extension does not come in by any branch or tag."""
    put_ruleset(
        world,
        pushed,
        {"type": "file_path_restriction", "parameters": {"restricted_file_paths": [".gitmodules", "locked/**"]}},
        {"type": "file_extension_restriction", "parameters": {"restricted_file_extensions": ["*.pem"]}},
        {"type": "max_file_size", "parameters": {"max_file_size": 1}},
        {"type": "max_file_path_length", "parameters": {"max_file_path_length": 20}},
        target="push",
        conditions=None,
    )
    commit(git, work_tree, **{"locked/in/deep": "1", "key.pem": "2", "a-very-long-name-of-a-file": "3", "fine": "4"})
    (work_tree / "big").write_bytes(os.urandom(1_100_000))
    commit(git, work_tree)
    git("tag", "v1", cwd=work_tree)
    done = push(world, git, work_tree, pushed, "v1")
    assert remote_lines(done) == refusal(
        world,
        pushed,
        "refs/tags/v1",
        "File path is restricted\nFound 1 violation:\n\nlocked/in/deep",
        "File extension is restricted\nFound 1 violation:\n\nkey.pem",
        "File size is too large\nFound 1 violation:\n\nbig",
        "File path is too long\nFound 1 violation:\n\na-very-long-name-of-a-file",
    )


def test_an_actor_who_may_bypass_is_told_so(world: RunningWorld, git: Git, work_tree: Path, pushed: str) -> None:
    """The push goes through, what was passed by is said; an exempt actor hears nothing, another one is refused."""
    app = world.request("GET", "/apps/writer").json()["id"]
    bypass = [
        {"actor_id": None, "actor_type": "OrganizationAdmin", "bypass_mode": "always"},
        {"actor_id": app, "actor_type": "Integration", "bypass_mode": "exempt"},
    ]
    put_ruleset(world, pushed, PULL_REQUEST, bypass_actors=bypass)
    world.request("PUT", f"/repos/acme/{pushed}/collaborators/alice", document={"permission": "admin"})
    commit(git, work_tree)
    assert push(world, git, work_tree, pushed, "main", login="alice").returncode == 1
    done = push(world, git, work_tree, pushed, "main")
    assert (done.returncode, remote_lines(done)) == (
        0,
        "Bypassed rule violations for refs/heads/main:\n\n- Changes must be made through a pull request.\n",
    )
    commit(git, work_tree)
    done = push(world, git, work_tree, pushed, "main", login="writer")
    assert (done.returncode, remote_lines(done)) == (0, "")


def test_a_bypass_for_pull_requests_does_not_help_a_push(
    world: RunningWorld, git: Git, work_tree: Path, pushed: str
) -> None:
    """`pull_request` counts when merging, not when pushing."""
    bypass = [{"actor_id": None, "actor_type": "OrganizationAdmin", "bypass_mode": "pull_request"}]
    put_ruleset(world, pushed, PULL_REQUEST, bypass_actors=bypass)
    commit(git, work_tree)
    assert push(world, git, work_tree, pushed, "main").returncode == 1


@pytest.mark.parametrize("enforcement", ["disabled", "evaluate"])
def test_a_ruleset_that_is_not_active_holds_nobody(
    world: RunningWorld, git: Git, work_tree: Path, pushed: str, enforcement: str
) -> None:
    """A disabled or merely evaluated ruleset lets everything through, silently."""
    put_ruleset(world, pushed, PULL_REQUEST, enforcement=enforcement)
    commit(git, work_tree)
    done = push(world, git, work_tree, pushed, "main")
    assert (done.returncode, remote_lines(done)) == (0, "")


def test_an_organizations_ruleset_reaches_by_name(world: RunningWorld, git: Git, work_tree: Path, pushed: str) -> None:
    """Only the repositories that its condition names are held."""
    document = {
        "name": "by name",
        "target": "branch",
        "enforcement": "active",
        "conditions": {
            "ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []},
            "repository_name": {"include": [f"{pushed[:-2]}*"], "exclude": []},
        },
        "rules": [{"type": "update"}],
    }
    made = world.request("POST", "/orgs/acme/rulesets", document=document).json()
    world.repository("not-named")
    git("push", "--quiet", world.git_url("not-named"), "main", cwd=work_tree)
    commit(git, work_tree)
    done = push(world, git, work_tree, pushed, "main")
    assert remote_lines(done) == refusal(world, pushed, "refs/heads/main", "Cannot update this protected ref.")
    assert push(world, git, work_tree, "not-named", "main").returncode == 0
    assert world.request("DELETE", f"/orgs/acme/rulesets/{made['id']}").status_code == 204
    assert push(world, git, work_tree, pushed, "main").returncode == 0


def test_a_tag_is_made_only_by_whoever_may(world: RunningWorld, git: Git, work_tree: Path, pushed: str) -> None:
    """A tag ruleset refuses everybody but its bypass actor, and tags that it doesn't name stay free."""
    app = world.request("GET", "/apps/writer").json()["id"]
    put_ruleset(
        world,
        pushed,
        {"type": "creation"},
        target="tag",
        conditions={"ref_name": {"include": ["refs/tags/v*"], "exclude": []}},
        bypass_actors=[{"actor_id": app, "actor_type": "Integration", "bypass_mode": "always"}],
    )
    git("tag", "v1", cwd=work_tree)
    git("tag", "other", cwd=work_tree)
    done = push(world, git, work_tree, pushed, "v1", "other")
    assert remote_lines(done) == refusal(
        world, pushed, "refs/tags/v1", "Cannot create ref due to creations being restricted."
    )
    assert git("ls-remote", "--tags", world.git_url(pushed)).stdout.endswith("refs/tags/other\n")
    assert push(world, git, work_tree, pushed, "v1", login="writer").returncode == 0


def test_an_app_needs_a_permission_of_its_own_for_workflows(
    world: RunningWorld, git: Git, work_tree: Path, pushed: str
) -> None:
    """A push of an app that brings a workflow is refused; a person's is not."""
    commit(git, work_tree, **{".github/workflows/build.yml": "on: push\n"})
    done = push(world, git, work_tree, pushed, "main:ci", login="writer")
    problem = (
        "refusing to allow a GitHub App to create or update workflow `.github/workflows/build.yml` "
        "without `workflows` permission"
    )
    assert remote_lines(done) == refusal(world, pushed, "refs/heads/ci", problem)
    assert push(world, git, work_tree, pushed, "main:ci").returncode == 0


def test_rules_ask_what_was_done_with_a_commit(world: RunningWorld, git: Git, work_tree: Path, pushed: str) -> None:
    """A push brings no deployment and no workflow's run, so it is refused; another environment's would not help."""
    put_ruleset(
        world, pushed, {"type": "required_deployments", "parameters": {"required_deployment_environments": ["staging"]}}
    )
    workflow = {"repository_id": 1, "path": ".github/workflows/gate.yml"}
    document = {
        "name": pushed,
        "target": "branch",
        "enforcement": "active",
        "conditions": {
            "ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []},
            "repository_name": {"include": [pushed], "exclude": []},
        },
        "rules": [{"type": "workflows", "parameters": {"workflows": [workflow]}}],
    }
    made = world.request("POST", "/orgs/acme/rulesets", document=document)
    commit(git, work_tree)
    done = push(world, git, work_tree, pushed, "main")
    assert remote_lines(done) == refusal(
        world,
        pushed,
        "refs/heads/main",
        "Required deployments to staging have not succeeded.",
        "Required workflow '.github/workflows/gate.yml' is expected.",
    )
    assert world.request("DELETE", f"/orgs/acme/rulesets/{made.json()['id']}").status_code == 204


def test_addresses_and_names_must_fit(world: RunningWorld, git: Git, work_tree: Path, pushed: str) -> None:
    """Of authors and committers, of branches and of tags."""
    pattern = {"operator": "contains", "pattern": "corp", "name": "", "negate": False}
    everything = {"ref_name": {"include": ["~ALL"], "exclude": []}}
    kinds = ("commit_author_email_pattern", "committer_email_pattern", "branch_name_pattern")
    rules = [{"type": kind, "parameters": pattern} for kind in kinds]
    put_ruleset(world, pushed, *rules, conditions=everything)
    tags = {"type": "tag_name_pattern", "parameters": pattern}
    put_ruleset(world, pushed, tags, name="tags", target="tag", conditions=everything)
    sha = commit(git, work_tree)
    git("tag", "v1", cwd=work_tree)
    listed = f"\nFound 1 violation:\n\n{sha}"
    assert remote_lines(push(world, git, work_tree, pushed, "main")) == refusal(
        world,
        pushed,
        "refs/heads/main",
        f"Commit author email must contain a matching pattern: corp{listed}",
        f"Committer email must contain a matching pattern: corp{listed}",
        "Branch name must contain a matching pattern: corp",
    )
    problem = "Tag name must contain a matching pattern: corp"
    assert remote_lines(push(world, git, work_tree, pushed, "v1")) == refusal(world, pushed, "refs/tags/v1", problem)
    assert push(world, git, work_tree, pushed, "v1:refs/tags/corp-1").returncode == 0


def test_classic_protection_has_its_own_words(world: RunningWorld, git: Git, work_tree: Path, pushed: str) -> None:
    """GH006 and `protected branch hook declined`; both hold where a ruleset stands beside it."""
    nothing = dict.fromkeys(("required_status_checks", "restrictions"))
    reviews = {"required_approving_review_count": 1}
    document = {**nothing, "enforce_admins": True, "required_pull_request_reviews": reviews}
    made = world.request("PUT", f"/repos/acme/{pushed}/branches/main/protection", document=document)
    assert made.status_code == 200, made.text
    commit(git, work_tree)
    done = push(world, git, work_tree, pushed, "main")
    said = "error: GH006: Protected branch update failed for refs/heads/main.\n"
    assert remote_lines(done) == f"{said}\n- Changes must be made through a pull request.\n"
    assert "! [remote rejected] main -> main (protected branch hook declined)\n" in done.stderr
    put_ruleset(world, pushed, {"type": "update"})
    both = ("Cannot update this protected ref.", "Changes must be made through a pull request.")
    assert remote_lines(push(world, git, work_tree, pushed, "main")) == refusal(world, pushed, "refs/heads/main", *both)


def test_a_pattern_that_would_take_for_ever_takes_no_time(
    world: RunningWorld, git: Git, work_tree: Path, pushed: str
) -> None:
    """A pattern made to backtrack does not hold up the world."""
    pattern = {"operator": "regex", "pattern": "^(a+)+$", "name": "", "negate": True}
    put_ruleset(world, pushed, {"type": "commit_message_pattern", "parameters": pattern})
    commit(git, work_tree, "a" * 5000 + "!")
    started = time.monotonic()
    assert push(world, git, work_tree, pushed, "main").returncode == 0
    assert time.monotonic() - started < 5
