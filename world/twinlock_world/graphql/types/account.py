"""People, bots and apps. An app that acts is a Bot; an app that is named somewhere is an App."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.graphql.connection import connect
from twinlock_world.graphql.thing import Thing, always, fields, path_of, renamed, same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.graphql.context import Context
    from twinlock_world.graphql.thing import Resolver
    from twinlock_world.jsonvalue import Fields, JsonValue


def _name(thing: Thing, context: Context, _arguments: Fields) -> JsonValue:
    if "name" in thing.body:
        return thing.body.raw["name"]
    found = context.body("users", thing.body.text("login"))
    return None if found is None else found.raw.get("name")


def _is_viewer(thing: Thing, context: Context, _arguments: Fields) -> bool:
    return context.call.caller().id == thing.identifier


def _organizations(thing: Thing, context: Context, arguments: Fields) -> object:
    if context.call.caller().id != thing.identifier:  # of others, only the public part is told, and here is none
        return connect("organizations", [], arguments)
    found = [context.body("orgs", item.text("login")) for item in context.items("user", "orgs")]
    return connect("organizations", [Thing("Organization", body) for body in found if body is not None], arguments)


def actor(thing: Thing, name: str) -> Thing | None:
    """Return the account that stands in a field of REST's body; a bot's is written without its suffix.

    GraphQL calls the app `writer` what REST calls `writer[bot]`.
    """
    found = thing.inner(name, "User")
    if found is None:
        return None
    return Thing(found.body.text("type", "User"), found.body, thing.home)


def actor_of(name: str) -> Resolver:
    """Answer a field by the account in REST's field of this name."""
    return lambda thing, _context, _arguments: actor(thing, name)


def _bot_login(thing: Thing, _context: Context, _arguments: Fields) -> str:
    return thing.body.text("login").removesuffix("[bot]")


_ACTOR: Final[Mapping[str, Resolver]] = {
    **same("avatarUrl"),
    **renamed({"databaseId": "id", "id": "node_id", "url": "html_url"}),
    "resourcePath": path_of(),
}
fields(
    "User",
    {
        **_ACTOR,
        **same("bio", "company", "createdAt", "location", "login", "updatedAt"),
        "email": always(""),
        "isSiteAdmin": always(False),  # noqa: FBT003 - an answer, not a switch
        "isViewer": _is_viewer,
        "name": _name,
        "organizations": _organizations,
    },
)
fields("Bot", {**_ACTOR, **same("createdAt", "updatedAt"), "login": _bot_login})
fields(
    "App",
    {
        **same("clientId", "createdAt", "description", "name", "slug", "updatedAt"),
        **renamed({"databaseId": "id", "id": "node_id", "url": "html_url"}),
    },
)
