"""The platform directory: stacks as in this repository, nothing local in git."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.scaffold.tree import Tree

STACKS = Path(__file__).parents[3] / "stacks"


def test_stacks_equal_this_repository_s_own(trees: Mapping[str, Tree]) -> None:
    """`init` writes the same programs, byte for byte, that stand here and are tested here."""
    own = {
        f"stacks/{path.relative_to(STACKS).as_posix()}": path.read_bytes()
        for path in STACKS.rglob("*")
        if path.is_file() and path.name in {"Pulumi.yaml", "__main__.py"}
    }
    assert {path: f.content for path, f in trees["platform"].files.items() if path.startswith("stacks/")} == own
    assert {path.split("/")[1] for path in own} == {
        "state",
        "organization",
        "repositories",
        "protections",
        "integration",
    }
    assert all(file.managed for path, file in trees["platform"].files.items() if path.startswith("stacks/"))


def test_nothing_local_reaches_git(rendered: Path) -> None:
    """The world and its credentials, local state and rendered trees are ignored; the manifest is not."""
    local = [".twinlock/world.json", "state/x.json", "repositories/payments/README.md"]
    source = [
        "platform.yaml",
        "roster.yaml",
        "services/payments.yaml",
        ".github/CODEOWNERS",
        "stacks/organization/Pulumi.yaml",
    ]
    directory = rendered / "platform"
    subprocess.run(["git", "init", "-q", directory], check=True)
    done = subprocess.run(
        ["git", "-C", directory, "check-ignore", "--no-index", *local, *source],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == local
