"""`EnvironmentInventory`: exactly the environments of a repository; any other is deleted.

GitHub creates an environment, without any protection, as soon as a workflow names it.
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

_SHAPE = Shape(repository=str, names=(str,))


class EnvironmentInventory:
    """Handles which environments a repository has; the id is the repository's name."""

    type: ClassVar[str] = tokens.ENVIRONMENT_INVENTORY
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
        """Delete what is not declared."""
        name = given(inputs, "repository")
        live = self.read(name, inputs) or {}
        return Created(name, self.update(name, live, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return the name of every environment."""
        del inputs
        listed = self._remote.all(f"{self._remote.repository(id)}/environments", key="environments")
        if listed is None:
            return None
        return {"repository": id, "names": sorted(text(environment, "name") for environment in listed)}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return that there are environments too many; one that is missing is its own resource's affair."""
        if not _undeclared(live, inputs):
            return ()
        return (FieldChange("names", worded(live.get("names")), worded(inputs["names"])),)

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Delete what is not declared, with the secrets and variables in it."""
        for name in _undeclared(live, inputs):
            self._remote.delete(f"{self._remote.repository(id)}/environments/{segment(name)}")
        return dict(inputs)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Do nothing: environments are deleted by their own resources."""


def _undeclared(live: Properties, inputs: Properties) -> list[str]:
    # GitHub ignores the case of an environment's name.
    declared = {name.lower() for name in texts(inputs, "names")}
    return sorted(name for name in texts(live, "names") if name.lower() not in declared)


HANDLER: HandlerFactory = EnvironmentInventory
