"""Teams, as GitHub writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.bodies.account import simple_organization
from twinlock_world.github.bodies.repository import permissions
from twinlock_world.github.urls import node_id

if TYPE_CHECKING:
    from twinlock_world.github.access import Role
    from twinlock_world.github.team import Team
    from twinlock_world.github.urls import Urls
    from twinlock_world.jsonvalue import JsonObject, JsonValue


def simple_team(urls: Urls, team: Team) -> dict[str, JsonValue]:
    """Return the short form, in which a team stands as somebody's parent or reviewer."""
    fields = team.record.fields
    url = urls.api("organizations", team.organization.id, "team", team.id)
    return {
        "id": team.id,
        "node_id": node_id("T", team.id),
        "name": team.name,
        "slug": team.slug,
        "description": fields.optional_text("description"),
        "privacy": team.privacy,
        "notification_setting": fields.text("notification_setting"),
        "permission": fields.text("permission"),
        "url": url,
        "html_url": urls.html("orgs", team.organization.login, "teams", team.slug),
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "type": "organization",
        "organization_id": team.organization.id,
    }


def listed_team(urls: Urls, team: Team, parent: Team | None, role: Role | None = None) -> dict[str, JsonValue]:
    """Return the form in which a team stands in lists; `role` is what it was given on the list's repository."""
    body = simple_team(urls, team) | {"parent": None if parent is None else simple_team(urls, parent)}
    if role is not None:
        body |= {"permission": role.permission, "permissions": permissions(role)}
    return body


def full_team(urls: Urls, team: Team, parent: Team | None, members: int, repositories: int) -> JsonObject:
    """Return the whole of a team."""
    return {
        **listed_team(urls, team, parent),
        "created_at": team.record.created_at,
        "updated_at": team.record.updated_at,
        "members_count": members,
        "repos_count": repositories,
        "organization": {
            **simple_organization(urls, team.organization),
            "public_repos": 0,
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "html_url": urls.html(team.organization.login),
            "has_organization_projects": True,
            "has_repository_projects": True,
            "created_at": team.organization.record.created_at,
            "updated_at": team.organization.record.updated_at,
            "archived_at": None,
            "type": "Organization",
        },
    }
