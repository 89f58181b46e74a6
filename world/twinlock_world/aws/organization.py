"""The organization of a world's accounts: once one of them founds it, all of them belong to it.

Why: moto knows no invitations, so accounts that exist already could never come under a service control policy. Here the
seeded accounts join as if they had been invited and had accepted. Called by the edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.organizations.models import FakeAccount, organizations_backends
from moto.organizations.utils import DEFAULT_RCP_POLICY_ID, DEFAULT_SCP_POLICY_ID

from twinlock_world.aws.holdings import PARTITION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moto.organizations.models import OrganizationsBackend


def gather(accounts: Iterable[str]) -> None:
    """Let every account that is in no organization join the one that is there, if there is one."""
    known = list(accounts)
    backend = next((found for account in known if (found := _backend(account)).org is not None), None)
    if backend is None:
        return
    for account in known:
        if account != backend.account_id and account not in organizations_backends.master_accounts:
            _join(backend, account)


def _backend(account: str) -> OrganizationsBackend:
    return organizations_backends[account][PARTITION]


def _join(backend: OrganizationsBackend, account: str) -> None:
    if backend.org is None:
        return
    member = FakeAccount(backend.org, AccountName=account, Email=f"{account}@accounts.invalid")
    member.id = account
    member.joined_method = "INVITED"
    backend.accounts.append(member)
    for policy in (DEFAULT_SCP_POLICY_ID, DEFAULT_RCP_POLICY_ID):
        backend.attach_policy(PolicyId=policy, TargetId=account)
    organizations_backends.master_accounts[account] = (backend.account_id, backend.partition)
