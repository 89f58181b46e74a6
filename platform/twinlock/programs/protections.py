"""The program of the stacks `protections`: all that protects one group's repositories, and its roles in AWS.

It runs after the seed. Which repositories the roles trust is read from the group's stack `repositories`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pulumi

from twinlock.aws import trust
from twinlock.components.directory import Directory
from twinlock.components.image_repository import ImageRepository
from twinlock.components.repository_protection import RepositoryProtection
from twinlock.components.role import Role
from twinlock.engine.port import stack_reference
from twinlock.errors import Incomplete
from twinlock.model.declaration import Where
from twinlock.model.live import RepositoryIdentity
from twinlock.names import service_roles
from twinlock.programs import repositories
from twinlock.programs.providers import aws_provider, github_providers, inherited

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock.model.account import Account
    from twinlock.model.estate import Estate
    from twinlock.model.policy import Document
    from twinlock.model.policy import Role as DesiredRole
    from twinlock.provider.connection import Connection


def declare(estate: Estate, group: str, connection: Connection) -> None:
    """Declare the protections of a group.

    Raises:
        BadInput: There is no such group.
    """
    target = estate.declaration.platform.target
    providers = github_providers(connection, target)
    options = inherited(providers, protect=target is Where.CLOUD)
    directory = Directory(providers[0])
    for repository in estate.group(group):
        if repository.protected:
            RepositoryProtection(repository.name, repository, directory=directory, opts=options)
    if group in estate.services:
        _declare_accounts(estate, group, connection)


def _declare_accounts(estate: Estate, service: str, connection: Connection) -> None:
    """Declare what a service has in each account: roles, and where its images are."""
    target = estate.declaration.platform.target
    reference = pulumi.StackReference(stack_reference("repositories", service))
    reported = reference.get_output(repositories.OUTPUT)
    organization = estate.organization.login
    for purpose, account in sorted(estate.accounts.items(), key=lambda entry: entry[0].value):
        own = _roles_of(service, account)
        images = [repository for repository in account.images if repository.name == service]
        if not own and not images:
            continue
        official = aws_provider(connection.aws[purpose], purpose, target)
        options = inherited([official])
        for repository in images:
            ImageRepository(
                service,
                repository,
                force_delete=target is Where.WORLD,
                opts=inherited([official], protect=target is Where.CLOUD),
            )
        for role in own:
            Role(
                role.name,
                role,
                trust=_encoded(role.trust, organization, reported),
                service=service,
                opts=options,
            )


def _roles_of(service: str, account: Account) -> Iterable[DesiredRole]:
    names = service_roles(service)
    return [role for role in account.roles if role.name in names]


def _encoded(document: Document, organization: str, reported: pulumi.Output[object]) -> pulumi.Input[str]:
    """Return a trust policy as JSON; only one that names repositories has to wait for their ids."""
    try:
        return trust.encode(document, {})
    except Incomplete:
        return reported.apply(lambda found: trust.encode(document, _identities(organization, found)))


def _identities(organization: str, reported: object) -> dict[str, RepositoryIdentity]:
    """Read the other stack's output; `trust.encode` says what is missing from it."""
    found = reported if isinstance(reported, Mapping) else {}
    return {
        f"{organization}/{name}": RepositoryIdentity(
            id=int(entry["repositoryId"]),
            # Part of the prefix already, and of no condition.
            owner_id=0,
            name=str(name),
            subject_prefix=str(entry["subjectPrefix"]),
        )
        for name, entry in found.items()
    }
