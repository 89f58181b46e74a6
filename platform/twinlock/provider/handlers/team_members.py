"""`TeamMembers`: exactly the people of a team, pending invitations included.

GitHub invites a person who is not in the organization yet; a declared person whose invitation is open counts as
there, and an invitation of anybody else is withdrawn. The people of a child team count as the parent's, so a child team
that nobody declared is put out of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.github.client import segment
from twinlock.provider import tokens
from twinlock.provider.difference import changes
from twinlock.provider.handlers._github import Remote, number, text
from twinlock.provider.inputs import Shape, texts
from twinlock.provider.inputs import text as given
from twinlock.provider.port import Created, Failure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, HandlerFactory, Properties

_SHAPE = Shape(team=str, members=(str,), maintainers=(str,), children=(str,))


class TeamMembers:
    """Handles the people of teams; the id is the team's slug."""

    type: ClassVar[str] = tokens.TEAM_MEMBERS
    replaces: ClassVar[frozenset[str]] = frozenset({"team"})
    adopts: ClassVar[bool] = True

    def __init__(self, clients: Clients) -> None:
        self._remote = Remote(clients)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return what is wrong with the inputs; a maintainer is a member too."""
        failures = _SHAPE.failures(inputs)
        strangers = _folded(texts(inputs, "maintainers")) - _folded(texts(inputs, "members"))
        return failures or tuple(Failure("maintainers", f"{login} is no member") for login in sorted(strangers))

    def find(self, inputs: Properties) -> str | None:
        """Return the team's slug if there is such a team."""
        slug = given(inputs, "team")
        return None if self._remote.get(self._remote.team(slug)) is None else slug

    def create(self, inputs: Properties) -> Created:
        """Fill the team."""
        slug = given(inputs, "team")
        live = self.read(slug, inputs) or {}
        return Created(slug, self.update(slug, live, inputs))

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return who is in the team, who is invited, in the spelling of the inputs, and which teams stand under it."""
        path = self._remote.team(id)
        members = self._remote.all(f"{path}/members", {"role": "member"})
        if members is None:
            return None
        maintainers = self._remote.need_all(f"{path}/members", {"role": "maintainer"})
        invitations = self._remote.need_all(f"{path}/invitations")
        children = self._remote.need_all(f"{path}/teams")
        spelling = {login.lower(): login for login in texts(inputs, "members")}

        def spelled(logins: Iterable[str]) -> list[str]:
            return sorted(spelling.get(login.lower(), login) for login in logins)

        leaders = [text(maintainer, "login") for maintainer in maintainers]
        named = [login for invitation in invitations if (login := text(invitation, "login", ""))]
        addressed = [str(number(invitation, "id")) for invitation in invitations if not text(invitation, "login", "")]
        return {
            "team": id,
            "members": spelled({text(member, "login") for member in members} | set(leaders)),
            "maintainers": spelled(leaders),
            "invited": spelled(named),
            "invitedByAddress": sorted(addressed),
            "children": sorted(text(child, "slug") for child in children),
        }

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return how the people differ; an open invitation of a declared person is no difference."""
        declared = set(texts(inputs, "members"))
        pending = declared & set(texts(live, "invited"))
        held = {
            "team": live["team"],
            "members": sorted({*texts(live, "members"), *pending}),
            "maintainers": sorted({*texts(live, "maintainers"), *(pending & set(texts(inputs, "maintainers")))}),
            "invited": sorted({*texts(live, "invited"), *texts(live, "invitedByAddress")} - declared),
            # A declared one that is not there yet is put there by itself.
            "children": sorted({*texts(live, "children"), *texts(inputs, "children")}),
        }
        return changes(held, {**inputs, "invited": []})

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Remove who is not declared first, then add who is missing."""
        path = self._remote.team(id)
        members, maintainers = set(texts(inputs, "members")), set(texts(inputs, "maintainers"))
        present, leading = set(texts(live, "members")), set(texts(live, "maintainers"))
        invited = set(texts(live, "invited"))
        for child in sorted(set(texts(live, "children")) - set(texts(inputs, "children"))):
            self._remote.patch(self._remote.team(child), {"parent_team_id": None})
        for login in sorted((present | invited) - members):
            self._remote.delete(f"{path}/memberships/{segment(login)}")
        for invitation in texts(live, "invitedByAddress"):
            self._remote.delete(f"/orgs/{segment(self._remote.organization)}/invitations/{invitation}")
        misplaced = (members & present) & (leading ^ maintainers)
        for login in sorted((members - present - invited) | misplaced):
            role = "maintainer" if login in maintainers else "member"
            self._remote.put(f"{path}/memberships/{segment(login)}", {"role": role})
        return dict(inputs)

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Empty the team."""
        for login in sorted({*texts(live, "members"), *texts(live, "invited")}):
            self._remote.delete(f"{self._remote.team(id)}/memberships/{segment(login)}")


def _folded(logins: Iterable[str]) -> set[str]:
    return {login.lower() for login in logins}


HANDLER: HandlerFactory = TeamMembers
