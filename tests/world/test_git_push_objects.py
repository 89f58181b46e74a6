"""What becomes of the objects that a push brings: those of what is refused are nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.world.conftest import BY_RULESET, PULL_REQUEST, commit, push, put_ruleset

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.world.conftest import RunningWorld

    Git = Callable[..., subprocess.CompletedProcess[str]]


def test_objects_of_a_refused_push_cannot_be_read(world: RunningWorld, git: Git, work_tree: Path, pushed: str) -> None:
    """A refused commit, its tree and its file are nowhere, while what an accepted ref of the same push needs is."""
    put_ruleset(world, pushed, PULL_REQUEST)
    git("switch", "--quiet", "--create", "side", cwd=work_tree)
    accepted = commit(git, work_tree, accepted="accepted")
    git("switch", "--quiet", "main", cwd=work_tree)
    refused = commit(git, work_tree, hidden="refused")
    blob = git("rev-parse", "HEAD:hidden", cwd=work_tree).stdout.strip()
    assert push(world, git, work_tree, pushed, "main", "side").returncode == 1
    base = f"/repos/acme/{pushed}"
    assert world.request("GET", f"{base}/git/commits/{accepted}").status_code == 200
    assert world.request("GET", f"{base}/contents/accepted?ref=side").status_code == 200
    assert world.request("GET", f"{base}/git/commits/{refused}").status_code == 404
    assert world.request("GET", f"{base}/commits/{refused}").status_code == 422
    assert world.request("GET", f"{base}/git/blobs/{blob}").status_code == 404
    assert git("fetch", world.git_url(pushed), refused, cwd=work_tree.parent, check=False).returncode == 128


@pytest.mark.parametrize("rules", [[], [PULL_REQUEST]], ids=["whole", "in-part"])
def test_a_push_of_many_objects_leaves_a_sound_repository(
    world: RunningWorld, git: Git, work_tree: Path, pushed: str, rules: list[dict[str, Any]]
) -> None:
    """Packs come in whole, without git's own marks, also where only a part of the push is accepted."""
    put_ruleset(world, pushed, *rules)
    git("switch", "--quiet", "--create", "side", cwd=work_tree)
    commit(git, work_tree, **{f"file-{number}": str(number) for number in range(150)})
    assert push(world, git, work_tree, pushed, "side", "side:main").returncode == len(rules)
    number = world.request("GET", f"/repos/acme/{pushed}").json()["id"]
    bare = world.state / "git" / f"{number}.git"
    packs = sorted(path.suffix for path in (bare / "objects" / "pack").iterdir())
    assert set(packs) <= {".idx", ".pack", ".rev"}
    assert {".idx", ".pack"} <= set(packs)
    assert git("fsck", "--full", "--strict", cwd=bare).stderr == ""
    assert not list((world.state / "git" / "incoming").iterdir())


def test_an_atomic_push_moves_all_or_nothing(world: RunningWorld, git: Git, work_tree: Path, pushed: str) -> None:
    """With --atomic a refused ref takes the others with it."""
    put_ruleset(world, pushed, PULL_REQUEST)
    commit(git, work_tree)
    done = push(world, git, work_tree, pushed, "--atomic", "main", "main:feature")
    assert done.returncode == 1
    assert f"! [remote rejected] main -> main {BY_RULESET}\n" in done.stderr
    assert "feature" not in git("ls-remote", world.git_url(pushed)).stdout
    assert push(world, git, work_tree, pushed, "--atomic", "main:one", "main:two").returncode == 0
