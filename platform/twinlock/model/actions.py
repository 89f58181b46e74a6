"""What GitHub Actions may do in a repository or an organization.

Source: https://docs.github.com/en/rest/actions/permissions.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated

from twinlock.model.marks import AtLeast, AtMost, Exact, Subset


class TokenPermission(enum.IntEnum):
    """Default rights of `GITHUB_TOKEN`."""

    READ = 0
    WRITE = 1


class AccessLevel(enum.IntEnum):
    """Whose workflows may call this repository's reusable workflows."""

    NONE = 0
    USER = 1
    ORGANIZATION = 2
    ENTERPRISE = 3


@dataclass(frozen=True, slots=True)
class ActionsPolicy:
    """The Actions settings of a repository, or of an organization.

    Attributes:
        enabled: Whether workflows run (for an organization: `all` repositories).
        allowed_actions: `all`, `local_only` or `selected`.
        github_owned: With `selected`: actions by GitHub are allowed.
        verified: With `selected`: actions by verified creators are allowed.
        patterns: With `selected`: further patterns that are allowed.
        sha_pinning: Actions must be pinned to a full commit id.
        token: Default rights of `GITHUB_TOKEN`.
        approve_pull_requests: Workflows may approve pull requests.
        access_level: Whose workflows may call this repository's; NONE for an organization.
    """

    enabled: Annotated[bool, Exact]
    allowed_actions: Annotated[str, Exact]
    github_owned: Annotated[bool, AtMost]
    verified: Annotated[bool, AtMost]
    patterns: Annotated[frozenset[str], Subset]
    sha_pinning: Annotated[bool, AtLeast]
    token: Annotated[TokenPermission, AtMost]
    approve_pull_requests: Annotated[bool, AtMost]
    access_level: Annotated[AccessLevel, AtMost]
