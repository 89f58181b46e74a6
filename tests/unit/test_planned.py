"""What a plan is bound to, read from real checkouts: a branch that is squashed keeps its tree and its base."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from twinlock.engine.sealed_plan import PlannedStack, SealedPlan, differences
from twinlock.errors import BadInput
from twinlock.planned import manifest_digest, origin, present

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Git = Callable[..., str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a directory with a manifest."""
    (tmp_path / "services").mkdir()
    (tmp_path / "platform.yaml").write_text("organization: acme\n")
    (tmp_path / "roster.yaml").write_text("people: {}\n")
    (tmp_path / "services" / "payments.yaml").write_text("service: payments\n")
    return tmp_path


@pytest.fixture
def git(root: Path) -> Git:
    """Make the directory a checkout with one commit on main, and return a function that runs git in it."""
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{role}_{what}": "test" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=root, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    run("init", "--quiet", "--initial-branch=main")
    run("add", "--all")
    run("commit", "--quiet", "--message=Begin")
    return run


def _plan(root: Path) -> SealedPlan:
    return SealedPlan(origin(root, "3.256.0"), (PlannedStack("organization/platform", "none", b"{}"),))


def _change(root: Path, git: Git) -> None:
    (root / "roster.yaml").write_text("people: {alice: {}}\n")
    git("commit", "--quiet", "--all", "--message=Change")


def test_a_plan_of_a_branch_stands_on_where_it_left_main(root: Path, git: Git) -> None:
    """Tree and manifest are the branch's, the base is main's commit."""
    base = git("rev-parse", "main")
    git("checkout", "--quiet", "-b", "change")
    _change(root, git)
    found = origin(root, "3.256.0")
    assert (found.base, found.tree) == (base, git("rev-parse", "HEAD^{tree}"))
    assert (found.manifest, found.engine) == (manifest_digest(root), "3.256.0")


def test_a_squash_merge_keeps_what_a_plan_is_bound_to(root: Path, git: Git) -> None:
    """The commit is another, tree and base are the same: the plan may be carried out."""
    git("checkout", "--quiet", "-b", "change")
    _change(root, git)
    plan = _plan(root)
    git("checkout", "--quiet", "main")
    git("merge", "--quiet", "--squash", "change")
    git("commit", "--quiet", "--message=Squashed")
    assert differences(plan, present(root, "3.256.0", {})) == []


def test_a_plan_does_not_survive_another_merge_before_it(root: Path, git: Git) -> None:
    """Another change on main makes both the tree and the base others."""
    git("checkout", "--quiet", "-b", "change")
    _change(root, git)
    plan = _plan(root)
    git("checkout", "--quiet", "main")
    (root / "README.md").write_text("# acme\n")
    git("add", "--all")
    git("commit", "--quiet", "--message=Another")
    git("merge", "--quiet", "--squash", "change")
    git("commit", "--quiet", "--message=Squashed")
    assert [each.what for each in differences(plan, present(root, "3.256.0", {}))] == [
        "the git tree",
        "the commit that it stands on",
    ]


def test_a_plan_of_main_may_be_carried_out_there(root: Path, git: Git) -> None:
    """Where nobody works on branches, a plan stands on HEAD itself."""
    plan = _plan(root)
    assert plan.origin.base == git("rev-parse", "HEAD")
    assert differences(plan, present(root, "3.256.0", {})) == []


def test_the_remote_tells_where_main_is(root: Path, git: Git) -> None:
    """A local main that lags behind is not what a change is merged onto."""
    first = git("rev-parse", "HEAD")
    _change(root, git)
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    git("checkout", "--quiet", "-b", "change")
    git("branch", "--force", "main", first)
    assert origin(root, "3.256.0").base == git("rev-parse", "origin/main")


@pytest.mark.parametrize("read", [lambda root: origin(root, "1"), lambda root: present(root, "1", {})])
def test_what_is_not_committed_is_refused(root: Path, git: Git, read: Callable[[Path], object]) -> None:
    """Neither a plan nor its execution takes what nobody has reviewed."""
    (root / "roster.yaml").write_text("people: {mallory: {}}\n")
    (root / "services" / "orders.yaml").write_text("service: orders\n")
    assert git("status", "--short")
    with pytest.raises(BadInput) as caught:
        read(root)
    assert str(caught.value) == (
        "No plan can be bound to this directory.\n"
        "Not committed: roster.yaml and 1 more. What is not committed was not reviewed.\n"
        "Commit it, or put it away, then run the same command again."
    )


def test_a_directory_without_a_commit_is_refused(root: Path) -> None:
    """Without git there is nothing that a reviewer could have seen."""
    with pytest.raises(BadInput) as caught:
        origin(root, "1")
    assert str(caught.value) == (
        "No plan can be bound to this directory.\n"
        "git says: fatal: not a git repository (or any of the parent directories): .git\n"
        "Keep the platform directory in a git repository with a commit: `git init`, `git add .`, `git commit`."
    )


def test_the_manifests_digest_is_of_names_and_contents(root: Path) -> None:
    """A moved line between files, or a file under another name, is another manifest; other files are none of it."""
    before = manifest_digest(root)
    (root / "README.md").write_text("# acme\n")
    assert manifest_digest(root) == before
    (root / "services" / "payments.yaml").rename(root / "services" / "orders.yaml")
    assert manifest_digest(root) != before


def test_a_plan_names_who_wrote_what_is_not_in_its_base(root: Path, git: Git) -> None:
    """Each address once; where all is in the base, the last commit's."""
    assert origin(root, "3.256.0").authors == ("test",)
    git("checkout", "--quiet", "-b", "change")
    (root / "roster.yaml").write_text("people: {alice: {}}\n")
    git("commit", "--quiet", "--all", "--message=Change", "--author=Alice <alice@acme.example>")
    (root / "roster.yaml").write_text("people: {ahmed: {}}\n")
    git("commit", "--quiet", "--all", "--message=Change", "--author=Rita <rita@acme.example>")
    assert origin(root, "3.256.0").authors == ("alice@acme.example", "rita@acme.example")
