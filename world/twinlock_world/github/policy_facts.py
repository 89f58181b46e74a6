"""Facts for the policy kernel, read from the store and from git when a rule asks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from twinlock_world.git_incoming import brought_commits, brought_files
from twinlock_world.github.access import ROLES, Rank, rank_in, role_on
from twinlock_world.github.accounts import User
from twinlock_world.github.checks import check_facts
from twinlock_world.github.deployments import deployed_to
from twinlock_world.github.team import children, get_team, grants, lineage, team_members, teams_of
from twinlock_world.github.workflow_runs import workflow_facts
from twinlock_world.policy.facts import Access, CommitFact, FileFact

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from twinlock_world.git_objects import GitRepository
    from twinlock_world.github.accounts import Identity, Organization
    from twinlock_world.github.repository import Repository
    from twinlock_world.github.ruling import Change
    from twinlock_world.github.site import Site
    from twinlock_world.policy.facts import CheckFact, PullFacts, WorkflowFact
    from twinlock_world.store import Store


class StoreStanding:
    """`Standing` of somebody in an organization, and on one of its repositories if one is in question."""

    def __init__(
        self, store: Store, organization: Organization, repository: Repository | None, identity: Identity | None
    ) -> None:
        self._store = store
        self._organization = organization
        self._place = repository
        self._identity = identity

    def owns_organization(self) -> bool:
        """Tell whether the actor is an owner of the organization."""
        return rank_in(self._store, self._organization, self._identity) is Rank.OWNER

    def access(self) -> Access:
        """Return the actor's role on the repository; where none is in question, what an owner has on all of them."""
        if self._place is None:
            return Access.ADMIN if self.owns_organization() else Access.NONE
        return Access(role_on(self._store, self._place, self._identity))

    def in_team(self, team: int) -> bool:
        """Tell whether the actor is in a team, or in one below it."""
        return team in self._teams

    @cached_property
    def _teams(self) -> frozenset[int]:
        if not isinstance(self._identity, User):
            return frozenset()
        own = teams_of(self._store, self._identity)
        return frozenset(above.id for team in own for above in lineage(self._store, team))


class StoreFacts(StoreStanding):
    """`Facts` about one change by one actor. `objects` reads what the change would bring, too."""

    def __init__(
        self, site: Site, objects: GitRepository, identity: Identity | None, change: Change, pull: PullFacts | None
    ) -> None:
        super().__init__(site.store, site.repository.owner, site.repository, identity)
        self._repository = site.repository
        self._objects = objects
        self._change = change
        self._pull = pull

    def team_members(self, team: int) -> Collection[int]:
        """Return the people of a team and of those below it."""
        return members_of(self._store, team)

    def team_name(self, team: int) -> str:
        """Return organization and slug of a team."""
        found = get_team(self._store, team)
        return f"team {team}" if found is None else f"{found.organization.login}/{found.slug}"

    def team_access(self, team: int) -> Access:
        """Return what a team was given on the repository, by itself or through those above it."""
        return team_access(self._store, self._repository, team)

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Tell whether `newer` contains `older`."""
        return self._objects.is_ancestor(older, newer)

    def commits(self) -> Sequence[CommitFact]:
        """Return the commits that the ref would gain, newest first."""
        return self._commits

    def files(self) -> Sequence[FileFact]:
        """Return the files that those commits add or change."""
        return self._files

    def pull_request(self) -> PullFacts | None:
        """Return the pull request that is being merged."""
        return self._pull

    def checks(self, sha: str) -> Sequence[CheckFact]:
        """Return the newest checks and statuses of a commit."""
        return check_facts(self._store, self._repository, sha)

    def deployed_to(self, sha: str) -> Collection[str]:
        """Return the environments that a commit was deployed to with success."""
        return deployed_to(self._store, self._repository, sha)

    def workflow_runs(self, sha: str) -> Sequence[WorkflowFact]:
        """Return the newest runs of required workflows on a commit."""
        return workflow_facts(self._store, self._repository, sha)

    @cached_property
    def _commits(self) -> tuple[CommitFact, ...]:
        change = self._change
        return tuple(
            CommitFact(
                commit.sha,
                commit.parents,
                commit.message,
                commit.author_email,
                commit.committer_email,
                verified=change.signed and commit.sha == change.new,
            )
            for commit in brought_commits(self._objects, change.old, change.new)
        )

    @cached_property
    def _files(self) -> tuple[FileFact, ...]:
        found = brought_files(self._objects, self._change.old, self._change.new)
        return tuple(FileFact(file.path, file.size) for file in found)


def members_of(store: Store, team: int) -> frozenset[int]:
    """Return the people of a team and of those below it, by number; nobody for a team that is not there."""
    found = get_team(store, team)
    if found is None:
        return frozenset()
    own = frozenset(user.id for user, _ in team_members(store, found))
    return own.union(*(members_of(store, below.id) for below in children(store, found)))


def team_access(store: Store, repository: Repository, team: int) -> Access:
    """Return what a team was given on a repository, by itself or through those above it."""
    found, given = get_team(store, team), grants(store, repository)
    if found is None:
        return Access.NONE
    roles = [ROLES[given[above.id]] for above in lineage(store, found) if above.id in given]
    return Access(max(roles, default=Access.NONE))
