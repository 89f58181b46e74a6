"""`RulesetInventory`: exactly the rulesets of a repository; any other is deleted.

Declared ones are told apart by id and not by name alone: a second ruleset under a declared name is undeclared. To an
identity without Administration: write GitHub hides who may bypass a ruleset, and the official provider then takes
nobody for the answer; so each is read here, and one that hides them ends the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from twinlock.engine.result import FieldChange
from twinlock.engine.wording import worded
from twinlock.provider import tokens
from twinlock.provider.handlers._github import Remote, not_understood, number, part, text
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
        """Return every ruleset of the repository, those that nobody declared apart; the organization's are not its own.

        Raises:
            Incomplete: GitHub hid the list, or who may bypass a ruleset.
        """
        path = f"{self._remote.repository(id)}/rulesets"
        listed = self._remote.all(path, {"includes_parents": "false"})
        if listed is None:
            return None
        found = [{"name": text(ruleset, "name"), "id": str(number(ruleset, "id"))} for ruleset in listed]
        for ruleset in found:
            whole = self._remote.get(f"{path}/{ruleset['id']}")
            if whole is not None and part(whole, "bypass_actors") is None:
                not_understood(f"{path}/{ruleset['id']}", "GitHub hides who may bypass it from this identity")
        live = {"repository": id, "found": found}
        return {**live, "undeclaredRulesets": _worded(live, inputs)}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return that there are rulesets too many; one that is missing is its own resource's affair."""
        undeclared = _worded(live, inputs)
        return (FieldChange("undeclaredRulesets", worded(undeclared), worded([])),) if undeclared else ()

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Delete what is not declared."""
        for number_ in _undeclared(live, inputs):
            self._remote.delete(f"{self._remote.repository(id)}/rulesets/{number_}")
        return dict(inputs)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Do nothing: rulesets are deleted by their own resources."""


def _declared(inputs: Properties) -> Mapping[str, str]:
    rulesets = inputs.get("rulesets")
    return {str(k): str(v) for k, v in rulesets.items()} if isinstance(rulesets, Mapping) else {}


def _undeclared(live: Properties, inputs: Properties) -> list[str]:
    declared = set(_declared(inputs).values())
    return sorted(ruleset["id"] for ruleset in entries(live, "found") if ruleset["id"] not in declared)


def _worded(live: Properties, inputs: Properties) -> list[str]:
    """Return what is not declared as people read it: two may bear one name."""
    undeclared = set(_undeclared(live, inputs))
    return sorted(f"{each['name']} ({each['id']})" for each in entries(live, "found") if each["id"] in undeclared)


HANDLER: HandlerFactory = RulesetInventory
