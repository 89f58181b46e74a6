"""What an app asks about itself, signed in by a web token: itself, its installations, its webhook.

The important one is `access_tokens`: an installation token, as narrow as asked, that ends after an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import Role
from twinlock_world.github.accounts import App, get_app, installed_on, issue_token
from twinlock_world.github.app_token import is_web_token
from twinlock_world.github.bodies.account import app_body, installation_body
from twinlock_world.github.bodies.repository import minimal_repository
from twinlock_world.github.call import Call, Reply
from twinlock_world.github.errors import GitHubError, invalid, not_found
from twinlock_world.github.hook import HOOK, read_config
from twinlock_world.github.repository import find_repository, get_repository
from twinlock_world.github.routes.deliveries import list_deliveries, redeliver, show_delivery
from twinlock_world.github.routing import Mount

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Organization
    from twinlock_world.github.repository import Repository
    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue
    from twinlock_world.store import Record

_LIFE: Final = timedelta(hours=1)
_LEVELS: Final = ("read", "write", "admin")


@dataclass(frozen=True, slots=True)
class AppCall(Call):
    """A call of an app about itself."""

    app: App
    organization: Organization


def _enter(call: Call, _need: None) -> AppCall:
    token = call.request.headers.get("authorization", "").partition(" ")[2].strip()
    identity = call.identity
    if not isinstance(identity, App) or not is_web_token(token):
        raise GitHubError(401, "A JSON web token could not be decoded")
    app = get_app(call.store, identity.id)
    organization = None if app is None else installed_on(call.store, app)
    if app is None or organization is None:
        raise not_found()
    return AppCall(call.request, call.params, call.identity, call.store, call.git, app, organization)


APP: Final = Mount(("/app",), _enter)


def show_app(call: AppCall) -> Reply:
    """Return the app."""
    return Reply(200, {**app_body(call.urls, call.app, call.organization), "installations_count": 1})


def list_installations(call: AppCall) -> Reply:
    """Return where the app is installed."""
    return call.page([call.app], lambda app: installation_body(call.urls, app, call.organization))


def show_installation(call: AppCall) -> Reply:
    """Return one installation of the app."""
    _own(call)
    return Reply(200, installation_body(call.urls, call.app, call.organization))


def create_token(call: AppCall) -> Reply:
    """Make an installation token: for all that the app may do, or for less."""
    _own(call)
    body = call.body()
    permissions = _permissions(call.app, body)
    repositories = _repositories(call, body)
    expires = call.store.clock.now() + _LIFE
    numbers = None if repositories is None else [repository.id for repository in repositories]
    token = issue_token(call.store, call.app, permissions, repositories=numbers, expires_at=expires)
    shown: dict[str, JsonValue] = {
        "token": token,
        "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "permissions": {"metadata": "read", **permissions},
        "repository_selection": "all" if repositories is None else "selected",
    }
    if repositories is not None:
        shown["repositories"] = [minimal_repository(call.urls, one, Role.PULL) for one in repositories]
    return Reply(201, shown)


def show_hook(call: AppCall) -> Reply:
    """Return where the app's events go."""
    hook = _hook(call)
    return Reply(200, {} if hook is None else hook.fields.object("config").raw)


def change_hook(call: AppCall) -> Reply:
    """Set where the app's events go; it hears of all that its organization's webhooks could hear of."""
    hook = _hook(call)
    held = {} if hook is None else hook.data
    known = {} if hook is None else hook.fields.object("config").raw
    asked = type(call.body())({**known, **call.body().raw})
    document: JsonObject = {"type": "App", "name": "web", "active": True, "events": ["*"], **read_config(asked, held)}
    if hook is None:
        hook = call.store.insert(HOOK, "app", document, parent=call.app.id)
    else:
        hook = call.store.update(hook, document)
    return Reply(200, hook.fields.object("config").raw)


def list_hook_deliveries(call: AppCall) -> Reply:
    """Return what the app was sent."""
    hook = _hook(call)
    return Reply(200, []) if hook is None else list_deliveries(call, hook)


def show_hook_delivery(call: AppCall) -> Reply:
    """Return one delivery."""
    return show_delivery(call, _required_hook(call))


def redeliver_hook(call: AppCall) -> Reply:
    """Send a delivery again."""
    return redeliver(call, _required_hook(call), call.organization.id)


def _own(call: AppCall) -> None:
    if call.parameter_number("installation_id") != call.app.installation:
        raise not_found()


def _hook(call: AppCall) -> Record | None:
    return next(iter(call.store.children(HOOK, call.app.id)), None)


def _required_hook(call: AppCall) -> Record:
    hook = _hook(call)
    if hook is None:
        raise not_found()
    return hook


def _permissions(app: App, body: Fields) -> dict[str, str]:
    """Return what a token may do: no more than the app was given."""
    if not body.given("permissions"):
        return dict(app.permissions)
    asked = body.object("permissions")
    found = {name: asked.choice(name, _LEVELS) for name in asked.raw}
    for name, level in found.items():
        held = app.permissions.get(name, "read" if name == "metadata" else "")
        if held not in _LEVELS or _LEVELS.index(level) > _LEVELS.index(held):
            raise invalid("The permissions requested are not granted to this installation.")
    return found


def _repositories(call: AppCall, body: Fields) -> list[Repository] | None:
    if not body.given("repositories") and not body.given("repository_ids"):
        return None
    login = call.organization.login
    found = [find_repository(call.store, login, name) for name in body.texts("repositories", [])]
    found += [get_repository(call.store, number) for number in body.numbers("repository_ids", [])]
    known = [one for one in found if one is not None and one.owner.id == call.organization.id]
    if len(known) < len(found):
        raise invalid(
            "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    return known


ROUTES: Final = (
    *APP.get("", None, show_app),
    *APP.get("/installations", None, list_installations),
    *APP.get("/installations/{installation_id}", None, show_installation),
    *APP.post("/installations/{installation_id}/access_tokens", None, create_token),
    *APP.get("/hook/config", None, show_hook),
    *APP.patch("/hook/config", None, change_hook),
    *APP.get("/hook/deliveries", None, list_hook_deliveries),
    *APP.get("/hook/deliveries/{delivery_id}", None, show_hook_delivery),
    *APP.post("/hook/deliveries/{delivery_id}/attempts", None, redeliver_hook),
)
