"""The little of ASGI that the world's applications share: types, a request read by name, whole answers.

Why no framework: paths are routed on their raw, percent-encoded form, which frameworks decode first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]  # the ASGI specification's own type
Message: TypeAlias = MutableMapping[str, Any]  # same
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


class ClientGoneError(Exception):
    """The client closed the connection before its request was whole."""


class TooLargeError(Exception):
    """The request's body is larger than its reader takes."""


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body; header names in lower case, the path as it came over the wire."""

    method: str
    raw_path: str
    query: str
    headers: Mapping[str, str]

    @classmethod
    def of(cls, scope: Scope) -> Head:
        """Read an HTTP scope."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        raw_path: bytes = scope["raw_path"]
        query: bytes = scope["query_string"]
        return cls(scope["method"], raw_path.decode("latin-1").partition("?")[0], query.decode("latin-1"), headers)


async def read_body(receive: Receive, *, limit: int) -> bytes:
    """Return the whole body of a request.

    Raises:
        TooLargeError: It has more than `limit` bytes.
        ClientGoneError: The client went before it was whole.
    """
    body = bytearray()
    more = True
    while more:
        chunk, more = await read_chunk(receive)
        body += chunk
        if len(body) > limit:
            raise TooLargeError
    return bytes(body)


async def read_chunk(receive: Receive) -> tuple[bytes, bool]:
    """Return the next piece of a request's body, and whether there is more.

    Raises:
        ClientGoneError: The client went.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    chunk: bytes = message.get("body", b"")
    return chunk, bool(message.get("more_body", False))


async def respond(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Send a whole answer."""
    await start(send, status, {**headers, "content-length": str(len(body))})
    await send({"type": "http.response.body", "body": body})


async def start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    """Send the head of an answer."""
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
