"""A team: its members, its place among teams, and the repositories it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.graphql.connection import connect
from twinlock_world.graphql.thing import Thing, fields, path_of, renamed, same, upper

if TYPE_CHECKING:
    from twinlock_world.graphql.context import Context
    from twinlock_world.jsonvalue import Fields


def teams_of(context: Context, organization: Thing, arguments: Fields) -> list[Thing]:
    """Return an organization's teams as asked for."""
    found = context.things("Team", organization, "orgs", organization.body.text("login"), "teams")
    if arguments.flag("rootTeamsOnly", default=False):
        found = [team for team in found if not team.body.given("parent")]
    if arguments.given("query"):
        wanted = arguments.text("query").casefold()
        found = [team for team in found if wanted in team.body.text("name").casefold()]
    if arguments.given("privacy"):
        wanted = {"VISIBLE": "closed", "SECRET": "secret"}[arguments.text("privacy")]
        found = [team for team in found if team.body.text("privacy") == wanted]
    if arguments.given("userLogins"):
        logins = set(arguments.texts("userLogins"))
        found = [team for team in found if logins & {user.body.text("login") for user in _users(context, team, "all")}]
    return found


def _place(team: Thing) -> tuple[str | int, ...]:
    owner = team.body.object("organization").raw.get("id") if team.body.given("organization") else None
    number = owner if isinstance(owner, int) else team.body.raw.get("organization_id")
    if not isinstance(number, int):
        number = team.place().identifier
    return ("organizations", number, "team", team.identifier)


def _users(context: Context, team: Thing, role: str) -> list[Thing]:
    return context.things("User", team, *_place(team), "members", role=role)


def _members(team: Thing, context: Context, arguments: Fields) -> object:
    """Return who is in the team itself, in those under it, or in either: as `membership` says."""
    everybody = _users(context, team, "all")
    maintainers = {user.identifier for user in _users(context, team, "maintainer")}
    membership = arguments.text("membership", "ALL")
    if membership != "ALL":
        own = {
            user.identifier
            for user in everybody
            if context.find(*_place(team), "memberships", user.body.text("login")) is not None
        }
        everybody = [user for user in everybody if (user.identifier in own) is (membership == "IMMEDIATE")]
    if arguments.given("role"):
        leading = arguments.text("role") == "MAINTAINER"
        everybody = [user for user in everybody if (user.identifier in maintainers) is leading]
    return connect(
        "members",
        everybody,
        arguments,
        lambda user: {"role": "MAINTAINER" if user.identifier in maintainers else "MEMBER"},
    )


def _organization(team: Thing, context: Context, _arguments: Fields) -> Thing | None:
    found = context.body("organizations", _place(team)[1])
    return None if found is None else Thing("Organization", found)


def _combined_slug(team: Thing, context: Context, arguments: Fields) -> str:
    owner = _organization(team, context, arguments)
    return f"{'' if owner is None else owner.body.text('login')}/{team.body.text('slug')}"


def _parent(team: Thing, _context: Context, _arguments: Fields) -> Thing | None:
    return team.inner("parent", "Team")


def _child_teams(team: Thing, context: Context, arguments: Fields) -> object:
    return connect("childTeams", context.things("Team", team.home, *_place(team), "teams"), arguments)


def _repositories(team: Thing, context: Context, arguments: Fields) -> object:
    found = context.things("Repository", None, *_place(team), "repos")
    roles = {one.identifier: _permission(one.body) for one in found}
    whole = [context.body("repositories", one.identifier) for one in found]
    things = [Thing("Repository", body) for body in whole if body is not None]
    return connect("repositories", things, arguments, lambda one: {"permission": roles[one.identifier]})


def _permission(repository: Fields) -> str:
    role = repository.text("role_name", "read")
    return {"pull": "READ", "push": "WRITE"}.get(role, role.upper())


def _privacy(team: Thing, _context: Context, _arguments: Fields) -> str:
    return {"closed": "VISIBLE", "secret": "SECRET"}[team.body.text("privacy")]


fields(
    "Team",
    {
        **same("createdAt", "description", "name", "slug", "updatedAt"),
        **renamed({"databaseId": "id", "id": "node_id", "url": "html_url"}),
        "childTeams": _child_teams,
        "combinedSlug": _combined_slug,
        "members": _members,
        "notificationSetting": upper("notification_setting"),
        "organization": _organization,
        "parentTeam": _parent,
        "privacy": _privacy,
        "repositories": _repositories,
        "resourcePath": path_of(),
    },
)
