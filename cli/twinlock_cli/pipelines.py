"""Hold `pipelines.commit` of the manifest to what the templates give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.errors import BadInput
from twinlock_cli import compose

if TYPE_CHECKING:
    from twinlock.model.declaration import Declaration

PIN = "twinlock scaffold --pin"


def rendered(declaration: Declaration) -> str:
    """Return the commit that the templates of this version give for a platform."""
    from twinlock.scaffold.rendering import pipelines_commit

    platform = declaration.platform
    return pipelines_commit(platform.organization, platform.region, platform.accounts, compose.templates())


def verify(platform: compose.Platform) -> None:
    """Hold the manifest's commit to the templates while nothing is seeded; afterwards a roll changes it on purpose.

    Raises:
        BadInput: It is another commit.
    """
    if _seeded(platform):
        return
    pinned = platform.estate.declaration.platform.pipelines.commit
    expected = rendered(platform.estate.declaration)
    if pinned != expected:
        raise BadInput(
            f"`pipelines.commit` is {pinned}, but the pipelines that would be seeded are {expected}.",
            "No job could assume a role: AWS and the services would trust a commit that does not exist.",
            f"Pin what the templates give: `twinlock -C {platform.root} scaffold --pin`.",
        )


def _seeded(platform: compose.Platform) -> bool:
    return platform.root.joinpath(".twinlock", "state", "repositories", "platform.json").exists()
