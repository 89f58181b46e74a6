"""What the audit needs to read, as protocols; `github.py` and `aws.py` hold the readers, tests write fakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from twinlock.model.account import Account
    from twinlock.model.live import LiveAccount, LiveOrganization, LiveRepository, RepositoryIdentity
    from twinlock.model.repository import Repository


class OrganizationReader(Protocol):
    """Reads one GitHub organization and its repositories.

    Repositories are asked for together, so that an adapter may read many of them by one request, as GraphQL allows.
    """

    def organization(self, repositories: Iterable[str] = ()) -> LiveOrganization:
        """Read what belongs to the organization itself.

        Args:
            repositories: Names of the declared repositories: what the organization lends to others is nobody's concern.

        Raises:
            Incomplete: GitHub cannot be reached, or refuses the token.
        """

    def repositories(self, desired: Sequence[Repository]) -> Mapping[str, LiveRepository]:
        """Read everything that controls judge about declared repositories, each under its name.

        Of one whose protections are not provisioned yet it is only read which repository it is.

        Raises:
            Incomplete: As `organization`.
        """


class AccountReader(Protocol):
    """Reads one AWS account."""

    def account(self, desired: Account, repositories: Mapping[str, RepositoryIdentity]) -> LiveAccount:
        """Read the identity providers, the boundary, and every role that GitHub may assume or that is declared.

        `repositories` (`owner/name` to identity) translates what trust policies say of repositories into names.

        Raises:
            Incomplete: AWS cannot be reached, or refuses the keys.
        """
