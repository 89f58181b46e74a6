"""What the audit needs to read, as protocols; `github.py` and `aws.py` hold the readers, tests write fakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.account import Account
    from twinlock.model.live import LiveAccount, LiveOrganization, LiveRepository, RepositoryIdentity


class OrganizationReader(Protocol):
    """Reads one GitHub organization and its repositories."""

    def organization(self) -> LiveOrganization:
        """Read owners, all teams and the Actions settings.

        Raises:
            Incomplete: GitHub cannot be reached, or refuses the token.
        """

    def repository(self, name: str) -> LiveRepository:
        """Read everything that controls judge about one repository.

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
