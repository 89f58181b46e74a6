"""`/_world/*`: what the outside may do with a world that no real GitHub or AWS lets it do.

Seed more accounts, look at everything, let a token expire, stop the server. Owners only: their tokens open it, but for
`health`. Called by the server for every path below `/_world`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias
from urllib.parse import parse_qs

from twinlock_world.asgi import ClientGoneError, Head, TooLargeError, read_body, respond
from twinlock_world.jsonvalue import FieldError, Fields
from twinlock_world.seed import SeedError, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinlock_world.asgi import Receive, Scope, Send
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.seed import Seed

PREFIX: Final = "/_world/"
_LARGEST_BODY: Final = 4 * 1024 * 1024
_TRUE: Final = frozenset({"true", "1"})


class World(Protocol):
    """What the control paths act upon."""

    def is_owner(self, token: str) -> bool:
        """Tell whether this is the valid token of an organization's owner."""

    def plant(self, seed: Seed) -> JsonObject:
        """Make the accounts that are missing, and return everybody's credentials."""

    def dump(self, *, normalised: bool) -> JsonValue:
        """Return everything that GitHub and AWS hold, without secrets."""

    def status(self) -> JsonObject:
        """Return counts, and what is kept but not enforced."""

    def expire_token(self, login: str) -> bool:
        """Make a person's or an app's token invalid; false where nobody has that name."""

    def stop(self) -> None:
        """Stop the server once the present answers are out."""


@dataclass(frozen=True, slots=True)
class _Request:
    query: Mapping[str, list[str]]
    body: bytes


_Answer: TypeAlias = "tuple[int, JsonValue]"


class Control:
    """The ASGI application below `/_world`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._handlers: dict[tuple[str, str], Callable[[_Request], _Answer]] = {
            ("GET", "dump"): self._dump,
            ("GET", "status"): self._status,
            ("POST", "seed"): self._seed,
            ("POST", "shutdown"): self._shutdown,
            ("POST", "tokens/expire"): self._expire,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        head = Head.of(scope)
        try:
            body = await read_body(receive, limit=_LARGEST_BODY)
        except ClientGoneError:
            return
        except TooLargeError:
            status, document = _refusal(413, f"A request here has at most {_LARGEST_BODY} bytes")
        else:
            status, document = self._answer(head, body)
        headers = {"content-type": "application/json; charset=utf-8", "cache-control": "no-store"}
        await respond(send, status, headers, json.dumps(document, sort_keys=True).encode())

    def _answer(self, head: Head, body: bytes) -> _Answer:
        name = head.raw_path.removeprefix(PREFIX)
        if (head.method, name) == ("GET", "health"):
            return 200, {"status": "ok"}
        handler = self._handlers.get((head.method, name))
        if handler is None:
            return _refusal(404, f"No {head.method} {head.raw_path} here")
        scheme, _, token = head.headers.get("authorization", "").partition(" ")
        if scheme.casefold() not in {"bearer", "token"} or not self._world.is_owner(token.strip()):
            return _refusal(401, "The token of an organization owner is needed")
        return handler(_Request(parse_qs(head.query), body))

    def _dump(self, request: _Request) -> _Answer:
        return 200, self._world.dump(normalised=request.query.get("normalised", ["false"])[0] in _TRUE)

    def _status(self, _request: _Request) -> _Answer:
        return 200, self._world.status()

    def _seed(self, request: _Request) -> _Answer:
        try:
            return 200, self._world.plant(parse(request.body))
        except SeedError as error:
            return _refusal(422, str(error))

    def _shutdown(self, _request: _Request) -> _Answer:
        self._world.stop()
        return 202, {"status": "stopping"}

    def _expire(self, request: _Request) -> _Answer:
        try:
            document = json.loads(request.body)
            login = Fields(document if isinstance(document, dict) else {}).text("login")
        except (ValueError, RecursionError, FieldError):
            return _refusal(422, 'The body must be {"login": "..."}')
        if not self._world.expire_token(login):
            return _refusal(404, f"Nobody is called {login[:80]}")
        return 200, {"login": login, "expired": True}


def _refusal(status: int, message: str) -> _Answer:
    return status, {"message": message, "status": str(status)}
