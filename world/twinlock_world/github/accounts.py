"""Who exists: the organization, people, apps and their tokens.

`ensure_*` are how the seed writes: additive, repeatable, never taking anything away. Everything else about accounts
(roles, teams) changes through the REST nouns, as on GitHub.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from twinlock_world.github.organization_settings import NEW_ORGANIZATION
from twinlock_world.store import Record, Store, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinlock_world.jsonvalue import JsonObject, JsonValue

ORGANIZATION: Final = "organization"
USER: Final = "user"
APP: Final = "app"
INSTALLATION: Final = "installation"
MEMBERSHIP: Final = "membership"
TOKEN: Final = "token"  # noqa: S105 - the name of a kind of record
NARROW_TOKEN: Final = "narrow_token"  # noqa: S105 - same
ACTIONS_APP: Final = 15368
"""GitHub's own app that workflows' jobs act as; its number is GitHub's."""

_ROLES: Final = {"owner": "admin", "member": "member"}


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization account."""

    record: Record

    @property
    def id(self) -> int:
        """Its number."""
        return self.record.id

    @property
    def login(self) -> str:
        """Its name, as written when it was made."""
        return self.record.fields.text("login")

    @property
    def plan(self) -> str:
        """What it pays for: free, team or enterprise."""
        return self.record.fields.text("plan")

    def setting(self, name: str) -> bool:
        """Return one of its on-and-off settings."""
        return self.record.fields.object("settings").flag(name)


@dataclass(frozen=True, slots=True)
class User:
    """A person's account."""

    id: int
    login: str
    name: str
    created_at: str


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App, installed on the organization for all repositories."""

    id: int
    slug: str
    permissions: Mapping[str, str]
    installation: int
    created_at: str
    repositories: frozenset[int] | None = None
    """The only repositories that its token reaches; nothing for all of the organization's."""

    @property
    def login(self) -> str:
        """The name under which it acts."""
        return f"{self.slug}[bot]"


Identity: TypeAlias = User | App


def ensure_organization(store: Store, login: str, *, plan: str = "enterprise", name: str = "") -> Organization:
    """Return the organization of this login, making it where there is none.

    A world has one organization; another login makes a second one beside it.
    """
    found = find_organization(store, login)
    if found is not None:
        return found
    document: JsonObject = {"login": login, "plan": plan, "name": name or login, "settings": NEW_ORGANIZATION}
    return Organization(store.insert(ORGANIZATION, fold(login), document))


def ensure_user(store: Store, organization: Organization, login: str, role: str) -> tuple[User, str]:
    """Return a person and their token, making both where they are missing or the token has expired.

    `role` is owner, member or outsider, and counts only for somebody new: later changes are the API's.
    """
    with store.transaction():
        record = store.find(USER, fold(login))
        if record is None:
            record = store.insert(USER, fold(login), {"login": login, "name": login})
            if role in _ROLES:
                set_membership(store, organization, _user(record), _ROLES[role])
        return _user(record), _ensure_token(store, record, "ghp_")


def ensure_app(store: Store, organization: Organization, slug: str, permissions: Mapping[str, str]) -> tuple[App, str]:
    """Return an app and its installation token, making both where they are missing.

    Permissions that it did not hold yet are added; those it holds stay as they are.
    """
    with store.transaction():
        record = store.find(APP, fold(slug))
        if record is None:
            record = store.insert(APP, fold(slug), {"slug": slug, "permissions": dict(permissions)})
        held = record.fields.object("permissions").raw
        if set(permissions) - set(held):
            record = store.update(record, {**record.data, "permissions": {**permissions, **held}})
        if store.find(INSTALLATION, str(record.id), parent=organization.id) is None:
            store.insert(INSTALLATION, str(record.id), {}, parent=organization.id, peer=record.id)
        return _app(store, record), _ensure_token(store, record, "ghs_")


def actions_app(store: Store) -> App:
    """Return the app that workflows' jobs act as, making it where there is none yet."""
    record = store.get(APP, ACTIONS_APP)
    if record is None:
        document: JsonObject = {"slug": "github-actions", "permissions": {}}
        record = store.insert(APP, "github-actions", document, identifier=ACTIONS_APP)
    return _app(store, record)


def issue_token(  # noqa: PLR0913 - what narrows a token
    store: Store,
    app: App,
    permissions: Mapping[str, str],
    *,
    repositories: Iterable[int] | None,
    expires_at: datetime,
    parent: int | None = None,
) -> str:
    """Return a new token of an app that may do no more than `permissions`, in `repositories`, until it expires.

    With a `parent` (a job), it ends with that record at the latest.
    """
    document: JsonObject = {
        "permissions": dict(permissions),
        "repositories": None if repositories is None else sorted(repositories),
        "expires_at": expires_at.isoformat(),
        "expired": False,
    }
    token = "ghs_" + secrets.token_urlsafe(27)
    return store.insert(NARROW_TOKEN, token, document, parent=parent or app.id, peer=app.id).key


def revoke_token(store: Store, token: str) -> None:
    """Make a narrow token invalid from now on."""
    for found in store.named(NARROW_TOKEN, token):
        store.update(found, {**found.data, "expired": True})


def expire_token(store: Store, login: str) -> bool:
    """Make the token of a person or an app invalid from now on; false where nobody has that login or slug."""
    record = store.find(USER, fold(login)) or store.find(APP, fold(login))
    if record is None:
        return False
    for token in store.children(TOKEN, record.id):
        store.update(token, {**token.data, "expired": True})
    return True


