"""What every mutation is given and answers: an input with an echo, and a payload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.graphql.errors import not_found
from twinlock_world.graphql.identifiers import node

if TYPE_CHECKING:
    from twinlock_world.graphql.context import Context
    from twinlock_world.graphql.thing import Thing
    from twinlock_world.jsonvalue import Fields


def asked(arguments: Fields) -> Fields:
    """Return a mutation's input."""
    return arguments.object("input")


def payload(wanted: Fields, **found: object) -> dict[str, object]:
    """Return a mutation's answer, with the client's own id in it."""
    return {"clientMutationId": wanted.optional_text("clientMutationId"), **found}


def named(context: Context, wanted: Fields, name: str, kind: str) -> Thing:
    """Return the object that an input names by its global id.

    Raises:
        QueryError: There is none of this kind for this caller.
    """
    found = node(context, wanted.text(name))
    if found.kind != kind:
        raise not_found(f"Could not resolve to {kind} node with the global id of '{wanted.text(name)}'.")
    return found
