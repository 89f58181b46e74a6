"""Short ways to write policy statements; an action is lower case, as the model keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.model.policy import Condition, Effect, InlinePolicy, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def allow(
    actions: Iterable[str], resources: Iterable[str], conditions: Mapping[tuple[str, str], Iterable[str]] | None = None
) -> Statement:
    """Return a statement that allows actions on resources where `conditions` hold: `(operator, key) -> values`."""
    return Statement(
        Effect.ALLOW,
        actions=frozenset(action.lower() for action in actions),
        resources=frozenset(resources),
        conditions=_conditions(conditions or {}),
    )


def deny(actions: Iterable[str], resources: Iterable[str]) -> Statement:
    """Return a statement that denies actions on resources, unconditionally."""
    return Statement(
        Effect.DENY, actions=frozenset(action.lower() for action in actions), resources=frozenset(resources)
    )


def trust(principal: str, action: str, conditions: Mapping[tuple[str, str], Iterable[str]]) -> Statement:
    """Return the trust of one principal under conditions."""
    return Statement(
        Effect.ALLOW,
        principals=frozenset({principal}),
        actions=frozenset({action.lower()}),
        conditions=_conditions(conditions),
    )


def grant(
    accounts: Iterable[str], actions: Iterable[str], conditions: Mapping[tuple[str, str], Iterable[str]]
) -> Statement:
    """Return what a resource's own policy grants to accounts, given by their digits, under conditions."""
    return Statement(
        Effect.ALLOW,
        principals=frozenset(f"AWS arn:aws:iam::{account}:root" for account in accounts),
        actions=frozenset(action.lower() for action in actions),
        conditions=_conditions(conditions),
    )


def policy(name: str, *statements: Statement) -> InlinePolicy:
    """Return a named inline policy."""
    return InlinePolicy(name, frozenset(statements))


def _conditions(conditions: Mapping[tuple[str, str], Iterable[str]]) -> frozenset[Condition]:
    return frozenset(
        Condition(operator, key.lower(), frozenset(values)) for (operator, key), values in conditions.items()
    )
