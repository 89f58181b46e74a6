"""The Estate as a whole: organization, repositories of every service and of the platform, accounts."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from twinlock.desired.accounts import accounts
from twinlock.desired.organization import organization
from twinlock.desired.repositories import application, integration_tests, pipelines
from twinlock.model.estate import Estate

if TYPE_CHECKING:
    from twinlock.model.declaration import Declaration


def derive(declaration: Declaration) -> Estate:
    """Return all that must exist for a declaration."""
    repositories = [pipelines(declaration)]
    for _, service in sorted(declaration.services.items()):
        repositories += [application(declaration, service), integration_tests(declaration, service)]
    return Estate(
        declaration=declaration,
        organization=organization(declaration),
        repositories=MappingProxyType({repository.name: repository for repository in repositories}),
        accounts=MappingProxyType(accounts(declaration)),
    )
