"""Rulesets: GitHub's noun for what a branch or a tag is held to.

Source: https://docs.github.com/en/rest/repos/rules. Names are GitHub's; actors and teams are slugs, never ids.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated

from twinlock.model.marks import AtLeast, AtMost, Exact, Identity, Subset, Superset


class Target(enum.Enum):
    """What a ruleset applies to."""

    BRANCH = "branch"
    TAG = "tag"
    PUSH = "push"


class Enforcement(enum.IntEnum):
    """Whether a ruleset holds; a greater value holds more."""

    DISABLED = 0
    EVALUATE = 1
    ACTIVE = 2


class ActorKind(enum.Enum):
    """Who may be named as a bypass actor."""

    APP = "Integration"
    TEAM = "Team"
    USER = "User"
    REPOSITORY_ROLE = "RepositoryRole"
    ORGANIZATION_ADMIN = "OrganizationAdmin"
    ENTERPRISE_OWNER = "EnterpriseOwner"
    DEPLOY_KEY = "DeployKey"


class BypassMode(enum.Enum):
    """When a bypass actor is let through."""

    ALWAYS = "always"
    PULL_REQUEST = "pull_request"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True)
class Actor:
    """A bypass actor.

    Attributes:
        kind: The actor's type.
        slug: App or team slug, login, role name; `id:N` where an id resolves to nothing; empty where the kind says all.
        mode: When it bypasses.
    """

    kind: ActorKind
    slug: str
    mode: BypassMode

    def __str__(self) -> str:
        """Return `kind slug (mode)`."""
        return f"{self.kind.value} {self.slug} ({self.mode.value})".replace("  ", " ")


@dataclass(frozen=True, slots=True)
class Check:
    """A required status check and the app whose word alone counts.

    Attributes:
        context: The check's name.
        app: Slug of the app that must post it; None accepts anybody with write access.
    """

    context: str
    app: str | None

    def __str__(self) -> str:
        """Return `context from app`."""
        return f"{self.context} from {self.app or 'anybody'}"


@dataclass(frozen=True, slots=True)
class RequiredReviewer:
    """A team whose approval a change of some files needs.

    Attributes:
        patterns: File patterns, fnmatch as GitHub's.
        team: Team slug.
        approvals: How many of the team must approve.
    """

    patterns: frozenset[str]
    team: str
    approvals: int

    def __str__(self) -> str:
        """Return `n of team for patterns`."""
        return f"{self.approvals} of {self.team} for {', '.join(sorted(self.patterns))}"


@dataclass(frozen=True, slots=True)
class PullRequestRule:
    """What a pull request needs before it merges (rule type `pull_request`)."""

    approvals: Annotated[int, AtLeast]
    code_owner_review: Annotated[bool, AtLeast]
    last_push_approval: Annotated[bool, AtLeast]
    dismiss_stale_reviews: Annotated[bool, AtLeast]
    resolve_threads: Annotated[bool, AtLeast]
    merge_methods: Annotated[frozenset[str], Subset]
    required_reviewers: Annotated[frozenset[RequiredReviewer], Superset]


@dataclass(frozen=True, slots=True)
class Ruleset:
    """One repository ruleset.

    Attributes:
        name: Its name, unique within the repository in twinlock's estates.
        target: Branches or tags.
        enforcement: Whether it holds.
        include: Ref patterns it applies to (`~DEFAULT_BRANCH`, `refs/tags/v*`).
        exclude: Ref patterns it spares.
        bypass: Who passes without it.
        creation: Only bypass actors may create matching refs.
        update: Only bypass actors may update matching refs.
        deletion: Only bypass actors may delete matching refs.
        non_fast_forward: Force pushes are refused.
        linear_history: Merge commits are refused.
        signatures: Commits must be signed.
        pull_request: What a pull request needs, or None where changes need none.
        strict_checks: A branch must be up to date before its checks count.
        checks: Required status checks.
        checks_on_creation: The checks hold for a new ref too.
        fetch_and_merge: The update rule lets a fork pull changes from its upstream.
    """

    name: Annotated[str, Identity]
    target: Annotated[Target, Exact]
    enforcement: Annotated[Enforcement, AtLeast]
    include: Annotated[frozenset[str], Superset]
    exclude: Annotated[frozenset[str], Subset]
    bypass: Annotated[frozenset[Actor], Subset]
    creation: Annotated[bool, AtLeast]
    update: Annotated[bool, AtLeast]
    deletion: Annotated[bool, AtLeast]
    non_fast_forward: Annotated[bool, AtLeast]
    linear_history: Annotated[bool, AtLeast]
    signatures: Annotated[bool, AtLeast]
    pull_request: PullRequestRule | None
    strict_checks: Annotated[bool, AtLeast]
    checks: Annotated[frozenset[Check], Superset]
    checks_on_creation: Annotated[bool, AtLeast] = True
    fetch_and_merge: Annotated[bool, AtMost] = False
