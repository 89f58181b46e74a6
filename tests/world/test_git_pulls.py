"""Pull requests as git users meet them: pushed branches, their refs, who pushed last, merges to fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.world.conftest import RunningWorld

    Git = Callable[..., subprocess.CompletedProcess[str]]


def _repository(world: RunningWorld, name: str) -> None:
    world.repository(name, auto_init=True)
    for login, permission in (("alice", "push"), ("mallory", "push")):
        world.request("PUT", f"/repos/acme/{name}/collaborators/{login}", document={"permission": permission})
    for invitation in world.request("GET", "/user/repository_invitations", "mallory").json():
        world.request("PATCH", f"/user/repository_invitations/{invitation['id']}", "mallory")
    reviews = {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": False,
        "require_last_push_approval": True,
        "required_review_thread_resolution": False,
    }
    ruleset = {
        "name": "main",
        "target": "branch",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": [{"type": "pull_request", "parameters": reviews}],
    }
    made = world.request("POST", f"/repos/acme/{name}/rulesets", document=ruleset)
    assert made.status_code == 201, made.text


def _push(git: Git, world: RunningWorld, name: str, login: str, tree: Path, *, path: str) -> None:
    (tree / path).write_text(f"by {login}\n")
    git("add", "--all", cwd=tree)
    git("commit", "--quiet", f"--message=Add {path}", cwd=tree)
    git("push", "--quiet", world.git_url(name, login), "HEAD:topic", cwd=tree)


def test_a_pushed_branch_is_proposed_reviewed_and_merged(world: RunningWorld, git: Git, tmp_path: Path) -> None:
    """A push after the approval takes it away, its pusher's own counts not, and the merge can be fetched."""
    name, tree = "pushed-pulls", tmp_path / "clone"
    _repository(world, name)
    git("clone", "--quiet", world.git_url(name, "alice"), str(tree))
    _push(git, world, name, "alice", tree, path="one")
    base = f"/repos/acme/{name}/pulls"
    opened = world.request("POST", base, "alice", {"title": "T", "head": "topic", "base": "main"})
    assert opened.status_code == 201, opened.text
    approve = {"event": "APPROVE"}
    assert world.request("POST", f"{base}/1/reviews", "mallory", approve).json()["state"] == "APPROVED"
    _push(git, world, name, "mallory", tree, path="two")
    head = git("rev-parse", "HEAD", cwd=tree).stdout.strip()
    refs = git("ls-remote", world.git_url(name, "alice"), "refs/pull/*").stdout.split()
    assert refs[:2] == [head, "refs/pull/1/head"]
    assert refs[3] == "refs/pull/1/merge"
    reviews = [review["state"] for review in world.request("GET", f"{base}/1/reviews", "alice").json()]
    assert reviews == ["DISMISSED"]
    assert world.request("POST", f"{base}/1/reviews", "mallory", approve).status_code == 200
    refused = world.request("PUT", f"{base}/1/merge", "alice", {})
    wanted = "New changes require approval from someone other than the last pusher."
    assert (refused.status_code, refused.json()["message"]) == (
        405,
        f"Repository rule violations found\n\n{wanted}\n\n",
    )
    assert world.request("POST", f"{base}/1/reviews", "olga", approve).status_code == 200
    merged = world.request("PUT", f"{base}/1/merge", "alice", {"merge_method": "squash"})
    assert merged.status_code == 200, merged.text
    git("fetch", "--quiet", world.git_url(name, "alice"), "main", cwd=tree)
    assert git("rev-parse", "FETCH_HEAD", cwd=tree).stdout.strip() == merged.json()["sha"]
    assert git("diff", "--name-only", "HEAD", "FETCH_HEAD", cwd=tree).stdout == ""


def test_the_refs_of_pull_requests_are_not_pushed_to(world: RunningWorld, git: Git, work_tree: Path) -> None:
    """They are GitHub's own."""
    world.repository("pulls-refs")
    git("push", "--quiet", world.git_url("pulls-refs"), "main", cwd=work_tree)
    done = git("push", world.git_url("pulls-refs"), "main:refs/pull/9/head", cwd=work_tree, check=False)
    assert done.returncode == 1
    assert "! [remote rejected] main -> refs/pull/9/head (deny updating a hidden ref)" in done.stderr
