"""Whom a resource's policy or a trust policy names, and how closely.

Why closeness matters: naming an account only lets that account's own policies decide, naming a role grants to the role
whatever its identity policies say, and naming a session or a user grants past boundaries and session policies too.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-req-types.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twinlock_world.aws.policy.document import Principal, Statement


class Reach(IntEnum):
    """How closely a statement names a caller, in order."""

    NONE = 0
    ACCOUNT = 1
    ENTITY = 2
    SESSION = 3


@dataclass(frozen=True, slots=True)
class Who:
    """A caller as policies name it.

    Attributes:
        kind: `AWS`, `Federated` or `Service`.
        arn: Of the user, the role or the identity provider; a service's name.
        account: The caller's, empty for a service or a web identity.
        session: Of the assumed role.
    """

    kind: str
    arn: str
    account: str = ""
    session: str = ""

    @property
    def shown(self) -> str:
        """The ARN by which AWS's messages call the caller."""
        return self.session or self.arn


def reach(statement: Statement, who: Who) -> Reach:
    """Return how closely a statement that allows names a caller."""
    found = [_reach(principal, who) for principal in statement.principals]
    if statement.not_principals:
        return Reach.NONE if any(found) else Reach.ENTITY
    return max(found, default=Reach.NONE)


def concerns(statement: Statement, who: Who) -> bool:
    """Tell whether a statement that denies concerns a caller.

    `NotPrincipal` spares only whom it names in every form: a role's session with its role and its account.
    """
    if not statement.not_principals:
        return reach(statement, who) > Reach.NONE
    forms = {Reach.ACCOUNT, Reach.ENTITY} if who.account else {Reach.ENTITY}
    if who.session:
        forms = forms | {Reach.SESSION}
    named = {_reach(principal, who) for principal in statement.principals}
    return not forms <= named and not any(principal.kind == "*" for principal in statement.principals)


def _reach(principal: Principal, who: Who) -> Reach:
    if principal.kind == "*" or (principal.kind == "AWS" and principal.name == "*"):
        return Reach.ENTITY
    if principal.kind != who.kind:
        return Reach.NONE
    if who.session and principal.name == who.session:
        return Reach.SESSION
    if principal.name == who.arn:
        return Reach.SESSION if ":user/" in who.arn else Reach.ENTITY
    if who.account and principal.name in {who.account, f"arn:aws:iam::{who.account}:root"}:
        return Reach.ACCOUNT
    return Reach.NONE
