"""Teams: GitHub's JSON and the model's noun, both ways.

Source: https://docs.github.com/en/rest/teams. GitHub lists the members of child teams among a team's members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twinlock.github.fields import Fields, Malformed, elements
from twinlock.model.observed import Observed, Seen, Unread
from twinlock.model.organization import Team

if TYPE_CHECKING:
    from collections.abc import Mapping

IGNORED: Mapping[str, str] = {
    "id": "an identifier; teams are matched by slug",
    "node_id": "an identifier",
    "name": "the slug is derived from it",
    "url": "an address",
    "html_url": "an address",
    "members_url": "an address",
    "repositories_url": "an address",
    "ldap_dn": "a name in a directory service",
    "organization": "the organization, which the request named",
    "organization_id": "the same",
    "enterprise_id": "the enterprise of the organization",
    "notification_setting": "carries no right",
    "permission": "the deprecated default permission; grants are read per repository",
    "permissions": "as above",
    "members_count": "the members are read one by one",
    "repos_count": "grants are read per repository",
    "created_at": "a time",
    "updated_at": "a time",
}


def decode(raw: object, members: object, maintainers: object, invitations: object) -> Observed[Team]:
    """Return the team that GitHub describes, or why it could not be understood.

    Args:
        raw: The team.
        members: Its members of role `member`.
        maintainers: Its members of role `maintainer`.
        invitations: Its open invitations.
    """
    slug = None
    try:
        fields = Fields(raw)
        slug = fields.text("slug")
        leaders = _logins(maintainers, "maintainers")
        team = Team(
            slug=slug,
            description=fields.text("description", ""),
            privacy=fields.text("privacy"),
            members=_logins(members, "members") | leaders,
            invited=_invited(invitations),
            parent=fields.nested("parent").text("slug") if fields.has("parent") else None,
            maintainers=leaders,
        )
        fields.expect("type", "organization")
        fields.close(IGNORED)
        return Seen(team, fields.reported())
    except Malformed as error:
        return Unread(f"GitHub's answer was not understood: {error.reason}", slug)


def _logins(raw: object, what: str) -> frozenset[str]:
    return frozenset(Fields(element, f"{what}[]").text("login") for element in elements(raw, what))


def _invited(raw: object) -> frozenset[str]:
    invitations = [Fields(element, "invitations[]") for element in elements(raw, "invitations")]
    return frozenset(invitation.text("login", "") or invitation.text("email") for invitation in invitations)


def encode(team: Team, parent_id: int | None) -> dict[str, Any]:
    """Return the body that creates or changes a team; members are set one by one."""
    return {
        "name": team.slug,
        "description": team.description,
        "privacy": team.privacy,
        "parent_team_id": parent_id,
    }
