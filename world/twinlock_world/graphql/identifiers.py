"""Global ids: what `node(id:)` finds, and what mutations name.

An id holds the number of its object (`github.urls.node_id`). Each number is one record, so the record says what it is.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from twinlock_world.github.environment import ENVIRONMENT
from twinlock_world.github.errors import GitHubError
from twinlock_world.github.protection import PROTECTION
from twinlock_world.github.pulls.pull import PULL
from twinlock_world.github.repository import REPOSITORY, get_repository
from twinlock_world.github.ruleset import RULESET
from twinlock_world.github.team import TEAM
from twinlock_world.graphql.errors import not_found
from twinlock_world.graphql.thing import Thing
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from twinlock_world.graphql.context import Context
    from twinlock_world.store import Record

_LENGTH: Final = 7  # MessagePack of [0, a number of 32 bits]


def number_of(identifier: str) -> int | None:
    """Return the number that a global id holds; nothing for what is none."""
    prefix, _, packed = identifier.partition("_")  # what follows may hold more of them
    if not prefix:
        return None
    try:
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return int.from_bytes(raw[3:], "big") if len(raw) == _LENGTH else None


def node(context: Context, identifier: str) -> Thing:
    """Return the object with this global id, if the caller may see it.

    Raises:
        QueryError: There is none for this caller.
    """
    found = _thing(context, identifier)
    if found is None:
        raise not_found(f"Could not resolve to a node with the global id of '{identifier}'")
    return found


def _thing(context: Context, identifier: str) -> Thing | None:
    number = number_of(identifier)
    record = None if number is None else context.store.lookup(number)
    if record is None:
        return None
    try:
        found = _of_record(context, record)
    except GitHubError:
        return None
    # The prefix is part of the id: a number under another type's prefix is no id of anything.
    if found is None or found.body.raw.get("node_id", identifier) != identifier:
        return None
    return found


def _of_record(context: Context, record: Record) -> Thing | None:
    match record.kind:
        case "organization":
            return _at(context, "Organization", None, "organizations", record.id)
        case "user":
            return _at(context, "User", None, "user", record.id)
        case "app":
            return _at(context, "App", None, "apps", record.key)
        case kind if kind == TEAM:
            return _at(context, "Team", None, "organizations", record.parent or 0, "team", record.id)
        case kind if kind == REPOSITORY:
            return _at(context, "Repository", None, "repositories", record.id)
        case _:
            return _inside(context, record)


def _inside(context: Context, record: Record) -> Thing | None:  # noqa: PLR0911 - one return for each kind
    """Return what lives in a repository, or in an organization."""
    if record.kind == RULESET and get_repository(context.store, record.parent or 0) is None:
        return _at(context, "RepositoryRuleset", None, "organizations", record.parent or 0, "rulesets", record.id)
    home = _home(context, record)
    if home is None:
        return None
    if record.kind == PROTECTION:
        return Thing("BranchProtectionRule", Fields({"id": record.id}), home)
    place: tuple[str | int, ...] = ("repositories", home.identifier)
    match record.kind:
        case kind if kind == RULESET:
            return _at(context, "RepositoryRuleset", home, *place, "rulesets", record.id)
        case kind if kind == ENVIRONMENT:
            return _at(context, "Environment", home, *place, "environments", record.fields.text("name"))
        case kind if kind == PULL:
            return _at(context, "PullRequest", home, *place, "pulls", record.fields.number("number"))
    return None


def _home(context: Context, record: Record) -> Thing | None:
    parent = record.parent
    while parent is not None:
        above = context.store.lookup(parent)
        if above is None:
            return None
        if above.kind == REPOSITORY:
            return _at(context, "Repository", None, "repositories", above.id)
        parent = above.parent
    return None


def _at(context: Context, kind: str, home: Thing | None, *segments: str | int) -> Thing | None:
    found = context.body(*segments)
    return None if found is None else Thing(kind, found, home)
