"""Serve one package to the engine that asked for this process, until that is gone."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc  # type: ignore[import-untyped]  # no stubs are published with it
from pulumi.runtime.proto import provider_pb2_grpc

from twinlock.provider.server.servicer import Servicer

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock.provider.server.servicer import Package

_LARGEST_MESSAGE = 400 * 1024 * 1024
"""As Pulumi's own SDKs have it; source: `pulumi/runtime/_grpc_settings.py`."""

_AT_ONCE = 8
_LOOK = 2.0
"""Seconds between two looks whether the engine is still there."""


def serve(package: Package, gone: Callable[[], None]) -> None:
    """Listen on loopback, print the port as the engine expects, and answer.

    Args:
        package: What is served.
        gone: Returns when the engine is gone; nothing is served after that.
    """
    server = grpc.server(
        ThreadPoolExecutor(_AT_ONCE),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(package), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    gone()
    server.stop(grace=1.0).wait()


def serve_parent(package: Package) -> None:
    """Serve the engine that started this process, until it ends or a signal comes."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    engine = os.getppid()

    def gone() -> None:
        while not ended.wait(_LOOK) and os.getppid() == engine:
            pass

    serve(package, gone)
