"""What each route that changes a setting means to the audit log and to webhooks, one module per noun."""

from __future__ import annotations

from typing import Final

from twinlock_world.github.changes import (
    access,
    actions,
    environment,
    hook,
    label,
    organization,
    property,  # noqa: A004 - GitHub's noun
    protection,
    repository,
    ruleset,
    secret,
    team,
)

TABLES: Final = (
    access.CHANGES,
    actions.CHANGES,
    environment.CHANGES,
    hook.CHANGES,
    label.CHANGES,
    organization.CHANGES,
    property.CHANGES,
    protection.CHANGES,
    repository.CHANGES,
    ruleset.CHANGES,
    secret.CHANGES,
    team.CHANGES,
)
