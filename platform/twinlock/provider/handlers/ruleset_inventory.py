"""`RulesetInventory`: exactly the rulesets of a repository; any other is deleted.

Declared ones are told apart by id and not by name alone: a second ruleset under a declared name is undeclared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from twinlock.engine.result import FieldChange
from twinlock.engine.wording import worded
from twinlock.provider import tokens
from twinlock.provider.handlers._github import Remote, number, text
from twinlock.provider.inputs import Shape, entries
from twinlock.provider.inputs import text as given
from twinlock.provider.port import Created, Failure

if TYPE_CHECKING:
    from twinlock.provider.port import Clients, HandlerFactory, Properties

_SHAPE = Shape(repository=str, rulesets=dict)


class RulesetInventory:
    """Handles which rulesets a repository has; the id is the repository's name."""

    type: ClassVar[str] = tokens.RULESET_INVENTORY
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
        """Return every ruleset of the repository; those of the organization are not its own."""
        del inputs
        listed = self._remote.all(f"{self._remote.repository(id)}/rulesets", {"includes_parents": "false"})
        if listed is None:
            return None
        found = [{"name": text(ruleset, "name"), "id": str(number(ruleset, "id"))} for ruleset in listed]
        return {"repository": id, "found": found}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return that there are rulesets too many; one that is missing is its own resource's affair."""
        if not _undeclared(live, inputs):
            return ()
        found = [ruleset["name"] for ruleset in entries(live, "found")]
        return (FieldChange("rulesets", worded(found), worded(sorted(_declared(inputs)))),)

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Delete what is not declared."""
        for number_ in _undeclared(live, inputs):
            self._remote.delete(f"{self._remote.repository(id)}/rulesets/{number_}")
        return dict(inputs)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Do nothing: rulesets are deleted by their own resources."""


def _declared(inputs: Properties) -> Mapping[str, str]:
    rulesets = inputs["rulesets"]
    return {str(k): str(v) for k, v in rulesets.items()} if isinstance(rulesets, Mapping) else {}


def _undeclared(live: Properties, inputs: Properties) -> list[str]:
    declared = set(_declared(inputs).values())
    return sorted(ruleset["id"] for ruleset in entries(live, "found") if ruleset["id"] not in declared)


HANDLER: HandlerFactory = RulesetInventory
