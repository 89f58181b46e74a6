"""An organization: its members, teams, repositories and rulesets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.graphql.connection import connect
from twinlock_world.graphql.thing import Thing, fields, path_of, renamed, rest, same
from twinlock_world.graphql.types.repository import rulesets
from twinlock_world.graphql.types.team import teams_of

if TYPE_CHECKING:
    from twinlock_world.graphql.context import Context
    from twinlock_world.jsonvalue import Fields


def _repository(organization: Thing, context: Context, arguments: Fields) -> Thing | None:
    found = context.body("repos", organization.body.text("login"), arguments.text("name"))
    return None if found is None else Thing("Repository", found)


def _repositories(organization: Thing, context: Context, arguments: Fields) -> object:
    found = context.things("Repository", None, "orgs", organization.body.text("login"), "repos")
    if arguments.given("isArchived"):
        found = [one for one in found if one.body.flag("archived") is arguments.flag("isArchived")]
    if arguments.given("visibility"):
        wanted = arguments.text("visibility").lower()
        found = [one for one in found if one.body.text("visibility") == wanted]
    if arguments.given("orderBy"):
        order = arguments.object("orderBy")
        key = {"NAME": "name", "PUSHED_AT": "pushed_at", "UPDATED_AT": "updated_at"}.get(order.text("field"), "id")
        found.sort(key=lambda one: (str(one.body.raw[key]), one.identifier), reverse=order.text("direction") == "DESC")
    whole = [context.body("repositories", one.identifier) for one in found]
    return connect("repositories", [Thing("Repository", body) for body in whole if body is not None], arguments)


def _team(organization: Thing, context: Context, arguments: Fields) -> Thing | None:
    found = context.body("orgs", organization.body.text("login"), "teams", arguments.text("slug"))
    return None if found is None else Thing("Team", found, organization)


def _teams(organization: Thing, context: Context, arguments: Fields) -> object:
    return connect("teams", teams_of(context, organization, arguments), arguments)


def _members(organization: Thing, context: Context, arguments: Fields) -> object:
    place = ("orgs", organization.body.text("login"), "members")
    admins = {item.text("login") for item in context.items(*place, role="admin")}
    return connect(
        "membersWithRole",
        context.things("User", organization, *place),
        arguments,
        lambda user: {"role": "ADMIN" if user.body.text("login") in admins else "MEMBER", "hasTwoFactorEnabled": None},
    )


def _ruleset(organization: Thing, context: Context, arguments: Fields) -> Thing | None:
    found = context.body("orgs", organization.body.text("login"), "rulesets", arguments.number("databaseId"))
    return None if found is None else Thing("RepositoryRuleset", found, organization)


def _rulesets(organization: Thing, context: Context, arguments: Fields) -> object:
    return rulesets(organization, context, arguments, ("orgs", organization.body.text("login")))


def _viewer_can_administer(organization: Thing, _context: Context, _arguments: Fields) -> bool:
    return "default_repository_permission" in organization.body  # REST tells its settings to owners alone


def _viewer_is_member(organization: Thing, context: Context, _arguments: Fields) -> bool:
    login = context.call.caller().login
    return any(
        item.text("login") == login for item in context.items("orgs", organization.body.text("login"), "members")
    )


fields(
    "Organization",
    {
        **same("avatarUrl", "createdAt", "description", "email", "location", "login", "name", "updatedAt"),
        **renamed(
            {
                "databaseId": "id",
                "id": "node_id",
                "membersCanForkPrivateRepositories": "members_can_fork_private_repositories",
                "requiresTwoFactorAuthentication": "two_factor_requirement_enabled",
                "url": "html_url",
                "webCommitSignoffRequired": "web_commit_signoff_required",
            }
        ),
        "isVerified": rest("is_verified"),
        "membersWithRole": _members,
        "repositories": _repositories,
        "repository": _repository,
        "resourcePath": path_of(),
        "ruleset": _ruleset,
        "rulesets": _rulesets,
        "team": _team,
        "teams": _teams,
        "viewerCanAdminister": _viewer_can_administer,
        "viewerIsAMember": _viewer_is_member,
    },
)
