"""Secrets as GitHub takes them: sealed for a public key that the world makes, so that no plain value is ever sent.

Each holder of secrets (organization, repository, environment) has one key pair. What was sealed is kept as it came and
never shown; it is opened only for a job that may have it. Called by the secret routes and when a job begins.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from twinlock_world.github.errors import invalid

if TYPE_CHECKING:
    from twinlock_world.store import Store

KEY_PAIR: Final = "key_pair"


@dataclass(frozen=True, slots=True)
class SealingKey:
    """The public half of a holder's key, as GitHub shows it."""

    id: str
    key: str


def sealing_key(store: Store, holder: int) -> SealingKey:
    """Return a holder's key, making it where there is none."""
    record = store.find(KEY_PAIR, "secrets", parent=holder)
    if record is None:
        private = PrivateKey.generate()
        document = {"private": _text(bytes(private)), "public": _text(bytes(private.public_key))}
        record = store.insert(KEY_PAIR, "secrets", document, parent=holder)
    return SealingKey(str(record.id), record.fields.text("public"))


def check_sealed(store: Store, holder: int, key_id: str, sealed: str) -> None:
    """Let a sealed value pass if its holder's key opens it.

    Raises:
        GitHubError: 422, it was sealed for another key or is damaged.
    """
    record = store.find(KEY_PAIR, "secrets", parent=holder)
    if record is None or key_id != str(record.id):
        raise invalid("Invalid request.\n\nThe key_id is not the id of the present public key.")
    private = PrivateKey(base64.b64decode(record.fields.text("private")))
    try:
        SealedBox(private).decrypt(base64.b64decode(sealed, validate=True))
    except (CryptoError, binascii.Error, ValueError) as error:
        raise invalid("Bad request - encrypted_value could not be decrypted with the present public key") from error


def unseal(store: Store, holder: int, sealed: str) -> str:
    """Return what was sealed, for a job that may have it.

    Raises:
        GitHubError: 422, the holder's key no longer opens it.
    """
    record = store.find(KEY_PAIR, "secrets", parent=holder)
    if record is None:
        raise invalid("The secret's key is gone")
    private = PrivateKey(base64.b64decode(record.fields.text("private")))
    try:
        return SealedBox(private).decrypt(base64.b64decode(sealed)).decode(errors="replace")
    except (CryptoError, binascii.Error, ValueError) as error:
        raise invalid("The secret cannot be opened") from error


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
