"""People, organizations, apps and installations, as GitHub writes them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import App, Identity, Organization, User
from twinlock_world.github.urls import node_id

if TYPE_CHECKING:
    from twinlock_world.github.urls import Urls
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record

_LINKS: Final = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


def simple_account(urls: Urls, account: Identity | Organization) -> JsonObject:
    """Return the short form in which an account stands in other documents."""
    kind, prefix = _kind(account)
    url = urls.api("users", account.login)
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id(prefix, account.id),
        "avatar_url": urls.html("avatars", "u", account.id),
        "gravatar_id": "",
        "url": url,
        "html_url": urls.html(*(("apps", account.slug) if isinstance(account, App) else (account.login,))),
        **{name: url + tail for name, tail in _LINKS.items()},
        "type": kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def profile(urls: Urls, account: Identity | Organization) -> JsonObject:
    """Return the public profile of an account."""
    created = account.record.created_at if isinstance(account, Organization) else account.created_at
    absent: dict[str, JsonValue] = dict.fromkeys(
        ("company", "location", "email", "hireable", "bio", "twitter_username")
    )
    return {
        **simple_account(urls, account),
        "name": account.login if not hasattr(account, "name") else account.name,
        "blog": "",
        **absent,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": created,
        "updated_at": created,
    }


def private_profile(urls: Urls, account: Identity) -> JsonObject:
    """Return the profile that an account sees of itself."""
    return {
        **profile(urls, account),
        "private_gists": 0,
        "total_private_repos": 0,
        "owned_private_repos": 0,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
        "plan": {"name": "free", "space": 0, "collaborators": 0, "private_repos": 0},
    }


def simple_organization(urls: Urls, organization: Organization) -> JsonObject:
    """Return the short form of an organization in memberships."""
    url = urls.api("orgs", organization.login)
    return {
        "login": organization.login,
        "id": organization.id,
        "node_id": node_id("O", organization.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": urls.html("avatars", "u", organization.id),
        "description": organization.record.fields.optional_text("description"),
    }


def app_body(urls: Urls, app: App, owner: Organization) -> JsonObject:
    """Return a GitHub App."""
    return {
        "id": app.id,
        "slug": app.slug,
        "client_id": client_id(app),
        "node_id": node_id("A", app.id),
        "owner": simple_account(urls, owner),
        "name": app.slug,
        "description": None,
        "external_url": urls.html("apps", app.slug),
        "html_url": urls.html("apps", app.slug),
        "created_at": app.created_at,
        "updated_at": app.created_at,
        "permissions": _levels(app),
        "events": [],
    }


def installation_body(urls: Urls, app: App, owner: Organization) -> JsonObject:
    """Return an app's installation on an organization, for all its repositories."""
    return {
        "id": app.installation,
        "account": simple_account(urls, owner),
        "repository_selection": "all",
        "access_tokens_url": urls.api("app", "installations", app.installation, "access_tokens"),
        "repositories_url": urls.api("installation", "repositories"),
        "html_url": urls.html("organizations", owner.login, "settings", "installations", app.installation),
        "app_id": app.id,
        "client_id": client_id(app),
        "app_slug": app.slug,
        "target_id": owner.id,
        "target_type": "Organization",
        "permissions": _levels(app),
        "events": [],
        "created_at": app.created_at,
        "updated_at": app.created_at,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": None,
    }


def organization_invitation(urls: Urls, record: Record, user: User | None, organization: Organization) -> JsonObject:
    """Return a membership that was offered and not yet accepted."""
    return {
        "id": record.id,
        "node_id": node_id("OI", record.id),
        "login": None if user is None else user.login,
        "email": None,
        "role": "admin" if record.fields.text("role") == "admin" else "direct_member",
        "created_at": record.created_at,
        "failed_at": None,
        "failed_reason": None,
        "inviter": simple_account(urls, organization),
        "team_count": 0,
        "invitation_teams_url": urls.api("organizations", organization.id, "invitations", record.id, "teams"),
        "invitation_source": "member",
    }


def client_id(app: App) -> str:
    """Return an app's client id: public, of GitHub's form, always the same for the app."""
    return f"Iv23li{hashlib.sha256(str(app.id).encode()).hexdigest()[:14]}"


def _levels(app: App) -> JsonObject:
    return {"metadata": "read", **app.permissions}


def _kind(account: Identity | Organization) -> tuple[str, str]:
    if isinstance(account, Organization):
        return "Organization", "O"
    return ("Bot", "BOT") if isinstance(account, App) else ("User", "U")
