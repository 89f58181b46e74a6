"""The AWS accounts: identity provider, permissions boundary and the roles of every service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.desired.boundaries import boundary
from twinlock.desired.registries import image_repositories
from twinlock.desired.roles import roles, shared_roles
from twinlock.model.account import Account, Purpose
from twinlock.names import oidc_provider_arn

if TYPE_CHECKING:
    from twinlock.model.declaration import Declaration

PROVISIONED = (Purpose.BUILD, Purpose.INTEGRATION, Purpose.PRODUCTION)
"""Accounts that GitHub Actions reaches; the evidence and management accounts are a later stage's."""


def accounts(declaration: Declaration) -> dict[Purpose, Account]:
    """Return the accounts that GitHub Actions reaches, each with exactly the roles it has."""
    return {
        purpose: Account(
            purpose=purpose,
            id=declaration.platform.accounts[purpose],
            region=declaration.platform.region,
            oidc_provider=oidc_provider_arn(declaration.platform.accounts[purpose]),
            boundary=boundary(purpose, declaration.platform.accounts[purpose]),
            roles=(
                *shared_roles(declaration, purpose),
                *(
                    role
                    for _, service in sorted(declaration.services.items())
                    for role in roles(declaration, service, purpose)
                ),
            ),
            images=image_repositories(declaration, purpose),
        )
        for purpose in PROVISIONED
    }
