"""GitHub and git as they are when something fails: refused, broken off in the middle of an answer, a token expired.

Wraps what serves them, and asks `faults` about each request. Called by `world` for all but `/_world`.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from twinlock_world.asgi import ClientGoneError, Head, read_chunk, respond, start
from twinlock_world.rate_limit import SECONDARY, SECONDARY_DOCUMENTATION

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock_world.asgi import Application, Message, Receive, Scope, Send
    from twinlock_world.faults import Fault, Faults

_MOUNT: Final = "/api/v3"


class Unreliable:
    """An ASGI application that fails as arranged, and else is the one within."""

    def __init__(self, within: Application, faults: Faults, expire: Callable[[str], object]) -> None:
        self._within = within
        self._faults = faults
        self._expire = expire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or fail it."""
        fault = self._fault(scope)
        if fault is not None and fault.expires is not None:
            self._expire(fault.expires)
        if fault is None or fault.expires is not None:
            await self._within(scope, receive, send)
            return
        if fault.carried_out:
            await self._within(scope, receive, _unheard)
        else:
            await _drained(receive)
        if fault.status is not None:
            await _refuse(send, fault.status, fault.retry_after)
        else:
            # A length that never comes: the server ends the connection when this returns.
            await start(send, 200, {"content-length": "1"})

    def _fault(self, scope: Scope) -> Fault | None:
        if not self._faults:
            return None
        head = Head.of(scope)
        mounted = head.raw_path.startswith(f"{_MOUNT}/")
        path = head.raw_path.removeprefix(_MOUNT) if mounted else head.raw_path
        return self._faults.befalling(f"{head.method} {path}")


async def _drained(receive: Receive) -> None:
    more = True
    while more:
        try:
            _, more = await read_chunk(receive)
        except ClientGoneError:
            return


async def _unheard(message: Message) -> None:
    del message


async def _refuse(send: Send, status: int, retry_after: int | None) -> None:
    document = {"message": "Server Error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _phrase(status)}
    headers = {"content-type": "application/json; charset=utf-8"}
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            document = {"message": SECONDARY, "documentation_url": SECONDARY_DOCUMENTATION, "status": str(status)}
    await respond(send, status, headers, json.dumps(document).encode())


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"
