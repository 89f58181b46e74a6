"""`POST /graphql`: the door to `twinlock_world.graphql`, which is loaded when somebody first knocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.call import Call, Reply
from twinlock_world.github.errors import GitHubError
from twinlock_world.github.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock_world.graphql.context import Rest

PATH: Final = "/graphql"
NAME: Final = "GraphQL"


def graphql(api: Rest, unmodelled: Callable[[str], None]) -> Route:
    """Return the route; GraphQL asks `api` and tells `unmodelled` what it could not answer."""

    def run(call: Call) -> Reply:
        if call.identity is None:
            raise GitHubError(401, "This endpoint requires you to be authenticated.")
        from twinlock_world.graphql.context import Context  # noqa: PLC0415 - as the module says
        from twinlock_world.graphql.execution import answer  # noqa: PLC0415 - as above

        return Reply(200, answer(Context(call, api), call.body(), lambda name: unmodelled(f"{NAME} {name}")))

    return Route("POST", PATH, run, own_transactions=True)
