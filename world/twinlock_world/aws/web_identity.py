"""Web identity tokens, as STS judges them before it looks at a role's trust policy. Pure.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html; the messages are those
that callers report (aws-actions/configure-aws-credentials#280, awslabs/amazon-eks-irsa-cfn#18). That AWS evaluates more
of GitHub's claims than `aud` and `sub` is documented in the service authorization reference since 2026-01.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from binascii import Error
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from twinlock_world.aws.call import Refusal, RefusedError
from twinlock_world.jsonvalue import FieldError, Fields, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from joserfc.jwk import KeySetSerialization

    from twinlock_world.aws.policy.pattern import Context

CLAIMS: Final = (
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "sub",
    "workflow",
)
"""The claims of GitHub's tokens that a trust policy can name, besides `aud`."""

NOT_A_TOKEN: Final = Refusal(
    400,
    "InvalidIdentityToken",
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
)
NO_KEY: Final = Refusal(
    400,
    "InvalidIdentityToken",
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements",
)
WRONG_AUDIENCE: Final = Refusal(400, "InvalidIdentityToken", "Incorrect token audience")
_ALGORITHMS: Final = ("RS256",)


class Issuer(Protocol):
    """Whose tokens can be verified here."""

    def jwks(self) -> KeySetSerialization:
        """Return the keys that verify tokens."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a token claims of itself; nothing of it is verified yet."""

    text: str
    issuer: str
    claims: Fields

    @property
    def audiences(self) -> tuple[str, ...]:
        """For whom it is."""
        held = self.claims.raw.get("aud")
        return (held,) if isinstance(held, str) else tuple(self.claims.texts("aud", []))


def parse(text: str) -> Token:
    """Read a token without believing it.

    Raises:
        RefusedError: It is none.
    """
    parts = text.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        raise RefusedError(NOT_A_TOKEN)
    try:
        document = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        claims = Fields(document if isinstance(document, dict) else {})
        token = Token(text, claims.text("iss"), claims)
        as_text(claims.raw.get("sub"), "sub")
        claims.number("exp")
        claims.number("iat")
        audiences = token.audiences
    except (Error, ValueError, RecursionError) as error:  # FieldError is a ValueError
        raise RefusedError(NOT_A_TOKEN) from error
    if not audiences:
        raise RefusedError(NOT_A_TOKEN)
    return token


def verify(token: Token, issuer: Issuer | None, audiences: Sequence[str], now: float) -> None:
    """Let a token pass whose issuer the account trusts.

    Raises:
        RefusedError: Nobody known here signed it, or it is for somebody else, or not for now.
    """
    if issuer is None or not _is_signed(token, issuer.jwks()):
        raise RefusedError(NO_KEY)
    if not set(token.audiences) & set(audiences):
        raise RefusedError(WRONG_AUDIENCE)
    expires, starts = token.claims.number("exp"), _starts(token.claims)
    if now >= expires:
        message = f"Token expired: current date/time {int(now)} must be before the expiration date/time {expires}"
        raise RefusedError(Refusal(400, "ExpiredTokenException", message))
    if now < starts:
        message = f"Token is not valid yet: current date/time {int(now)} must be after {starts}"
        raise RefusedError(Refusal(400, "InvalidIdentityToken", message))


def context(token: Token) -> Context:
    """Return the condition keys that a token gives."""
    host = token.issuer.removeprefix("https://").lower()
    found = {f"{host}:{name}": (value,) for name in CLAIMS if isinstance(value := token.claims.raw.get(name), str)}
    return {**found, f"{host}:aud": token.audiences}


def _is_signed(token: Token, keys: KeySetSerialization) -> bool:
    from joserfc import jwt  # noqa: PLC0415 - needs a tenth of a second that the world's start hasn't got
    from joserfc.errors import JoseError  # noqa: PLC0415 - as above
    from joserfc.jwk import KeySet  # noqa: PLC0415 - as above

    try:
        jwt.decode(token.text, KeySet.import_key_set(keys), algorithms=list(_ALGORITHMS))
    except (JoseError, ValueError, RecursionError):
        return False
    return True


def _starts(claims: Fields) -> int:
    """Return when a token begins to be valid; a token from the future is as invalid as one that waits."""
    try:
        return max(claims.number("nbf", 0), claims.number("iat"))
    except FieldError:
        return claims.number("iat")
