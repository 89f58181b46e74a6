"""`Team`: a team of the organization, without its members, which have a resource of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from twinlock.github.client import segment
from twinlock.github.fields import Fields
from twinlock.provider.difference import changes
from twinlock.provider.port import Created, Failure
from twinlock_rehearsal.github import GitHub

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, Properties

_FIELDS = {
    "name": "name",
    "description": "description",
    "privacy": "privacy",
    "notificationSetting": "notification_setting",
}
_PARENT = "parentTeamId"
_DEFAULT_MAINTAINER = "createDefaultMaintainer"


class Team:
    """Handles teams; the id is GitHub's number."""

    type: ClassVar[str] = "github:index/team:Team"
    replaces: ClassVar[frozenset[str]] = frozenset()
    adopts: ClassVar[bool] = False

    def __init__(self, clients: Clients) -> None:
        self._github = GitHub(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing or unknown."""
        known = {*_FIELDS, _PARENT, _DEFAULT_MAINTAINER}
        missing = () if "name" in inputs else (Failure("name", "is missing"),)
        return (*missing, *(Failure(name, "is not known here") for name in inputs if name not in known))

    def find(self, inputs: Properties) -> str | None:
        """Return the id of the team whose slug the name gives."""
        slug = re.sub(r"[^a-z0-9_-]+", "-", str(inputs["name"]).lower()).strip("-")
        found = self._github.get(f"{self._github.root}/teams/{segment(slug)}")
        return None if found is None else str(found.number("id"))

    def create(self, inputs: Properties) -> Created:
        """Create it, and let whoever created it leave it again."""
        found = Fields(self._github.post(f"{self._github.root}/teams", self._body(inputs)))
        if not inputs.get(_DEFAULT_MAINTAINER, False):
            path = f"{self._github.root}/teams/{segment(found.text('slug'))}"
            for member in self._github.list(f"{path}/members"):
                self._github.delete(f"{path}/memberships/{segment(member.text('login'))}")
        return Created(str(found.number("id")), {**inputs, **_live(found)})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        found = self._github.get(self._path(id))
        if found is None:
            return None
        return {_DEFAULT_MAINTAINER: inputs.get(_DEFAULT_MAINTAINER, False), **_live(found)}

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise; a parent that is not declared is one too many."""
        return changes(live, {_PARENT: "", **inputs})

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change it."""
        del live
        return {**inputs, **_live(Fields(self._github.patch(self._path(id), self._body(inputs))))}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it."""
        del live
        self._github.delete(self._path(id))

    def _path(self, number: str) -> str:
        organization = self._github.get(self._github.root)
        owner = 0 if organization is None else organization.number("id")
        return f"/organizations/{owner}/team/{segment(number)}"

    def _body(self, inputs: Properties) -> dict[str, object]:
        body = {theirs: inputs[name] for name, theirs in _FIELDS.items() if name in inputs}
        parent = str(inputs.get(_PARENT, ""))
        if parent and not parent.isdigit():
            parent = self.find({"name": parent}) or ""
        return body | {"parent_team_id": int(parent) if parent else None}


def _live(found: Fields) -> dict[str, object]:
    parent = found.nested("parent") if found.has("parent") else None
    return {name: found.value(theirs) for name, theirs in _FIELDS.items()} | {
        _PARENT: "" if parent is None else str(parent.number("id")),
        "slug": found.text("slug"),
        "nodeId": found.text("node_id"),
    }


HANDLER = Team
