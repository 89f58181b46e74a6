"""Deployment environments: who must approve a job before it runs, and from where it may come.

Source: https://docs.github.com/en/rest/deployments/environments. Any one reviewer suffices on GitHub, so an extra
reviewer weakens as much as a missing one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from twinlock.model.marks import AtLeast, AtMost, Exact, Identity, Superset


@dataclass(frozen=True, slots=True, order=True)
class Reviewer:
    """Somebody who may approve a deployment.

    Attributes:
        kind: `Team` or `User`.
        slug: Team slug or login; `id:N` where the id resolves to nothing.
    """

    kind: str
    slug: str

    def __str__(self) -> str:
        """Return `kind slug`."""
        return f"{self.kind} {self.slug}"


@dataclass(frozen=True, slots=True, order=True)
class BranchPolicy:
    """A pattern of refs that may deploy.

    Attributes:
        kind: `branch` or `tag`.
        pattern: Name pattern.
    """

    kind: str
    pattern: str

    def __str__(self) -> str:
        """Return `kind pattern`."""
        return f"{self.kind} {self.pattern}"


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment of a repository.

    Attributes:
        name: Its name.
        reviewers: Who may approve; empty means that no approval is needed.
        prevent_self_review: Whoever started the run cannot approve it.
        wait_minutes: Minutes a job waits before it may start.
        admins_bypass: Repository administrators may skip the protection.
        protected_branches_only: The policy is "protected branches" instead of a list of patterns.
        branches: The list of patterns; None where any ref may deploy.
        gates: Slugs of apps whose deployment protection rule must agree.
    """

    name: Annotated[str, Identity]
    reviewers: Annotated[frozenset[Reviewer], Exact]
    prevent_self_review: Annotated[bool, AtLeast]
    wait_minutes: Annotated[int, AtLeast]
    admins_bypass: Annotated[bool, AtMost]
    protected_branches_only: Annotated[bool, Exact]
    branches: Annotated[frozenset[BranchPolicy] | None, Exact]
    gates: Annotated[frozenset[str], Superset]
