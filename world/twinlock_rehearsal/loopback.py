"""Refuse every address but loopback, before anything is opened.

The embedded engine rehearses: it must never reach GitHub or AWS themselves, whatever a program or a file says.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from twinlock.errors import Incomplete


def require_loopback(url: object, what: str) -> str:
    """Return an address as it is, if it is `http` on a loopback address given by number.

    A name is refused even if it is `localhost`: a resolver decides where a name leads.

    Args:
        url: The address; None where a provider would use its own.
        what: Whose address it is, for the message.

    Raises:
        Incomplete: It is any other.
    """
    if isinstance(url, str) and _is_loopback(url):
        return url
    # The address itself may hold a password.
    raise Incomplete(
        f"{what} was not contacted.",
        "The embedded engine reaches nothing but a world on this machine, such as http://127.0.0.1:8080, and the "
        f"provider's address is {_described(url)}.",
        "Start a world and use its address (`twinlock world up --detach`), or use Pulumi's engine.",
    )


def _is_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
        return (
            parts.scheme == "http"
            and parts.username is None
            and port_is_valid
            and ipaddress.ip_address(parts.hostname or "").is_loopback
        )
    except ValueError:
        return False


def _described(url: object) -> str:
    if not isinstance(url, str) or not url:
        return "not given"
    try:
        return f"at {urlsplit(url).hostname or 'nobody'}"
    except ValueError:
        return "none at all"
