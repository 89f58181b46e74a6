"""`ActionsEnvironmentVariable`: a constant that the jobs of one environment read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote

from twinlock.github.client import segment
from twinlock.provider.difference import changes
from twinlock.provider.port import Created, Failure
from twinlock_rehearsal.github import GitHub

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, Properties

_PLACE = ("repository", "environment", "variableName")
_INPUTS = (*_PLACE, "value")


class ActionsEnvironmentVariable:
    """Handles them; the id is `repository:environment:name`, each part percent-encoded."""

    type: ClassVar[str] = "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable"
    replaces: ClassVar[frozenset[str]] = frozenset(_PLACE)
    adopts: ClassVar[bool] = False

    def __init__(self, clients: Clients) -> None:
        self._github = GitHub(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing or unknown."""
        missing = tuple(Failure(name, "is missing") for name in _INPUTS if name not in inputs)
        return (*missing, *(Failure(name, "is not known here") for name in inputs if name not in _INPUTS))

    def find(self, inputs: Properties) -> str | None:
        """Return the id where there is such a variable."""
        id_ = _id(inputs)
        return None if self.read(id_, inputs) is None else id_

    def create(self, inputs: Properties) -> Created:
        """Create it."""
        id_ = _id(inputs)
        body = {"name": inputs["variableName"], "value": inputs["value"]}
        self._github.post(self._path(id_).rpartition("/")[0], body)
        return Created(id_, inputs)

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        del inputs
        found = self._github.get(self._path(id))
        if found is None:
            return None
        return {**dict(zip(_PLACE, map(unquote, id.split(":")), strict=True)), "value": found.text("value")}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise; GitHub holds names in capitals."""
        return changes(live, {**inputs, "variableName": str(inputs["variableName"]).upper()})

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change its value."""
        del live
        self._github.patch(self._path(id), {"name": inputs["variableName"], "value": inputs["value"]})
        return inputs

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it."""
        del live
        self._github.delete(self._path(id))

    def _path(self, id_: str) -> str:
        repository, environment, name = id_.split(":")
        return f"{self._github.repository(unquote(repository))}/environments/{environment}/variables/{name}"


def _id(inputs: Properties) -> str:
    repository, environment, name = (str(inputs[part]) for part in _PLACE)
    return f"{segment(repository)}:{segment(environment)}:{segment(name.upper())}"


HANDLER = ActionsEnvironmentVariable
