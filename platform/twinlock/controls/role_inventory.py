"""Every role that trusts GitHub is declared.

Why: a new role that trusts the identity provider is a new bridge from GitHub to AWS, and no refresh of any stack shows
it. A declared role that is missing is a finding, and so is an undeclared one, or a second identity provider for GitHub.
An undeclared role under an intact quarantine (an inline policy that denies everything) can do nothing, and is a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.controls import _roles as roles
from twinlock.controls import _subjects as subjects
from twinlock.controls._control import Control
from twinlock.controls._judgement import MISSING, UNDECLARED, Judgement, Remark
from twinlock.model.federation import denies_everything
from twinlock.model.finding import Severity
from twinlock.model.observed import Absent, Observed, Seen, Unread
from twinlock.names import QUARANTINE_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.account import Account
    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveAccount, LiveEstate
    from twinlock.model.policy import Role


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge whether each declared role is there, then every role and identity provider that nobody declared."""
    for desired, found in roles.accounts(estate, live):
        for role, observed in roles.declared(desired, found):
            yield _present(role, observed)
        yield from _undeclared(desired, found)
        if isinstance(found.oidc_clients, Seen):
            extra = sorted(found.oidc_clients.value.keys() - {desired.oidc_provider})
            yield from (Judgement(arn, faults=(UNDECLARED,)) for arn in extra)


def _present(role: Role, observed: Observed[Role]) -> Judgement:
    match observed:
        case Absent():
            return Judgement(role.arn, faults=(MISSING,))
        case Unread(reason, name) if name is None:
            return Judgement(role.arn, doubts=(reason,))
        case _:
            return Judgement(role.arn)


def _undeclared(desired: Account, live: LiveAccount) -> Iterator[Judgement]:
    if not isinstance(live.roles, Seen):
        reason = live.roles.reason if isinstance(live.roles, Unread) else "the account is gone"
        yield Judgement(subjects.account(desired.id), doubts=(reason,))
        return
    declared = {role.arn for role in desired.roles}
    for found in live.roles.value:
        arn = roles.arn_of(found)
        if arn is None:
            yield Judgement(subjects.account(desired.id), doubts=(getattr(found, "reason", "a role is gone"),))
        elif arn not in declared:
            quarantined = isinstance(found, Seen) and is_quarantined(found.value)
            remark = Remark("Nobody declared it; its quarantine is intact.")
            yield Judgement(arn, remarks=(remark,)) if quarantined else Judgement(arn, faults=(UNDECLARED,))


def is_quarantined(role: Role) -> bool:
    """Return whether a role carries the quarantine's inline policy, denying everything without a condition."""
    return any(policy.name == QUARANTINE_POLICY and denies_everything(policy.document) for policy in role.inline)


CONTROL = Control(
    slug="role-inventory",
    title="Every role that trusts GitHub is declared",
    severity=Severity.CRITICAL,
    promise="P2",
    remediation="Put it under quarantine: `twinlock reconcile --once`; then declare it or remove it.",
    check=check,
)
