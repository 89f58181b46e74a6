"""Roles and identity providers: which roles may be assumed through one, and what makes such a role harmless.

Reading the live estate and putting undeclared roles under quarantine must agree on both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.model.policy import Effect, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock.model.policy import Document

DENY_ALL = Statement(Effect.DENY, actions=frozenset({"*"}), resources=frozenset({"*"}))
"""The statement of a quarantine: no condition, no exception."""

_ANYBODY = frozenset({"*", "AWS *", "Federated *"})


def trusts(document: Document, providers: Iterable[str]) -> bool:
    """Return whether a trust policy may admit one of the identity providers (ARNs), by name or among everybody."""
    named = _ANYBODY | {f"Federated {arn}" for arn in providers}
    return any(
        statement.effect is Effect.ALLOW and (not statement.principals.isdisjoint(named) or statement.not_principals)
        for statement in document
    )


def denies_everything(document: Document) -> bool:
    """Return whether a policy takes every permission away, whatever else it says."""
    return DENY_ALL in document
