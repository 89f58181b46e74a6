"""Where clients find the issuer's keys: `/.well-known/` at the world's GitHub address.

GitHub has it at the issuer's own name (GitHub Enterprise Server below `/_services/token`); a loopback client cannot go
there, so both the configuration and the keys stand here, and need no token. Called by the world for these paths.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from twinlock_world.asgi import Head, respond
from twinlock_world.oidc.issuer import CONFIGURATION, KEYS, configuration

if TYPE_CHECKING:
    from twinlock_world.asgi import Receive, Scope, Send
    from twinlock_world.oidc.issuer import Issuer

PREFIX: Final = "/.well-known/"


class Discovery:
    """An ASGI application that answers the issuer's two documents."""

    def __init__(self, issuer: Issuer, origin: str) -> None:
        self._issuer = issuer
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        del receive
        head = Head.of(scope)
        if head.method not in {"GET", "HEAD"} or head.raw_path not in {CONFIGURATION, KEYS}:
            await respond(send, 404, {"content-type": "text/plain"}, b"Not Found")
            return
        document = configuration(self._origin) if head.raw_path == CONFIGURATION else self._issuer.jwks()
        body = json.dumps(document).encode()
        await respond(send, 200, {"content-type": "application/json; charset=utf-8"}, body)
