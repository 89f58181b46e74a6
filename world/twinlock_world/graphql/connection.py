"""A connection: one stretch of a list, with how to ask for the rest.

Cursors are positions, written as GitHub's are. `first` or `last` must be given, up to 100: so says GitHub's
documentation, "Rate limits and query limits for the GraphQL API". Only the total can be had without.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final, TypeVar

from twinlock_world.graphql.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from twinlock_world.jsonvalue import Fields

T = TypeVar("T")

_LARGEST: Final = 100
_CURSOR: Final = "cursor:v2:"


def connect(
    name: str,
    items: Sequence[T],
    arguments: Fields,
    edge: Callable[[T], Mapping[str, object]] | None = None,
) -> dict[str, object]:
    """Return a list as the connection `name`; `edge` says what its edges hold beside the node.

    Raises:
        QueryError: The bounds are too large, or a cursor is none.
    """
    if not arguments.given("first") and not arguments.given("last"):
        message = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        missing = QueryError("MISSING_PAGINATION_BOUNDARIES", message)
        return {"totalCount": len(items), "nodes": missing, "edges": missing, "pageInfo": missing}
    start, end = _bounds(name, len(items), arguments)
    shown = items[start:end]
    cursors = [_cursor(start + at + 1) for at in range(len(shown))]
    return {
        "totalCount": len(items),
        "nodes": list(shown),
        "edges": [
            {"node": item, "cursor": cursor, **(edge(item) if edge else {})}
            for item, cursor in zip(shown, cursors, strict=True)
        ],
        "pageInfo": {
            "hasNextPage": end < len(items),
            "hasPreviousPage": start > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _bounds(name: str, total: int, arguments: Fields) -> tuple[int, int]:
    first, last = _bound(name, arguments, "first"), _bound(name, arguments, "last")
    start = _position(arguments, "after", 0)
    end = min(total, _position(arguments, "before", total + 1) - 1)
    end = max(end, start)
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    return min(start, total), min(end, total)


def _bound(name: str, arguments: Fields, which: str) -> int | None:
    if not arguments.given(which):
        return None
    value = arguments.number(which)
    if value < 0:
        raise QueryError("INVALID_PAGINATION", f"`{which}` on the `{name}` connection cannot be less than zero.")
    if value > _LARGEST:
        raise QueryError(
            "EXCESSIVE_PAGINATION",
            f"Requesting {value} records on the `{name}` connection exceeds the `{which}` limit of {_LARGEST} records.",
        )
    return value


def _position(arguments: Fields, which: str, default: int) -> int:
    if not arguments.given(which):
        return default
    text = arguments.text(which)
    try:
        decoded = base64.b64decode(text, validate=True).decode()
        return int(decoded.removeprefix(_CURSOR))
    except (binascii.Error, ValueError) as error:
        raise QueryError("INVALID_CURSOR_ARGUMENTS", f"`{text}` does not appear to be a valid cursor.") from error


def _cursor(position: int) -> str:
    return base64.b64encode(f"{_CURSOR}{position}".encode()).decode()
