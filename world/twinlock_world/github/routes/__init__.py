"""Every route of the local GitHub, one module per noun; each declares its own as `ROUTES`."""

from __future__ import annotations

from typing import Final

from twinlock_world.github.routes import (
    accounts,
    actions,
    environments,
    meta,
    organizations,
    repositories,
    rulesets,
    teams,
)

_NOUNS: Final = (accounts, actions, environments, meta, organizations, repositories, rulesets, teams)

ROUTES: Final = tuple(route for noun in _NOUNS for route in noun.ROUTES)
