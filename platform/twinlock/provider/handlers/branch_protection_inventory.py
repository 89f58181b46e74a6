"""`BranchProtectionInventory`: branches are protected by rulesets alone.

What a classic protection allows (force pushes, deletions, pushes by a few) the official provider does not wholly see,
and what it forbids shuts out the declared people; beside rulesets there is none. One whose pattern fits no branch
protects nothing, and GitHub's REST API does not tell of it; it is found once there is a branch.

Source: https://docs.github.com/en/rest/branches/branch-protection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.engine.result import FieldChange
from twinlock.engine.wording import worded
from twinlock.github.client import segment
from twinlock.provider import tokens
from twinlock.provider.handlers._github import Remote, text
from twinlock.provider.inputs import Shape, texts
from twinlock.provider.inputs import text as given
from twinlock.provider.port import Created, Failure

if TYPE_CHECKING:
    from twinlock.provider.port import Clients, HandlerFactory, Properties

_SHAPE = Shape(repository=str)


class BranchProtectionInventory:
    """Handles classic branch protections; the id is the repository's name."""

    type: ClassVar[str] = tokens.BRANCH_PROTECTION_INVENTORY
    replaces: ClassVar[frozenset[str]] = frozenset({"repository"})
    adopts: ClassVar[bool] = True

    def __init__(self, clients: Clients) -> None:
        self._remote = Remote(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return what is wrong with the inputs."""
        return _SHAPE.failures(inputs)

    def find(self, inputs: Properties) -> str | None:
        """Return the repository's name if there is such a repository."""
        name = given(inputs, "repository")
        return None if self._remote.get(self._remote.repository(name)) is None else name

    def create(self, inputs: Properties) -> Created:
        """Delete what there is."""
        name = given(inputs, "repository")
        return Created(name, self.update(name, self.read(name, inputs) or {}, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return the branches that have a classic protection.

        Raises:
            Incomplete: GitHub hid it.
        """
        del inputs
        # A ruleset makes a branch protected too, so each is asked for.
        listed = self._remote.all(f"{self._remote.repository(id)}/branches", {"protected": "true"})
        if listed is None:
            return None
        names = sorted(text(branch, "name") for branch in listed)
        found = [name for name in names if self._remote.get(self._path(id, name)) is not None]
        return {"repository": id, "classicProtections": found}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return that there are any."""
        del inputs
        found = texts(live, "classicProtections")
        return (FieldChange("classicProtections", worded(found), worded([])),) if found else ()

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Delete what there is."""
        for name in texts(live, "classicProtections"):
            self._remote.delete(self._path(id, name))
        return {**inputs, "classicProtections": []}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Do nothing: there is none."""

    def _path(self, repository: str, branch: str) -> str:
        return f"{self._remote.repository(repository)}/branches/{segment(branch)}/protection"


HANDLER: HandlerFactory = BranchProtectionInventory
