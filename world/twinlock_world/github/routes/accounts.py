"""People and apps: the caller's own account, others' profiles, apps by slug, installations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import ORGANIZATION_PROFILE, READ_ORGANIZATION, role_on
from twinlock_world.github.accounts import (
    App,
    Organization,
    find_app,
    find_organization,
    find_user,
    get_app,
    get_organization,
    get_user,
    installed_apps,
    installed_on,
    is_installed,
)
from twinlock_world.github.bodies.account import app_body, installation_body, private_profile, profile
from twinlock_world.github.bodies.repository import minimal_repository
from twinlock_world.github.call import Call, Reply
from twinlock_world.github.errors import forbidden, not_found
from twinlock_world.github.mounts import ANYONE, ORGANIZATION, SIGNED_IN, OrganizationCall
from twinlock_world.github.repository import Repository, repositories

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import JsonObject


def show_self(call: Call) -> Reply:
    """Return the caller's own profile; an app's installation has none."""
    caller = call.caller()
    if isinstance(caller, App):
        raise forbidden("Resource not accessible by integration")
    return Reply(200, private_profile(call.urls, caller))


def show_user(call: Call) -> Reply:
    """Return the profile of a person, an organization or an app's bot."""
    login = call.params["username"]
    bot = find_app(call.store, login.removesuffix("[bot]")) if login.endswith("[bot]") else None
    account = bot or find_user(call.store, login) or find_organization(call.store, login)
    if account is None:
        raise not_found()
    return Reply(200, profile(call.urls, account))


def show_account(call: Call) -> Reply:
    """Return the profile of the account with a number."""
    identifier = call.parameter_number("account_id")
    store = call.store
    account = get_user(store, identifier) or get_organization(store, identifier) or get_app(store, identifier)
    if account is None:
        raise not_found()
    return Reply(200, profile(call.urls, account))


def show_app(call: Call) -> Reply:
    """Return an app by its slug."""
    app = find_app(call.store, call.params["app_slug"])
    owner = None if app is None else installed_on(call.store, app)
    if app is None or owner is None:
        raise not_found()
    return Reply(200, app_body(call.urls, app, owner))


def list_installations(call: OrganizationCall) -> Reply:
    """Return the apps installed on an organization."""
    return call.counted_page(
        "installations",
        installed_apps(call.store, call.organization),
        lambda app: installation_body(call.urls, app, call.organization),
    )


def show_installation(call: OrganizationCall) -> Reply:
    """Return the calling app's own installation on an organization."""
    caller = call.caller()
    if not isinstance(caller, App):
        raise forbidden("Resource not accessible by personal access token")
    app = get_app(call.store, caller.id)
    if app is None or not is_installed(call.store, call.organization, app.id):
        raise not_found()
    return Reply(200, installation_body(call.urls, app, call.organization))


def list_installation_repositories(call: Call) -> Reply:
    """Return the repositories that the calling app reaches."""
    app, owner = _installation(call)

    def encode(repository: Repository) -> JsonObject:
        return minimal_repository(call.urls, repository, role_on(call.store, repository, app))

    return call.counted_page("repositories", repositories(call.store, owner), encode, repository_selection="all")


def _installation(call: Call) -> tuple[App, Organization]:
    caller = call.caller()
    owner = installed_on(call.store, caller) if isinstance(caller, App) else None
    if owner is None or not isinstance(caller, App):
        raise forbidden(
            "You must authenticate with an installation access token in order to list repositories for an installation."
        )
    return caller, owner


ROUTES: Final = (
    *SIGNED_IN.get("/user", None, show_self),
    *ANYONE.get("/users/{username}", None, show_user),
    *ANYONE.get("/user/{account_id}", None, show_account),
    *ANYONE.get("/apps/{app_slug}", None, show_app),
    *ORGANIZATION.get("/installations", READ_ORGANIZATION, list_installations),
    *ORGANIZATION.get("/installation", ORGANIZATION_PROFILE, show_installation),
    *SIGNED_IN.get("/installation/repositories", None, list_installation_repositories),
)
