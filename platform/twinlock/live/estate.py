"""Reads the whole live estate: GitHub first, because AWS's trust policies are understood with its ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.model.live import LiveAccount, LiveEstate
from twinlock.model.observed import Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.live.ports import AccountReader, OrganizationReader
    from twinlock.model.account import Purpose
    from twinlock.model.estate import Estate


def read(
    estate: Estate,
    github: OrganizationReader,
    accounts: Mapping[Purpose, AccountReader],
) -> LiveEstate:
    """Read what controls judge. An account without a reader is unread, never passed over.

    Args:
        estate: What is declared.
        github: Reads the organization.
        accounts: Read the accounts.

    Raises:
        Incomplete: GitHub or AWS cannot be reached, or refuses the credentials.
    """
    organization = github.organization(sorted(estate.repositories))
    repositories = github.repositories([desired for _, desired in sorted(estate.repositories.items())])
    identities = {
        f"{estate.organization.login}/{name}": live.identity.value
        for name, live in repositories.items()
        if isinstance(live.identity, Seen)
    }
    read_accounts = {}
    for purpose, desired in estate.accounts.items():
        reader = accounts.get(purpose)
        unread = Unread(f"there are no credentials for the {purpose.value} account")
        read_accounts[purpose] = (
            LiveAccount(unread, unread, unread) if reader is None else reader.account(desired, identities)
        )
    return LiveEstate(organization, repositories, read_accounts)
