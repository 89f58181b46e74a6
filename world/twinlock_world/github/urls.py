"""Addresses and node ids as they stand in GitHub's bodies."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

_HOST: Final = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,255}")


@dataclass(frozen=True, slots=True)
class Urls:
    """Addresses below one origin, with the API where the caller found it (`/` or `/api/v3`).

    Pages for people and git stand at `pages` where that is another origin, as they do for who calls api.github.com.
    """

    origin: str
    mount: str
    pages: str = ""

    def api(self, *segments: str | int) -> str:
        """Return an API address; each segment is encoded, slashes included."""
        return "/".join([self.origin + self.mount, *(quote(str(segment), safe="") for segment in segments)])

    def html(self, *segments: str | int) -> str:
        """Return the address of a page for people."""
        return "/".join([self.pages or self.origin, *(quote(str(segment), safe="/") for segment in segments)])


def origin_of(host: str) -> str:
    """Return where a request's `Host` header says that it found the world."""
    return f"http://{host if _HOST.fullmatch(host) else '127.0.0.1'}"


def node_id(prefix: str, identifier: int) -> str:
    """Return the global id of an object: its type, and MessagePack of `[0, id]` as GitHub has it."""
    packed = b"\x92\x00\xce" + identifier.to_bytes(4, "big")
    return f"{prefix}_{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"