def account_of_token(store: Store, token: str) -> Identity | None:
    """Return whose valid token this is."""
    for found in store.named(TOKEN, token):
        if found.fields.flag("expired") or found.parent is None:
            continue
        user = store.get(USER, found.parent)
        if user is not None:
            return _user(user)
        app = store.get(APP, found.parent)
        if app is not None:
            return _app(store, app)
    return _app_of_narrow_token(store, token)


def find_organization(store: Store, login: str) -> Organization | None:
    """Return the organization of this login."""
    found = store.find(ORGANIZATION, fold(login))
    return None if found is None else Organization(found)


def get_organization(store: Store, identifier: int) -> Organization | None:
    """Return the organization of this id."""
    found = store.get(ORGANIZATION, identifier)
    return None if found is None else Organization(found)


def find_user(store: Store, login: str) -> User | None:
    """Return the person of this login."""
    found = store.find(USER, fold(login))
    return None if found is None else _user(found)


def get_user(store: Store, identifier: int) -> User | None:
    """Return the person of this id."""
    found = store.get(USER, identifier)
    return None if found is None else _user(found)


def find_app(store: Store, slug: str) -> App | None:
    """Return the app of this slug."""
    found = store.find(APP, fold(slug))
    return None if found is None else _app(store, found)


def get_app(store: Store, identifier: int) -> App | None:
    """Return the app of this id."""
    found = store.get(APP, identifier)
    return None if found is None else _app(store, found)


def installed_apps(store: Store, organization: Organization) -> list[App]:
    """Return the apps installed on an organization."""
    found = (get_app(store, record.peer or 0) for record in store.children(INSTALLATION, organization.id))
    return [app for app in found if app is not None]


def is_installed(store: Store, organization: Organization, app_id: int) -> bool:
    """Tell whether the app of this id is installed on an organization."""
    return store.find(INSTALLATION, str(app_id), parent=organization.id) is not None


def installed_on(store: Store, app: App) -> Organization | None:
    """Return the organization that an app is installed on."""
    found = store.get(INSTALLATION, app.installation)
    return None if found is None else get_organization(store, found.parent or 0)


def membership(store: Store, organization: Organization, user: User) -> Record | None:
    """Return the record of a person's membership, with `role` (admin or member) and `state`."""
    return store.find(MEMBERSHIP, str(user.id), parent=organization.id)


def set_membership(store: Store, organization: Organization, user: User, role: str, state: str = "active") -> Record:
    """Make a person a member with this role."""
    document: dict[str, JsonValue] = {"role": role, "state": state}
    return store.put(MEMBERSHIP, str(user.id), document, parent=organization.id, peer=user.id)


def leave(store: Store, organization: Organization, user: User) -> None:
    """End a person's membership of an organization and of each of its teams."""
    record = membership(store, organization, user)
    if record is not None:
        store.delete(record)
    for held in store.linked("team_member", user.id):
        team = store.get("team", held.parent or 0)
        if team is not None and team.parent == organization.id:
            store.delete(held)


def members(store: Store, organization: Organization) -> list[tuple[User, str]]:
    """Return the accepted members of an organization with their roles."""
    found = []
    for record in store.children(MEMBERSHIP, organization.id):
        user = get_user(store, record.peer or 0)
        if user is not None and record.fields.text("state") == "active":
            found.append((user, record.fields.text("role")))
    return found


def is_owner(store: Store, organization: Organization, identity: Identity | None) -> bool:
    """Tell whether this is a person who owns the organization."""
    return organization_role(store, organization, identity) == "admin"


def is_member(store: Store, organization: Organization, identity: Identity | None) -> bool:
    """Tell whether this is a person who belongs to the organization, as owner or otherwise."""
    return organization_role(store, organization, identity) is not None


def organization_role(store: Store, organization: Organization, identity: Identity | None) -> str | None:
    """Return a person's accepted role: admin (an owner), member, or nothing."""
    if not isinstance(identity, User):
        return None
    record = membership(store, organization, identity)
    if record is None or record.fields.text("state") != "active":
        return None
    return record.fields.text("role")


def _ensure_token(store: Store, owner: Record, prefix: str) -> str:
    for held in store.children(TOKEN, owner.id):
        if not held.fields.flag("expired"):
            return held.key
    return store.insert(TOKEN, prefix + secrets.token_urlsafe(27), {"expired": False}, parent=owner.id).key


def _app_of_narrow_token(store: Store, token: str) -> App | None:
    for found in store.named(NARROW_TOKEN, token):
        fields = found.fields
        app = get_app(store, found.peer or 0)
        if (
            app is None
            or fields.flag("expired")
            or datetime.fromisoformat(fields.text("expires_at")) <= store.clock.now()
        ):
            continue
        permissions = fields.object("permissions")
        return replace(
            app,
            permissions={name: permissions.text(name) for name in permissions.raw},
            repositories=frozenset(fields.numbers("repositories")) if fields.given("repositories") else None,
        )
    return None


def _user(record: Record) -> User:
    return User(record.id, record.fields.text("login"), record.fields.text("name"), record.created_at)


def _app(store: Store, record: Record) -> App:
    permissions = record.fields.object("permissions")
    levels = {name: permissions.text(name) for name in sorted(permissions.raw)}
    installation = next((found.id for found in store.linked(INSTALLATION, record.id)), 0)
    return App(record.id, record.fields.text("slug"), levels, installation, record.created_at)
