"""The rules that span keys and files: one module for each family, each a pure function of the facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.manifest.rules import accounts, claims, owners, quorum, separation, services, teams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twinlock.manifest.facts import Facts
    from twinlock.manifest.mistake import Mistake

RULES: tuple[Callable[[Facts], Iterator[Mistake]], ...] = (
    accounts.check,
    claims.check,
    owners.check,
    quorum.check,
    separation.check,
    services.check,
    teams.check,
)
"""Listed by hand, so that a rule cannot disappear unnoticed."""
