"""From a request's credentials to who is calling.

An app acts with its installation token; with a web token it only asks about itself. Called by the REST application and
by the git server, which takes the token as the password of HTTP Basic.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from twinlock_world.github.accounts import Identity, account_of_token
from twinlock_world.github.app_token import app_of_web_token, is_web_token
from twinlock_world.github.errors import GitHubError

if TYPE_CHECKING:
    from twinlock_world.store import Store

__all__ = ["Identity", "identify", "resolve_token"]


def resolve_token(store: Store, token: str) -> Identity | None:
    """Return who holds this token; nothing for an unknown or expired one."""
    return account_of_token(store, token)


def identify(store: Store, authorization: str | None) -> Identity | None:
    """Return who an `Authorization` header speaks for; nothing where there is none.

    Raises:
        GitHubError: 401, the header holds no valid token.
    """
    if not authorization:
        return None
    scheme, _, value = authorization.partition(" ")
    token = _password(value) if scheme.casefold() == "basic" else value.strip()
    if is_web_token(token):
        return app_of_web_token(store, token)
    identity = resolve_token(store, token) if token else None
    if identity is None:
        raise GitHubError(401, "Bad credentials")
    return identity


def _password(value: str) -> str:
    try:
        decoded = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    user, _, password = decoded.partition(":")
    return password or user
