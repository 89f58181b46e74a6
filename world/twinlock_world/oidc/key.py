"""The issuer's key: made when it is first needed, and kept in the world's state, readable by its owner alone.

Why kept: a token stays verifiable, and a client's cached keys stay right, when the world is started again.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from joserfc.jwk import KeySetSerialization, RSAKey

    from twinlock_world.jsonvalue import JsonObject

ALGORITHM: Final = "RS256"
_BITS: Final = 2048


class Signer(Protocol):
    """What signs tokens and shows how they are verified."""

    def sign(self, claims: JsonObject) -> str:
        """Return a signed token."""

    def jwks(self) -> KeySetSerialization:
        """Return the public keys."""


class KeptKey:
    """An RSA key in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._key: RSAKey | None = None

    def sign(self, claims: JsonObject) -> str:
        """Return a signed token."""
        from joserfc import jwt  # noqa: PLC0415 - needs a tenth of a second that the world's start hasn't got

        key = self._get()
        return jwt.encode({"alg": ALGORITHM, "kid": key.thumbprint()}, dict(claims), key)

    def jwks(self) -> KeySetSerialization:
        """Return the public key, as a set of keys."""
        key = self._get()
        return {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM}]}

    def _get(self) -> RSAKey:
        from joserfc.jwk import RSAKey  # noqa: PLC0415 - as above

        with self._lock:
            if self._key is None:
                if not self._path.exists():
                    _write(self._path, json.dumps(RSAKey.generate_key(_BITS, auto_kid=True).as_dict(private=True)))
                self._key = RSAKey.import_key(json.loads(self._path.read_text(encoding="ascii")))
            return self._key


def _write(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made with 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
