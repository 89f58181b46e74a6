"""`pulumi-resource-twinlock`: twinlock's own resource types for the real engine."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from twinlock.model.declaration import Where
from twinlock.provider import handlers, tokens
from twinlock.provider.clients import connect
from twinlock.provider.registry import handlers_in
from twinlock.provider.server.serve import serve
from twinlock.provider.server.servicer import Package

if TYPE_CHECKING:
    from twinlock.provider.port import Clients, Properties

_WORLD = "http://127.0.0.1:"


def main() -> None:
    """Serve until the engine ends."""
    serve(Package(tokens.PACKAGE, metadata.version("twinlock"), handlers_in(handlers), _connect))


def _connect(inputs: Properties) -> Clients:
    addresses = [str(inputs[name]) for name in ("githubUrl", "awsEndpoint") if name in inputs]
    world = bool(addresses) and all(address.startswith(_WORLD) for address in addresses)
    return connect(inputs, Where.WORLD if world else Where.CLOUD)


if __name__ == "__main__":
    main()
