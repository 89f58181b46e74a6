"""Actions permissions of a repository or of an organization: the switch, and the list of selected actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twinlock.provider.difference import changes
from twinlock.provider.port import Created, Failure
from twinlock_rehearsal.github import GitHub

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.github.fields import Fields
    from twinlock.provider.port import Clients, Properties

_SELECTED = "selected"
_LIST = {
    "githubOwnedAllowed": "github_owned_allowed",
    "verifiedAllowed": "verified_allowed",
    "patternsAlloweds": "patterns_allowed",
}


@dataclass(frozen=True, slots=True)
class ActionsPermissions:
    """The factory of one of the two types' handlers.

    Attributes:
        type: Resource type token.
        switch: The input that turns Actions on, and GitHub's name for it.
        off: What that input is where Actions are off.
        reset: What deleting goes back to, as the official provider does.
        of_repository: Whether a repository has them, or else the organization.
    """

    type: str
    switch: tuple[str, str]
    off: object
    reset: Mapping[str, object]
    of_repository: bool
    adopts: bool = field(default=False, init=False)

    @property
    def replaces(self) -> frozenset[str]:
        """Another repository has other permissions."""
        return frozenset({"repository"})

    def __call__(self, clients: Clients) -> ActionsHandler:
        """Return a handler that works through `clients`."""
        return ActionsHandler(self, clients)


class ActionsHandler:
    """Handles one of the two types; the id is the name of the repository or the organization."""

    def __init__(self, permissions: ActionsPermissions, clients: Clients) -> None:
        self._type = permissions
        self._github = GitHub(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing or unknown."""
        known = {self._type.switch[0], "allowedActions", "allowedActionsConfig", "shaPinningRequired"}
        known |= {"repository"} if self._type.of_repository else set()
        missing = self._type.of_repository and "repository" not in inputs
        unknown = (Failure(name, "is not known here") for name in inputs if name not in known)
        return (*((Failure("repository", "is missing"),) if missing else ()), *unknown)

    def find(self, inputs: Properties) -> None:
        """Return nothing: see `_setting`."""
        del inputs

    def create(self, inputs: Properties) -> Created:
        """Set them."""
        owner = self._owner(inputs)
        return Created(owner, self.update(owner, {}, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return them, or None where the owner is gone."""
        del inputs
        found = self._github.get(self._path(id))
        if found is None:
            return None
        ours, theirs = self._type.switch
        live: dict[str, object] = {"repository": id} if self._type.of_repository else {}
        live[ours] = found.value(theirs)
        live["shaPinningRequired"] = found.flag("sha_pinning_required", default=False)
        if live[ours] != self._type.off:
            live["allowedActions"] = found.text("allowed_actions")
            if live["allowedActions"] == _SELECTED:
                live["allowedActionsConfig"] = _selected(self._github.get(f"{self._path(id)}/selected-actions"))
        return live

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise; what is allowed means nothing where Actions are off."""
        return changes(live, self._meant(inputs))

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Set them."""
        del live
        ours, theirs = self._type.switch
        meant = self._meant(inputs)
        body = {theirs: meant[ours]} if ours in meant else {}
        names = {"allowedActions": "allowed_actions", "shaPinningRequired": "sha_pinning_required"}
        self._github.put(self._path(id), body | {names[name]: meant[name] for name in names if name in meant})
        listed = meant.get("allowedActionsConfig")
        if meant.get("allowedActions") == _SELECTED and isinstance(listed, Mapping):
            chosen = {theirs: listed[name] for name, theirs in _LIST.items() if name in listed}
            self._github.put(f"{self._path(id)}/selected-actions", chosen)
        return inputs

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Allow everything, as the official provider does, unless the owner is gone."""
        del live
        if self._github.get(self._path(id)) is not None:
            self._github.put(self._path(id), self._type.reset)

    def _meant(self, inputs: Properties) -> Properties:
        if inputs.get(self._type.switch[0]) != self._type.off:
            return inputs
        return {name: value for name, value in inputs.items() if not name.startswith("allowedActions")}

    def _owner(self, inputs: Properties) -> str:
        return str(inputs["repository"]) if self._type.of_repository else self._github.organization

    def _path(self, owner: str) -> str:
        return (
            self._github.repository(owner) if self._type.of_repository else self._github.root
        ) + "/actions/permissions"


def _selected(found: Fields | None) -> Properties:
    return {} if found is None else {name: found.value(theirs) for name, theirs in _LIST.items()}
