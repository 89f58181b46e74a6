"""Functions of the official providers that programs call: each answers from what is live, by reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from twinlock.github.client import segment
from twinlock_rehearsal.github import GitHub

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.provider.port import Clients


class Function(Protocol):
    """Answers one function."""

    def __call__(self, clients: Clients, arguments: Mapping[str, object]) -> Mapping[str, object] | None:
        """Return the answer, or None where what is asked for does not exist."""


def get_github_app(clients: Clients, arguments: Mapping[str, object]) -> Mapping[str, object] | None:
    """Return an app by its slug; the id is the app's id, as a text."""
    app = GitHub(clients).get(f"/apps/{segment(str(arguments['slug']))}")
    if app is None:
        return None
    return {
        "id": str(app.number("id")),
        "slug": app.text("slug"),
        "name": app.text("name"),
        "description": app.text("description", ""),
        "nodeId": app.text("node_id"),
    }


def get_team(clients: Clients, arguments: Mapping[str, object]) -> Mapping[str, object] | None:
    """Return a team by its slug, without its members and repositories."""
    github = GitHub(clients)
    team = github.get(f"/orgs/{segment(github.organization)}/teams/{segment(str(arguments['slug']))}")
    if team is None:
        return None
    return {
        "id": str(team.number("id")),
        "slug": team.text("slug"),
        "name": team.text("name"),
        "description": team.text("description", ""),
        "nodeId": team.text("node_id"),
        "privacy": team.text("privacy"),
        "permission": team.text("permission", "pull"),
        "notificationSetting": team.text("notification_setting", ""),
        "members": [],
        "repositories": [],
        "repositoriesDetaileds": [],
    }


FUNCTIONS: Mapping[str, Function] = {
    "github:index/getGithubApp:getGithubApp": get_github_app,
    "github:index/getTeam:getTeam": get_team,
}
