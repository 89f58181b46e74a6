"""Trust policies, evaluated: which tokens may assume a role.

Text says little about a trust policy: operators, quantifiers and several statements decide together. So a policy is
asked about requests, as AWS would be.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twinlock.model.conditions import holds, is_known, like, parse
from twinlock.model.policy import Effect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock.model.policy import Condition, Document, Statement

MOST_WITNESSES = 64
"""Declared combinations of values tried per statement; a generated policy has one."""


@dataclass(frozen=True, slots=True)
class Request:
    """An attempt to assume a role.

    Attributes:
        principal: `Federated arn`, `AWS arn` or `Service name`.
        action: Lower case (`sts:assumerolewithwebidentity`).
        claims: Condition keys in lower case, with the token's values.
    """

    principal: str
    action: str
    claims: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the request on one line: what it claims, or who makes it where it claims nothing."""
        claims = ", ".join(f"{key.rsplit(':', 1)[-1]}={value}" for key, value in sorted(self.claims.items()))
        return claims or self.principal


def admits(document: Document, request: Request) -> bool:
    """Return whether a trust policy admits a request: an Allow does, and no Deny does not.

    What cannot be evaluated (an unknown operator, a policy variable) restricts no Allow and holds for no Deny, so the
    answer errs towards admitting.
    """
    allowed = any(s.effect is Effect.ALLOW and applies(s, request) for s in document)
    return allowed and not any(s.effect is Effect.DENY and applies(s, request) for s in document)


def applies(statement: Statement, request: Request) -> bool:
    """Return whether a statement is about a request; a condition that is not known counts in favour of the request."""
    unknown_holds = statement.effect is Effect.ALLOW
    return (
        _names(statement.principals, statement.not_principals, request.principal)
        and covers_action(statement, request.action)
        and all(
            verdict if (verdict := holds(condition, request.claims)) is not None else unknown_holds
            for condition in statement.conditions
        )
    )


def _names(principals: frozenset[str], not_principals: frozenset[str], principal: str) -> bool:
    if not_principals:
        return not _names(not_principals, frozenset(), principal)
    kind = principal.partition(" ")[0]
    return not principals.isdisjoint({"*", "AWS *", f"{kind} *", principal})


def covers_action(statement: Statement, action: str) -> bool:
    """Return whether a statement is about an action."""
    if statement.not_actions:
        return not any(like(pattern, action) for pattern in statement.not_actions)
    return any(like(pattern, action) for pattern in statement.actions)


def not_evaluated(document: Document) -> tuple[str, ...]:
    """Return the conditions that cannot be evaluated, as text, sorted."""
    return tuple(sorted({str(c) for statement in document for c in statement.conditions if not is_known(c)}))


def declared_requests(document: Document) -> Iterator[Request]:
    """Yield the requests that a desired trust policy is there for: each of its principals, with each declared value."""
    for statement in sorted(document, key=str):
        if statement.effect is Effect.ALLOW:
            yield from requests_of(statement)


def requests_of(statement: Statement) -> Iterator[Request]:
    """Yield requests that satisfy an Allow statement, one for each combination of its literal values."""
    choices = [
        [(condition.key, value) for value in _satisfying(condition)]
        for condition in sorted(statement.conditions, key=str)
    ]
    combinations = list(itertools.islice(itertools.product(*(choice for choice in choices if choice)), MOST_WITNESSES))
    for principal, action in itertools.product(sorted(statement.principals), sorted(statement.actions)):
        for combination in combinations:
            yield Request(principal, action, dict(combination))


def _satisfying(condition: Condition) -> list[str]:
    """Return values that satisfy a positive condition; wildcards stand for something nobody declared."""
    base = parse(condition.operator).base
    if "not" in base or base == "null":
        return []
    filled = (value.replace("*", "other").replace("?", "x") for value in condition.values)
    return sorted(condition.values if "like" not in base and "arn" not in base else filled)
