"""`ConstantInventory`: exactly the variables and secrets that workflows of a repository are given.

The official provider sees those that it made, and of a secret not even that it was overwritten: GitHub tells its name
and when it was set, never its value. Jobs obtain credentials by OIDC and no secret is declared, so there is none whose
value could be another: whatever is set, or set over, is here, and is deleted.
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
    from collections.abc import Iterator

    from twinlock.provider.port import Clients, HandlerFactory, Properties

_SHAPE = Shape(repository=str, environments=(str,), constants=(str,))
_OWN = ("actions/variables", "actions/secrets", "dependabot/secrets", "codespaces/secrets")
"""Where GitHub keeps what a repository itself gives; whoever may push sets them."""
_OF_ENVIRONMENT = ("variables", "secrets")


class ConstantInventory:
    """Handles variables and secrets; the id is the repository's name."""

    type: ClassVar[str] = tokens.CONSTANT_INVENTORY
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
        return Created(name, self.update(name, self.read(name, inputs) or {}, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return every variable and secret by its place, those that nobody declared apart.

        Raises:
            Incomplete: GitHub hid a list.
        """
        if self._remote.get(self._remote.repository(id)) is None:
            return None
        found = sorted(self._found(id, texts(inputs, "environments")))
        return {"repository": id, "found": found, "undeclaredConstants": _undeclared(found, inputs)}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return that there are too many; one that is missing, or has another value, is its own resource's affair."""
        undeclared = _undeclared(texts(live, "found"), inputs)
        return (FieldChange("undeclaredConstants", worded(undeclared), worded([])),) if undeclared else ()

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Delete what is not declared. Of a secret nobody can tell the value afterwards."""
        for place in _undeclared(texts(live, "found"), inputs):
            self._remote.delete(f"{self._remote.repository(id)}/{_path(place)}")
        return dict(inputs)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Do nothing: variables are deleted by their own resources."""

    def _found(self, repository: str, environments: tuple[str, ...]) -> Iterator[str]:
        root = self._remote.repository(repository)
        for place in _OWN:
            for each in self._remote.need_all(f"{root}/{place}", key=place.rpartition("/")[2]):
                yield f"{place}/{text(each, 'name')}"
        for environment in environments:
            for kind in _OF_ENVIRONMENT:
                # An environment that is gone holds none.
                for each in self._remote.all(f"{root}/environments/{segment(environment)}/{kind}", key=kind) or ():
                    yield f"environments/{environment}/{kind}/{text(each, 'name')}"


def _undeclared(found: list[str] | tuple[str, ...], inputs: Properties) -> list[str]:
    # GitHub writes their names in capitals, however they were given.
    declared = {_folded(place) for place in texts(inputs, "constants")}
    return [place for place in found if _folded(place) not in declared]


def _folded(place: str) -> str:
    holder, _, name = place.rpartition("/")
    return f"{holder}/{name.upper()}"


def _path(place: str) -> str:
    """Return the path of a place: an environment's name may hold slashes."""
    holder, kind, name = place.rsplit("/", 2)
    first, _, rest = holder.partition("/")
    return "/".join((first, *([segment(rest)] if rest else []), kind, segment(name)))


HANDLER: HandlerFactory = ConstantInventory
