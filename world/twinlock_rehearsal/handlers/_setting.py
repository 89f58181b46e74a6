"""A setting that is always there: one REST path to read it, replace it and put it back. A table says it all.

GitHub tells a setting that somebody made from one that follows the organization's, though both read alike. So one that
is declared for the first time is set, whatever it is, as the official provider does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twinlock.provider.difference import changes
from twinlock.provider.port import Created, Failure
from twinlock_rehearsal.github import GitHub

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, Properties


@dataclass(frozen=True, slots=True)
class RestSetting:
    """The factory of such a type's handlers.

    Attributes:
        type: Resource type token.
        key: The input that says whose setting it is, and which is its id.
        path: Path of the setting below its owner.
        fields: Inputs with flags or texts, and GitHub's names for them.
        reset: What GitHub has by default, which deleting goes back to.
        of_repository: Whether a repository has the setting, or else the organization.
    """

    type: str
    key: str
    path: str
    fields: Mapping[str, str]
    reset: Mapping[str, object]
    of_repository: bool = True
    adopts: bool = field(default=False, init=False)

    @property
    def replaces(self) -> frozenset[str]:
        """Another owner is another setting."""
        return frozenset({self.key})

    def __call__(self, clients: Clients) -> SettingHandler:
        """Return a handler that works through `clients`."""
        return SettingHandler(self, clients)


class SettingHandler:
    """Handles one such type; the id is the owner's name."""

    def __init__(self, setting: RestSetting, clients: Clients) -> None:
        self._setting = setting
        self._github = GitHub(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing or unknown."""
        known = {self._setting.key, *self._setting.fields}
        missing = () if self._setting.key in inputs else (Failure(self._setting.key, "is missing"),)
        return (*missing, *(Failure(name, "is not known here") for name in inputs if name not in known))

    def find(self, inputs: Properties) -> None:
        """Return nothing: to be read, it need not have been made."""
        del inputs

    def create(self, inputs: Properties) -> Created:
        """Set it."""
        owner = str(inputs[self._setting.key])
        return Created(owner, self.update(owner, {}, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it, or None where its owner is gone."""
        del inputs
        found = self._github.get(self._path(id))
        if found is None:
            return None
        return {self._setting.key: id} | {name: found.value(theirs) for name, theirs in self._setting.fields.items()}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise."""
        return changes(live, inputs)

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Set it."""
        del live
        declared = {theirs: inputs[name] for name, theirs in self._setting.fields.items() if name in inputs}
        self._github.put(self._path(id), declared)
        return inputs

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Go back to what GitHub has by default, unless the owner is gone."""
        del live
        if self._github.get(self._path(id)) is not None:
            self._github.put(self._path(id), self._setting.reset)

    def _path(self, owner: str) -> str:
        return (
            self._github.repository(owner) if self._setting.of_repository else self._github.root
        ) + self._setting.path
