"""What the local world is seeded with: everybody the manifest declares, the tool's apps, the accounts.

The world itself knows none of this; it gets its own documented JSON (world/twinlock_world/README.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twinlock.names import AUDITOR_APP, CONTROLLER_APP, GATE_APP, RELEASE_APP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.estate import Estate

_CONTROLS = (
    "actions",
    "administration",
    "codespaces_secrets",
    "contents",
    "dependabot_secrets",
    "environments",
    "members",
    "organization_administration",
    "organization_custom_properties",
    "organization_hooks",
    "pull_requests",
    "repository_hooks",
    "secrets",
    "variables",
    "workflows",
)
"""What the controller writes."""

_LENT = (
    "organization_actions_variables",
    "organization_secrets",
)
"""What nobody of ours writes, and the auditor reads: it must hold nothing for declared repositories."""

PERMISSIONS: Mapping[str, Mapping[str, str]] = {
    CONTROLLER_APP: {"metadata": "read", **dict.fromkeys(_CONTROLS, "write")},
    # GitHub hides `bypass_actors` from whoever lacks Administration:write; the auditor's client only ever reads.
    AUDITOR_APP: {
        "metadata": "read",
        **dict.fromkeys((*_CONTROLS, *_LENT), "read"),
        "administration": "write",
    },
    GATE_APP: {
        "actions": "write",  # it starts the integration run
        "checks": "write",
        "contents": "read",
        "deployments": "write",
        "metadata": "read",
        "pull_requests": "read",
    },
    RELEASE_APP: {"metadata": "read", "contents": "write"},
}
"""What each of the tool's apps may do (facts: GitHub's permission names for Apps)."""


def document(estate: Estate) -> dict[str, Any]:
    """Return the world's seed for an estate."""
    declaration = estate.declaration
    logins = sorted(login for person in declaration.people.values() for login in person.github)
    owners = estate.organization.owners
    return {
        "organization": {"login": estate.organization.login, "plan": declaration.platform.plan.value},
        "users": [{"login": login, "role": "owner" if login in owners else "member"} for login in logins],
        "apps": [{"slug": slug, "permissions": dict(PERMISSIONS[slug])} for slug in estate.organization.apps],
        "aws": {
            "region": declaration.platform.region,
            "accounts": [
                {"name": purpose.value, "id": account}
                for purpose, account in sorted(declaration.platform.accounts.items(), key=lambda item: item[0].value)
            ],
        },
    }
