"""How an app itself signs in: with a JSON web token that it makes with its private key.

It may then ask about itself and have installation tokens made; nothing else (documented: "Generating a JSON Web Token
for a GitHub App"). Keys are made by `POST /_world/apps/key`, as GitHub's page makes them; only the public half is kept.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import APP, App, find_app, get_app
from twinlock_world.github.bodies.account import client_id
from twinlock_world.github.errors import GitHubError
from twinlock_world.jsonvalue import FieldError, Fields

if TYPE_CHECKING:
    from twinlock_world.store import Store

APP_KEY: Final = "app_key"

_ALGORITHM: Final = "RS256"
_BITS: Final = 2048
_LONGEST: Final = 600
_DRIFT: Final = 60
_PARTS: Final = 3
_UNDECODABLE: Final = "A JSON web token could not be decoded"


def is_web_token(token: str) -> bool:
    """Tell whether a credential has the form of a web token, as no other has."""
    return token.startswith("eyJ") and token.count(".") == _PARTS - 1


def make_key(store: Store, slug: str) -> str | None:
    """Return a new private key of an app, which nobody can read again; nothing where there is no such app."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - slow to load, and seldom needed
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - as above

    app = find_app(store, slug)
    if app is None:
        return None
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    store.insert(APP_KEY, f"{len(store.children(APP_KEY, app.id)) + 1}", {"public": public.decode()}, parent=app.id)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return private.decode()


def app_of_web_token(store: Store, token: str) -> App:
    """Return the app that made a web token; signed in so, it reaches no repository.

    Raises:
        GitHubError: 401, the token is none, or of nobody, or too old or too new.
    """
    from joserfc import jwt  # noqa: PLC0415 - slow to load, and seldom needed
    from joserfc.errors import JoseError  # noqa: PLC0415 - as above
    from joserfc.jwk import RSAKey  # noqa: PLC0415 - as above

    app = _issuer(store, token)
    for record in [] if app is None else store.children(APP_KEY, app.id):
        try:
            claims = jwt.decode(token, RSAKey.import_key(record.fields.text("public")), [_ALGORITHM]).claims
        except (JoseError, ValueError):
            continue
        _check_times(store, Fields(claims))
        assert app is not None  # noqa: S101 - only its keys were tried
        return replace(app, permissions={}, repositories=frozenset())
    raise GitHubError(401, _UNDECODABLE)


def _issuer(store: Store, token: str) -> App | None:
    """Return the app that a token says made it: by its number, or by its client id."""
    from joserfc.errors import JoseError  # noqa: PLC0415 - as above
    from joserfc.jws import extract_compact  # noqa: PLC0415 - as above

    try:
        claims = json.loads(extract_compact(token.encode("latin-1")).payload)
        issuer = str(claims["iss"])
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise GitHubError(401, _UNDECODABLE) from error
    if issuer.isascii() and issuer.isdigit() and len(issuer) < 16:  # noqa: PLR2004 - SQLite's integers end at 19 digits
        return get_app(store, int(issuer))
    found = (get_app(store, record.id) for record in store.all(APP))
    return next((app for app in found if app is not None and client_id(app) == issuer), None)


def _check_times(store: Store, claims: Fields) -> None:
    now = int(store.clock.now().timestamp())
    try:
        issued, expires = claims.number("iat"), claims.number("exp")
    except FieldError as error:
        name = {"iat": "issued at", "exp": "expiration time"}[error.field]
        message = f"Missing '{name}' claim ('{error.field}') in assertion"
        raise GitHubError(401, message) from error
    if issued > now + _DRIFT:
        raise GitHubError(
            401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        )
    if expires <= now:
        raise GitHubError(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the "
            "assertion expires",
        )
    if expires > now + _LONGEST + _DRIFT:
        raise GitHubError(401, "'Expiration time' claim ('exp') is too far in the future")
