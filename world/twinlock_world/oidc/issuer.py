"""The issuer of the tokens that jobs show to AWS.

Its name is GitHub's, since trust policies name that; its keys are served where this world is. A client that verifies
tokens takes the keys from the configuration at the world's own address, `/.well-known/openid-configuration`; the AWS
of the same world asks the issuer directly. Called by the runner, for jobs with `id-token: write` that are not a fork's.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from twinlock_world.github.actions_policy import organization_policy, repository_policy
from twinlock_world.github.properties import values
from twinlock_world.github.repository import get_repository
from twinlock_world.oidc.claims import CLAIMS, STANDARD, job_claims, property_claims
from twinlock_world.oidc.key import ALGORITHM
from twinlock_world.oidc.subject import Names, SubjectError, subject, subject_form

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from joserfc.jwk import KeySetSerialization

    from twinlock_world.github.repository import Repository
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.oidc.job import JobIdentity
    from twinlock_world.oidc.key import Signer
    from twinlock_world.store import Store

NAME: Final = "https://token.actions.githubusercontent.com"
CONFIGURATION: Final = "/.well-known/openid-configuration"
KEYS: Final = "/.well-known/jwks"
LIFETIME_SECONDS: Final = 300  # a token's exp lies five minutes after its iat: the documentation's example token
BACKDATED_SECONDS: Final = 600  # and its nbf ten minutes before


class Issuer:
    """Makes tokens for jobs, and shows the keys that verify them."""

    def __init__(self, store: Store, key: Signer, now: Callable[[], datetime]) -> None:
        self._store = store
        self._key = key
        self._now = now

    def token(self, job: JobIdentity, audience: str | None = None) -> str:
        """Return a token that says who a job is; without an audience it is for the repository's owner.

        Raises:
            SubjectError: The repository is gone, or its subject's template asks for what the job hasn't got.
        """
        repository = get_repository(self._store, job.repository_id)
        if repository is None:
            raise SubjectError("the job's repository is gone")
        issued = int(self._now().timestamp())
        return self._key.sign(
            {
                **self._claims(job, repository),
                "aud": audience or f"https://github.com/{repository.owner.login}",
                "iss": NAME,
                "jti": str(uuid.uuid4()),
                "iat": issued,
                "nbf": issued - BACKDATED_SECONDS,
                "exp": issued + LIFETIME_SECONDS,
            }
        )

    def jwks(self) -> KeySetSerialization:
        """Return the keys that verify tokens."""
        return self._key.jwks()

    def _claims(self, job: JobIdentity, repository: Repository) -> dict[str, str]:
        organization = organization_policy(self._store, repository.owner)
        claims = {
            **job_claims(job, names_of(repository), repository.visibility),
            **property_claims(values(self._store, repository), organization.texts("oidc_properties", [])),
        }
        form = subject_form(repository_policy(self._store, repository).object("oidc"), organization.object("oidc"))
        return {**claims, "sub": subject(form, names_of(repository), claims)}


def names_of(repository: Repository) -> Names:
    """Return the names and numbers that stand in a repository's subjects."""
    return Names(repository.owner.login, repository.owner.id, repository.name, repository.id)


def configuration(origin: str) -> JsonObject:
    """Return the issuer's description; `origin` is where this world is found."""
    return {
        "issuer": NAME,
        "jwks_uri": f"{origin}{KEYS}",
        "subject_types_supported": ["public", "pairwise"],
        "response_types_supported": ["id_token"],
        "claims_supported": sorted({*CLAIMS, *STANDARD}),
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "scopes_supported": ["openid"],
    }
