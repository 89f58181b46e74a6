"""`pulumi-resource-twinlock`: twinlock's own resource types for the real engine."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from twinlock.aws import session
from twinlock.provider import handlers, tokens
from twinlock.provider.clients import connect, where
from twinlock.provider.registry import handlers_in
from twinlock.provider.server.serve import serve_parent
from twinlock.provider.server.servicer import Package

if TYPE_CHECKING:
    from twinlock.provider.port import Clients, Properties


def package() -> Package:
    """Return what is served."""
    return Package(tokens.PACKAGE, metadata.version("twinlock"), handlers_in(handlers), _connect, session.prepare)


def main() -> None:
    """Serve until the engine ends."""
    serve_parent(package())


def _connect(inputs: Properties) -> Clients:
    return connect(inputs, where(inputs))


if __name__ == "__main__":
    main()
