"""The owners of the files that a pull request changes, by the base branch's CODEOWNERS: asked for a review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.git_history import differences
from twinlock_world.github.accounts import find_user
from twinlock_world.github.code_owners import code_owners
from twinlock_world.github.pulls.reviewers import ask
from twinlock_world.github.team import find_team

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site
    from twinlock_world.policy.facts import OwnerGroup


def changed_paths(site: Site, pull: PullRequest) -> tuple[str, ...]:
    """Return the files that a pull request changes, a renamed one by both names."""
    found = differences(site.objects, pull.base_sha, pull.head_sha)
    names = [name for one in found for name in (one.path, one.previous) if name is not None]
    return tuple(dict.fromkeys(names))


def owners_of(site: Site, pull: PullRequest) -> tuple[OwnerGroup, ...]:
    """Return who owns what a pull request changes."""
    return code_owners(site, pull.base_sha, changed_paths(site, pull))


def ask_owners(site: Site, pull: PullRequest, actor: Identity | None) -> PullRequest:
    """Ask the owners of changed files for a review, but for the author."""
    names = dict.fromkeys(name for group in owners_of(site, pull) for name in group.names)
    users = (find_user(site.store, name) for name in names if "/" not in name)
    organization = site.repository.owner
    teams = (find_team(site.store, organization, name.rpartition("/")[2]) for name in names if "/" in name)
    return ask(
        site,
        pull,
        actor,
        [user for user in users if user is not None and user.id != pull.author],
        [team for team in teams if team is not None],
    )
