"""A change of a setting, seen from outside: what stood there before, what stands there now.

GET on the path of a write is answered before and after it, so what changed is known without each route having to say
it. The nouns beside this module turn a `Change` into what GitHub records and announces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.github.accounts import Organization
    from twinlock_world.github.call import Call
    from twinlock_world.github.repository import Repository
    from twinlock_world.jsonvalue import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Audited:
    """An entry of the audit log: GitHub's name of the action, and the fields documented for it."""

    action: str
    data: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Announced:
    """An event for webhooks."""

    name: str
    action: str | None
    payload: JsonObject


@dataclass(frozen=True, slots=True)
class View:
    """What GET answered: whether there is such a thing, and its document where it has one."""

    there: bool = False
    body: JsonValue = None

    @property
    def fields(self) -> Fields:
        """The document; an empty one where it is none or a list."""
        return Fields(self.body if isinstance(self.body, dict) else {})


@dataclass(frozen=True, slots=True)
class Change:
    """One write that succeeded."""

    call: Call
    organization: Organization
    repository: Repository | None
    before: View
    after: View
    answer: View

    @property
    def old(self) -> Fields:
        """What stood there."""
        return self.before.fields

    @property
    def new(self) -> Fields:
        """What stands there; what the write answered where nothing can be read at its path."""
        return self.after.fields if self.after.fields.raw else self.answer.fields

    @property
    def made(self) -> bool:
        """Whether there was nothing before."""
        return not self.before.there

    def differs(self, name: str) -> bool:
        """Tell whether a field has another value than before."""
        return self.old.raw.get(name) != self.new.raw.get(name)

    def parameter(self, name: str) -> str:
        """Return what stands in the path."""
        return self.call.params[name]


Told: TypeAlias = "Audited | Announced"
Describe: TypeAlias = Callable[[Change], Iterator[Told]]
Look: TypeAlias = "Callable[[Call, Repository | None], View]"


@dataclass(frozen=True, slots=True)
class Beside:
    """A description of a write for which GET on its own path does not show what matters."""

    describe: Describe
    look: Look


Table: TypeAlias = "Mapping[tuple[str, str], Describe | Beside]"

ORGANIZATION = "/orgs/{org}"
TEAM = "/orgs/{org}/teams/{team_slug}"
REPOSITORY = "/repos/{owner}/{repo}"


def parts(old: Mapping[str, JsonValue], new: Mapping[str, JsonValue]) -> dict[str, list[JsonValue]]:
    """Return what was added, deleted and updated between two sets of named things; empty groups are left out."""
    found: dict[str, list[JsonValue]] = {
        "added": [new[name] for name in new if name not in old],
        "deleted": [old[name] for name in old if name not in new],
        "updated": [new[name] for name in new if name in old and old[name] != new[name]],
    }
    return {group: items for group, items in found.items() if items}
