"""Who is asked to review: by somebody, or because a changed file is theirs.

A request is fulfilled by a review, of whatever kind; one of a team by a review of any of its people. Wording: `Review
cannot be requested from pull request author.` and `Reviews may only be requested from collaborators...` as seen in
GitHub's answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.access import Role, role_on
from twinlock_world.github.accounts import User, find_user, get_user
from twinlock_world.github.bodies.account import simple_account
from twinlock_world.github.bodies.pull import simple_pull
from twinlock_world.github.bodies.team import simple_team
from twinlock_world.github.errors import invalid
from twinlock_world.github.team import find_team, get_team, grants, lineage, teams_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site
    from twinlock_world.github.team import Team
    from twinlock_world.jsonvalue import JsonObject


def asked_people(site: Site, pull: PullRequest) -> list[User]:
    """Return the people whose review is asked for and has not come."""
    found = (get_user(site.store, identifier) for identifier in pull.fields.numbers("requested_users"))
    return [user for user in found if user is not None]


def asked_teams(site: Site, pull: PullRequest) -> list[Team]:
    """Return the teams of whose people a review is asked for and has not come."""
    found = (get_team(site.store, identifier) for identifier in pull.fields.numbers("requested_teams"))
    return [team for team in found if team is not None]


def request_reviewers(
    site: Site, pull: PullRequest, identity: Identity | None, logins: Sequence[str], slugs: Sequence[str]
) -> PullRequest:
    """Ask people and teams, by name, for a review.

    Raises:
        GitHubError: 422, one of them is the author or has no access.
    """
    users, teams = [_reviewer(site, pull, login) for login in logins], [_team(site, slug) for slug in slugs]
    return ask(site, pull, identity, users, teams)


def ask(
    site: Site, pull: PullRequest, identity: Identity | None, users: Iterable[User], teams: Iterable[Team]
) -> PullRequest:
    """Ask those who are not asked already."""
    held_users, held_teams = pull.fields.numbers("requested_users"), pull.fields.numbers("requested_teams")
    new_users = [user for user in users if user.id not in held_users]
    new_teams = [team for team in teams if team.id not in held_teams]
    if not new_users and not new_teams:
        return pull
    changed = pull.changed(
        site.store,
        requested_users=list(dict.fromkeys([*held_users, *(user.id for user in new_users)])),
        requested_teams=list(dict.fromkeys([*held_teams, *(team.id for team in new_teams)])),
    )
    _tell(site, changed, identity, "review_requested", new_users, new_teams)
    return changed


def withdraw_request(
    site: Site, pull: PullRequest, identity: Identity, logins: Sequence[str], slugs: Sequence[str]
) -> PullRequest:
    """Ask people and teams no longer; those who were not asked are no mistake."""
    users = [user for user in asked_people(site, pull) if user.login.casefold() in {name.casefold() for name in logins}]
    teams = [team for team in asked_teams(site, pull) if team.slug in slugs]
    changed = _without(site, pull, {user.id for user in users}, {team.id for team in teams})
    _tell(site, changed, identity, "review_request_removed", users, teams)
    return changed


def reviewed_by(site: Site, pull: PullRequest, reviewer: Identity) -> PullRequest:
    """Take note that somebody has reviewed: they, and their teams, are asked no longer."""
    theirs = {reviewer.id}
    teams = set[int]()
    if isinstance(reviewer, User):
        teams = {above.id for team in teams_of(site.store, reviewer) for above in lineage(site.store, team)}
    return _without(site, pull, theirs, teams)


def _without(site: Site, pull: PullRequest, users: set[int], teams: set[int]) -> PullRequest:
    held_users, held_teams = pull.fields.numbers("requested_users"), pull.fields.numbers("requested_teams")
    kept_users = [identifier for identifier in held_users if identifier not in users]
    kept_teams = [identifier for identifier in held_teams if identifier not in teams]
    if (kept_users, kept_teams) == (held_users, held_teams):
        return pull
    return pull.changed(site.store, requested_users=kept_users, requested_teams=kept_teams)


def _reviewer(site: Site, pull: PullRequest, login: str) -> User:
    user = find_user(site.store, login)
    if user is not None and user.id == pull.author:
        raise invalid("Review cannot be requested from pull request author.")
    if user is None or role_on(site.store, site.repository, user) < Role.PULL:
        raise _no_collaborator(site, "users")
    return user


def _team(site: Site, slug: str) -> Team:
    name = slug.rpartition("/")[2]
    team = find_team(site.store, site.repository.owner, name)
    given = grants(site.store, site.repository)
    if team is None or not any(above.id in given for above in lineage(site.store, team)):
        raise _no_collaborator(site, "teams")
    return team


def _no_collaborator(site: Site, kind: str) -> Exception:
    return invalid(
        f"Reviews may only be requested from collaborators. One or more of the {kind} you specified is not a "
        f"collaborator of the {site.repository.full_name} repository."
    )


def _tell(  # noqa: PLR0913, PLR0917 - what the event is made of
    site: Site,
    pull: PullRequest,
    identity: Identity | None,
    action: str,
    users: Sequence[User],
    teams: Sequence[Team],
) -> None:
    """Publish one event for each, as GitHub does."""
    body = simple_pull(site, pull)
    asked: list[JsonObject] = [
        *({"requested_reviewer": simple_account(site.urls, user)} for user in users),
        *({"requested_team": simple_team(site.urls, team)} for team in teams),
    ]
    for one in asked:
        site.publish("pull_request", action, identity, {"number": pull.number, "pull_request": body, **one})
