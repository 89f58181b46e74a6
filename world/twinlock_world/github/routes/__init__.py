"""Every route of the local GitHub, one module per noun; each declares its own as `ROUTES`."""

from __future__ import annotations

from typing import Final

from twinlock_world.github.routes import (
    access,
    accounts,
    actions,
    artifacts,
    audit_log,
    branches,
    checks,
    contents,
    deployments,
    environments,
    git,
    hooks,
    issues,
    keys,
    merging,
    meta,
    oidc,
    organizations,
    properties,
    pulls,
    repositories,
    reviews,
    rulesets,
    runs,
    secrets,
    statuses,
    teams,
    workflows,
)

_NOUNS: Final = (
    access,
    accounts,
    actions,
    artifacts,
    audit_log,
    branches,
    checks,
    contents,
    deployments,
    environments,
    git,
    hooks,
    issues,
    keys,
    merging,
    meta,
    oidc,
    organizations,
    properties,
    pulls,
    repositories,
    reviews,
    rulesets,
    runs,
    secrets,
    statuses,
    teams,
    workflows,
)

ROUTES: Final = tuple(route for noun in _NOUNS for route in noun.ROUTES)
