"""Classic branch protection, as GitHub writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import App, get_app, get_user
from twinlock_world.github.bodies.account import app_body, simple_account
from twinlock_world.github.bodies.commit import repository_url
from twinlock_world.github.bodies.team import listed_team
from twinlock_world.github.team import get_team

if TYPE_CHECKING:
    from twinlock_world.github.protection import Protection
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue

_SWITCHES: Final = (
    "required_linear_history",
    "allow_force_pushes",
    "allow_deletions",
    "block_creations",
    "required_conversation_resolution",
    "lock_branch",
    "allow_fork_syncing",
)


def protection_body(site: Site, protection: Protection, branch: str) -> JsonObject:
    """Return the whole of a protection."""
    fields = protection.fields
    body: dict[str, JsonValue] = {"url": address(site, branch)}
    if fields.given("required_status_checks"):
        body["required_status_checks"] = status_checks_body(site, protection, branch)
    if fields.given("required_pull_request_reviews"):
        body["required_pull_request_reviews"] = reviews_body(site, protection, branch)
    if fields.given("restrictions"):
        body["restrictions"] = restrictions_body(site, protection, branch)
    return {
        **body,
        "required_signatures": switch_body(site, protection, branch, "required_signatures"),
        "enforce_admins": switch_body(site, protection, branch, "enforce_admins"),
        **{name: {"enabled": fields.flag(name)} for name in _SWITCHES},
    }


def status_checks_body(site: Site, protection: Protection, branch: str) -> JsonObject:
    """Return the required status checks."""
    held = protection.fields.object("required_status_checks")
    url = address(site, branch, "required_status_checks")
    return {
        "url": url,
        "strict": held.flag("strict"),
        "contexts": [check.text("context") for check in held.objects("checks")],
        "contexts_url": f"{url}/contexts",
        "checks": [
            {"context": check.text("context"), "app_id": check.raw["app_id"]} for check in held.objects("checks")
        ],
        "enforcement_level": enforcement_level(protection),
    }


def enforcement_level(protection: Protection | None) -> str:
    """Return for whom required status checks hold."""
    if protection is None or not protection.fields.given("required_status_checks"):
        return "off"
    return "everyone" if protection.fields.flag("enforce_admins") else "non_admins"


def reviews_body(site: Site, protection: Protection, branch: str) -> JsonObject:
    """Return what reviews are required."""
    held = protection.fields.object("required_pull_request_reviews")
    url = address(site, branch, "required_pull_request_reviews")
    body: dict[str, JsonValue] = {
        "url": url,
        **held.only(
            (
                "dismiss_stale_reviews",
                "require_code_owner_reviews",
                "require_last_push_approval",
                "required_approving_review_count",
            )
        ),
    }
    if held.given("dismissal_restrictions"):
        place = address(site, branch, "dismissal_restrictions")
        body["dismissal_restrictions"] = {"url": place, **_actors(site, held.object("dismissal_restrictions"), place)}
    allowances = held.object("bypass_pull_request_allowances")
    if any(allowances.raw.values()):
        body["bypass_pull_request_allowances"] = _actors(site, allowances)
    return body


def restrictions_body(site: Site, protection: Protection, branch: str) -> JsonObject:
    """Return who may push."""
    url = address(site, branch, "restrictions")
    return {"url": url, **_actors(site, protection.fields.object("restrictions"), url)}


def switch_body(site: Site, protection: Protection, branch: str, name: str) -> JsonObject:
    """Return a setting that has an address of its own."""
    return {"url": address(site, branch, name), "enabled": protection.fields.flag(name)}


def address(site: Site, branch: str, *parts: str) -> str:
    """Return an address below a branch's protection."""
    return repository_url(site.urls, site.repository, "branches", branch, "protection", *parts)


def _actors(site: Site, actors: Fields, url: str | None = None) -> JsonObject:
    store, urls = site.store, site.urls
    users = [user for number in actors.numbers("users") if (user := get_user(store, number)) is not None]
    teams = [team for number in actors.numbers("teams") if (team := get_team(store, number)) is not None]
    apps: list[App] = [app for number in actors.numbers("apps") if (app := get_app(store, number)) is not None]
    places = {} if url is None else {f"{name}_url": f"{url}/{name}" for name in ("users", "teams", "apps")}
    parents = {team.id: None if team.parent_id is None else get_team(store, team.parent_id) for team in teams}
    return {
        **places,
        "users": [simple_account(urls, user) for user in users],
        "teams": [listed_team(urls, team, parents[team.id]) for team in teams],
        "apps": [app_body(urls, app, site.repository.owner) for app in apps],
    }
