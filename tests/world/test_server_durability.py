"""What was acknowledged survives a killed server; AWS, which is memory, says that it is empty."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.world.conftest import RunningWorld

    Git = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("seed", [1, 2])
def test_acknowledged_changes_survive_a_kill(start_world: Callable[..., RunningWorld], seed: int) -> None:
    """The server dies while it is written to; every repository whose creation was answered is there afterwards."""
    world = start_world()
    killer = threading.Timer(random.Random(seed).uniform(0.1, 0.4), world.kill)  # noqa: S311 - a moment, not a secret
    acknowledged: list[str] = []
    killer.start()
    try:
        while True:
            name = f"repository-{len(acknowledged)}"
            world.repository(name)
            acknowledged.append(name)
    except httpx.TransportError:
        killer.join()
    again = start_world(world.state)
    assert acknowledged
    assert [name for name in acknowledged if again.request("GET", f"/repos/acme/{name}").status_code != 200] == []
    assert again.repository("after")["name"] == "after"


def test_an_acknowledged_push_survives_a_kill(
    start_world: Callable[..., RunningWorld], git: Git, work_tree: Path
) -> None:
    """The server dies among pushes; the branch is at the last that git called a success, or at the one under way."""
    world = start_world()
    world.repository("pushed")
    killer = threading.Timer(0.5, world.kill)
    pushed = [""]
    killer.start()
    while True:
        git("commit", "--quiet", "--allow-empty", "--message=Next", cwd=work_tree)
        tried = git("rev-parse", "HEAD", cwd=work_tree).stdout.strip()
        if git("push", "--quiet", world.git_url("pushed"), "main", cwd=work_tree, check=False).returncode != 0:
            break
        pushed.append(tried)
    killer.join()
    again = start_world(world.state)
    listed = git("ls-remote", again.git_url("pushed"), "refs/heads/main").stdout.partition("\t")[0]
    assert len(pushed) > 1
    assert listed in {pushed[-1], tried}
    git("push", "--quiet", again.git_url("pushed"), "main", cwd=work_tree)


def test_a_killed_server_is_replaced(start_world: Callable[..., RunningWorld]) -> None:
    """Tokens and ids stay; AWS is empty and says so, its keys are new and the old ones are worth nothing."""
    world = start_world()
    before = world.repository("kept")
    world.aws("iam").create_user(UserName="lost")
    world.kill()
    assert world.ready_file.exists()
    again = start_world(world.state)
    after = again.request("GET", "/repos/acme/kept").json()
    assert (after["id"], after["node_id"]) == (before["id"], before["node_id"])
    assert again.ready["github"]["tokens"] == world.ready["github"]["tokens"]
    assert again.repository("newer")["id"] > before["id"]
    assert again.request("GET", "/_world/status").json()["aws"]["empty_since_start"] is True
    old, new = (ready["aws"]["accounts"]["first"] for ready in (world.ready, again.ready))
    assert old["access_key"] != new["access_key"]
    stale = again.aws("iam", aws_access_key_id=old["access_key"], aws_secret_access_key=old["secret_key"])
    with pytest.raises(stale.exceptions.ClientError, match="InvalidClientTokenId"):
        stale.list_users()
    assert [user["UserName"] for user in again.aws("iam").list_users()["Users"]] == ["administrator"]
