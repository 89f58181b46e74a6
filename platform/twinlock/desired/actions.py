"""What Actions may do: selected actions only, pinned by full commit id, with a token that reads."""

from __future__ import annotations

import dataclasses

from twinlock.model.actions import AccessLevel, ActionsPolicy, TokenPermission
from twinlock.names import PIPELINES_REPOSITORY

ALLOWED_ACTIONS = (
    "actions/attest@*",
    "actions/checkout@*",
    "actions/download-artifact@*",
    "actions/setup-python@*",
    "actions/upload-artifact@*",
    "aws-actions/configure-aws-credentials@*",
)
"""Every third-party action that the pipelines use; SHA pinning holds each of them to one commit."""


def organization_policy(organization: str) -> ActionsPolicy:
    """Return what Actions may do anywhere in the organization."""
    return ActionsPolicy(
        enabled=True,
        allowed_actions="selected",
        github_owned=False,
        verified=False,
        patterns=frozenset({*ALLOWED_ACTIONS, f"{organization}/{PIPELINES_REPOSITORY}/*"}),
        sha_pinning=True,
        token=TokenPermission.READ,
        approve_pull_requests=False,
        access_level=AccessLevel.NONE,
    )


def repository_policy(organization: str) -> ActionsPolicy:
    """Return what Actions may do in a service's repository."""
    return organization_policy(organization)


def pipelines_policy(organization: str) -> ActionsPolicy:
    """Return what Actions may do in the pipelines repository, whose workflows the whole organization calls."""
    return dataclasses.replace(organization_policy(organization), access_level=AccessLevel.ORGANIZATION)
