"""Pairs declared roles with what IAM reports, for the controls on roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.model.observed import Absent, Observed, Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.account import Account
    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveAccount, LiveEstate
    from twinlock.model.policy import Role


def accounts(estate: Estate, live: LiveEstate) -> Iterator[tuple[Account, LiveAccount]]:
    """Yield every account with what was read of it, by account id."""
    for purpose, desired in sorted(estate.accounts.items(), key=lambda item: item[1].id):
        yield desired, live.accounts[purpose]


def declared(desired: Account, live: LiveAccount) -> Iterator[tuple[Role, Observed[Role]]]:
    """Yield every declared role with what was read of it, by ARN."""
    for role in sorted(desired.roles, key=lambda role: role.arn):
        yield role, observed(role.arn, live)


def observed(arn: str, live: LiveAccount) -> Observed[Role]:
    """Return what was read of one role; unread where something unnamed was not read and may be it."""
    match live.roles:
        case Seen(roles):
            found = next((role for role in roles if arn_of(role) == arn), None)
            unnamed = next((role for role in roles if arn_of(role) is None), None)
            return found or unnamed or Absent()
        case unread:
            return unread


def arn_of(role: Observed[Role]) -> str | None:
    """Return a role's ARN, where that much was read."""
    match role:
        case Seen(value):
            return value.arn
        case Unread(_, name):
            return name
        case Absent():
            return None
