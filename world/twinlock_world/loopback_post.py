"""Sends a delivery to a receiver on this machine, and to no other.

A receiver has ten seconds, as GitHub gives; redirects are not followed, as by GitHub.
"""

from __future__ import annotations

import http.client
import ipaddress
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from twinlock_world.webhooks import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS: Final = 10
_LARGEST_ANSWER: Final = 64 * 1024


def post(url: str, headers: Mapping[str, str], body: bytes) -> Response:
    """Send a request to loopback; whatever goes wrong is told in the answer."""
    start = time.monotonic()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _failed("invalid address", start)
    if parts.scheme != "http" or not _is_loopback(host):
        return _failed("this world delivers to http on loopback only", start)
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        text = answer.read(_LARGEST_ANSWER).decode(errors="replace")
        return Response(answer.status, answer.reason, dict(answer.getheaders()), text, time.monotonic() - start)
    except TimeoutError:
        return _failed("timed out", start)
    except (OSError, http.client.HTTPException, ValueError):
        return _failed("failed to connect to host", start)
    finally:
        connection.close()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _failed(why: str, start: float) -> Response:
    return Response(0, why, {}, "", time.monotonic() - start)
