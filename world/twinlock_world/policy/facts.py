"""What rules ask about the world: gathered only when a rule needs it.

`Facts` is a port. The world's adapter reads store and git; tests have a fake. A fact that cannot be had must be given
in the way that satisfies no rule (no check, no review, no membership), so that what is unknown never allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Access(IntEnum):
    """A role on the repository, in order; the names are GitHub's permissions."""

    NONE = 0
    PULL = 1
    TRIAGE = 2
    PUSH = 3
    MAINTAIN = 4
    ADMIN = 5


class CheckState(Enum):
    """Where a check run or a commit status stands.

    A check run that has completed stands at its conclusion, otherwise at its status (`queued`, `in_progress`,
    `waiting`, `requested` and `pending` are PENDING but for `queued`); a commit status at its state (`error` is
    FAILURE).
    """

    SUCCESS = "success"
    NEUTRAL = "neutral"
    SKIPPED = "skipped"
    FAILURE = "failure"  # also error, cancelled, timed_out, action_required, stale, startup_failure
    PENDING = "pending"
    QUEUED = "queued"


@dataclass(frozen=True, slots=True)
class CheckFact:
    """The newest check run, or commit status, of one name by one author on one commit.

    `app_id` is the app that posted it; none for a status that a person's token posted.
    """

    context: str
    app_id: int | None
    state: CheckState
    sha: str


class ReviewState(Enum):
    """What a review says. Comments are no reviews here and are left out."""

    APPROVED = "APPROVED"
    CHANGES_REQUESTED = "CHANGES_REQUESTED"
    DISMISSED = "DISMISSED"


@dataclass(frozen=True, slots=True)
class ReviewFact:
    """The newest review of one reviewer that is not merely a comment.

    `commit` is the head that was reviewed. `access` is the reviewer's present role: GitHub counts those with write.
    `after_last_push` tells whether it came after the last push that changed what there is to review.
    """

    reviewer: int
    state: ReviewState
    commit: str
    access: Access
    after_last_push: bool


@dataclass(frozen=True, slots=True)
class OwnerGroup:
    """The owners that one line of CODEOWNERS names for changed files: an approval of any of them will do.

    `names` is how GitHub names them, without `@`: a login, or organization and team.
    """

    names: tuple[str, ...]
    people: frozenset[int]


@dataclass(frozen=True, slots=True)
class PullFacts:
    """A pull request as its rules see it.

    Stale reviews are DISMISSED by whoever receives the push, not here, since GitHub leaves them when a push changes
    nothing to review. `owners` is what the base branch's CODEOWNERS says of `files`.
    """

    number: int
    author: int
    base_ref: str
    head: str
    last_pusher: int | None
    reviews: Sequence[ReviewFact]
    files: Sequence[str]
    owners: Sequence[OwnerGroup]
    unresolved_threads: int
    merge_method: str


@dataclass(frozen=True, slots=True)
class CommitFact:
    """A commit that the attempt would bring to the ref."""

    sha: str
    parents: Sequence[str]
    message: str
    author_email: str
    committer_email: str
    verified: bool


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file that the attempt would add or change somewhere in the commits it brings."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class WorkflowFact:
    """A run of a workflow on a commit: which file of which repository, and how it ended."""

    repository: int
    path: str
    state: CheckState


class Standing(Protocol):
    """Who an actor is to the organization and the repository."""

    def owns_organization(self) -> bool:
        """Tell whether the actor is an owner of the organization."""

    def access(self) -> Access:
        """Return the actor's role on the repository."""

    def in_team(self, team: int) -> bool:
        """Tell whether the actor is in a team, or in one below it."""


class Facts(Standing, Protocol):
    """What may be asked about one attempt and its actor. Answers don't change while a decision is taken."""

    def team_members(self, team: int) -> Collection[int]:
        """Return the people of a team and of those below it."""

    def team_name(self, team: int) -> str:
        """Return a team's name as GitHub writes it: organization and slug."""

    def team_access(self, team: int) -> Access:
        """Return what a team itself was given on the repository, by itself or through those above it."""

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Tell whether `newer` contains `older`."""

    def commits(self) -> Sequence[CommitFact]:
        """Return the commits that the attempt would bring to the repository's ref, newest first."""

    def files(self) -> Sequence[FileFact]:
        """Return the files that those commits add or change."""

    def pull_request(self) -> PullFacts | None:
        """Return the pull request that is being merged, if one is."""

    def checks(self, sha: str) -> Sequence[CheckFact]:
        """Return the newest checks and statuses of a commit, by author and name."""

    def deployed_to(self, sha: str) -> Collection[str]:
        """Return the environments whose newest deployment of a commit succeeded."""

    def workflow_runs(self, sha: str) -> Sequence[WorkflowFact]:
        """Return the newest runs, by file, of workflows that rules of the organization require on a commit."""
