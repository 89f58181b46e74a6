"""`pulumi-resource-aws` for the world: the embedded engine's AWS handlers, for the real engine; loopback only.

The official provider is several hundred megabytes, and cannot be had everywhere.
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from twinlock.aws import session
from twinlock.provider.registry import handlers_in
from twinlock.provider.server.serve import serve_parent
from twinlock.provider.server.servicer import Package
from twinlock_rehearsal import handlers
from twinlock_rehearsal.connections import PROVIDER, Connections

if TYPE_CHECKING:
    from twinlock.provider.port import Clients, Properties

_NAME = "aws"


def package() -> Package:
    """Return what is served."""
    own = {type_: handler for type_, handler in handlers_in(handlers).items() if type_.startswith(f"{_NAME}:")}
    return Package(_NAME, metadata.version("pulumi-aws"), own, _connect, session.prepare)


def main() -> None:
    """Serve until the engine ends."""
    serve_parent(package())


def _connect(inputs: Properties) -> Clients:
    return Connections().to(f"{PROVIDER}{_NAME}", inputs)


if __name__ == "__main__":
    main()
