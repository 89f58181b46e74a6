"""Where every query begins: accounts and repositories by name, anything by its global id."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from twinlock_world.graphql.errors import not_found
from twinlock_world.graphql.identifiers import node
from twinlock_world.graphql.thing import Thing, fields

if TYPE_CHECKING:
    from twinlock_world.graphql.context import Context
    from twinlock_world.jsonvalue import Fields


def _viewer(_root: Thing, context: Context, _arguments: Fields) -> Thing:
    caller = context.call.caller()
    found = context.body("user", caller.id)
    if found is None:
        raise not_found("Could not resolve to the viewer")
    return Thing(found.text("type"), found)


def _user(_root: Thing, context: Context, arguments: Fields) -> Thing:
    login = arguments.text("login")
    found = context.body("users", login)
    if found is None or found.text("type") != "User":
        raise not_found(f"Could not resolve to a User with the login of '{login}'.")
    return Thing("User", found)


def _organization(_root: Thing, context: Context, arguments: Fields) -> Thing:
    login = arguments.text("login")
    found = context.body("orgs", login)
    if found is None:
        raise not_found(f"Could not resolve to an Organization with the login of '{login}'.")
    return Thing("Organization", found)


def _owner(root: Thing, context: Context, arguments: Fields) -> Thing | None:
    found = context.body("orgs", arguments.text("login"))
    if found is not None:
        return Thing("Organization", found)
    found = context.body("users", arguments.text("login"))
    return None if found is None or found.text("type") != "User" else _user(root, context, arguments)


def _repository(_root: Thing, context: Context, arguments: Fields) -> Thing:
    owner, name = arguments.text("owner"), arguments.text("name")
    found = context.body("repos", owner, name)
    if found is None:
        raise not_found(f"Could not resolve to a Repository with the name '{owner}/{name}'.")
    return Thing("Repository", found)


def _node(_root: Thing, context: Context, arguments: Fields) -> Thing:
    return node(context, arguments.text("id"))


def _nodes(_root: Thing, context: Context, arguments: Fields) -> list[Thing]:
    return [node(context, identifier) for identifier in arguments.texts("ids")]


def _rate_limit(_root: Thing, context: Context, _arguments: Fields) -> dict[str, object]:
    found = context.body("rate_limit")
    if found is None:
        raise not_found("Could not resolve to the rate limit")
    window = found.object("resources").object("graphql")
    reset = datetime.fromtimestamp(window.number("reset"), UTC)
    return {
        "cost": 1,
        "limit": window.number("limit"),
        "nodeCount": 0,
        "remaining": window.number("remaining"),
        "resetAt": reset.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "used": window.number("used"),
    }


fields(
    "Query",
    {
        "node": _node,
        "nodes": _nodes,
        "organization": _organization,
        "rateLimit": _rate_limit,
        "repository": _repository,
        "repositoryOwner": _owner,
        "user": _user,
        "viewer": _viewer,
    },
)
