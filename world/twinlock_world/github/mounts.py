"""The subjects that routes live on: anyone's, a signed-in caller's, an organization's, a team's, a repository's.

Each mount resolves its subject from names or from numeric ids and asks `access` whether the caller may go on, so that
no handler can forget to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import (
    Level,
    OrganizationNeed,
    RepositoryNeed,
    require_organization,
    require_repository,
    require_team,
)
from twinlock_world.github.accounts import find_organization, get_organization
from twinlock_world.github.call import Call
from twinlock_world.github.errors import forbidden, not_found
from twinlock_world.github.repository import Repository, find_repository, get_repository
from twinlock_world.github.routing import Mount
from twinlock_world.github.team import Team, find_team, get_team

if TYPE_CHECKING:
    from twinlock_world.git_objects import GitRepository
    from twinlock_world.github.accounts import Organization


@dataclass(frozen=True, slots=True)
class OrganizationCall(Call):
    """A call about an organization."""

    organization: Organization


@dataclass(frozen=True, slots=True)
class TeamCall(Call):
    """A call about a team."""

    team: Team


@dataclass(frozen=True, slots=True)
class RepositoryCall(Call):
    """A call about a repository."""

    repository: Repository

    @property
    def objects(self) -> GitRepository:
        """The repository's git directory."""
        return self.git.open(self.repository.id)


def _anyone(call: Call, _need: None) -> Call:
    return call


def _signed_in(call: Call, _need: None) -> Call:
    call.caller()
    return call


def _organization(call: Call, need: OrganizationNeed) -> OrganizationCall:
    if "organization_id" in call.params:
        found = get_organization(call.store, call.parameter_number("organization_id"))
    else:
        found = find_organization(call.store, call.params["org"])
    if found is None:
        raise not_found()
    require_organization(call.store, call.identity, found, need)
    return OrganizationCall(call.request, call.params, call.identity, call.store, call.git, found)


def _team(call: Call, level: Level) -> TeamCall:
    if "team_id" in call.params:
        team = get_team(call.store, call.parameter_number("team_id"))
        if team is not None and team.organization.id != call.parameter_number("organization_id"):
            team = None
    else:
        organization = find_organization(call.store, call.params["org"])
        team = None if organization is None else find_team(call.store, organization, call.params["team_slug"])
    if team is None:
        raise not_found()
    require_team(call.store, call.identity, team, level)
    return TeamCall(call.request, call.params, call.identity, call.store, call.git, team)


def _repository(call: Call, need: RepositoryNeed) -> RepositoryCall:
    found = resolve_repository(call)
    require_repository(call.store, call.identity, found, need)
    return RepositoryCall(call.request, call.params, call.identity, call.store, call.git, found)


def _unfrozen(call: Call, need: RepositoryNeed) -> RepositoryCall:
    inside = _repository(call, need)
    if inside.repository.archived and call.request.method != "GET":
        raise forbidden("Repository was archived so is read-only.")
    return inside


def resolve_repository(call: Call) -> Repository:
    """Return the repository that the path names.

    Raises:
        GitHubError: 404, there is none.
    """
    if "repository_id" in call.params:
        found = get_repository(call.store, call.parameter_number("repository_id"))
    else:
        found = find_repository(call.store, call.params["owner"], call.params["repo"])
    if found is None:
        raise not_found()
    return found


ANYONE: Final = Mount(("",), _anyone)
SIGNED_IN: Final = Mount(("",), _signed_in)
ORGANIZATION: Final = Mount(("/orgs/{org}", "/organizations/{organization_id}"), _organization)
TEAM: Final = Mount(
    ("/orgs/{org}/teams/{team_slug}", "/organizations/{organization_id}/team/{team_id}"),
    _team,
)
REPOSITORY: Final = Mount(("/repos/{owner}/{repo}", "/repositories/{repository_id}"), _unfrozen)
FROZEN_REPOSITORY: Final = Mount(REPOSITORY.prefixes, _repository)
"""The repository itself, which may be unarchived and deleted while archived."""
