"""The permissions that the auditor's GitHub App needs, no more: `bootstrap` and the world's seed grant these.

Source: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

AUDITOR_PERMISSIONS: Mapping[str, str] = {
    # GitHub shows a ruleset's bypass actors to nobody with less; the auditor's client refuses to write.
    "administration": "write",
    "actions": "read",
    "contents": "read",
    "environments": "read",
    "members": "read",
    "metadata": "read",
    "organization_administration": "read",
    "repository_hooks": "read",
}
"""Permission to level, as GitHub names them."""
