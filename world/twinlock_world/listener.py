"""The HTTP server of the GitHub side: uvicorn, told to be silent and to leave signals to us.

Why own signals: uvicorn repeats a signal once it has stopped, so a clean stop would look like a killed process.
"""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Final

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from twinlock_world.asgi import Application

_IDLE_SECONDS: Final = 75
_GRACE_SECONDS: Final = 3


class Listener(uvicorn.Server):
    """A server on a socket that listens already; it stops at SIGTERM, SIGINT or `stop`."""

    def __init__(self, application: Application, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=_IDLE_SECONDS,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        self._ready = ready

    def stop(self) -> None:
        """Stop after the answers that are under way."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer requests from now on, and say so."""
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT stop the server, and nothing more."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self.stop())
        yield
