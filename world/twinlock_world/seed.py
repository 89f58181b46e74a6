"""The seed: which accounts exist in a world, as one JSON document.

Parsing is pure and refuses whatever it doesn't know, naming the place; planting is additive and may be repeated. The
server plants its seed file when it starts, and `/_world/seed` plants more later. README.md documents the format.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, TypeVar

from twinlock_world.github.accounts import (
    APP,
    TOKEN,
    USER,
    ensure_app,
    ensure_organization,
    ensure_user,
    find_organization,
)
from twinlock_world.jsonvalue import FieldError, Fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from twinlock_world.jsonvalue import JsonValue
    from twinlock_world.store import Store

T = TypeVar("T")

_AWS_ACCOUNT: Final = "aws_account"
_LARGEST: Final = 4 * 1024 * 1024
_LONGEST_MESSAGE: Final = 400
_PLANS: Final = ("free", "team", "enterprise")
_ROLES: Final = ("owner", "member", "outsider")
_LEVELS: Final = ("read", "write", "admin")
_LOGIN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38})")
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,98})")
_PERMISSION: Final = re.compile(r"[a-z][a-z_]{0,63}")
_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_ACCOUNT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
_ACCOUNT_ID: Final = re.compile(r"\d{12}")


class SeedError(ValueError):
    """A seed that cannot be planted; the text says where and why in one line."""


@dataclass(frozen=True, slots=True)
class UserSeed:
    """A person."""

    login: str
    role: str


@dataclass(frozen=True, slots=True)
class AppSeed:
    """A GitHub App."""

    slug: str
    permissions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AccountSeed:
    """An AWS account."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Seed:
    """All accounts that a world should have."""

    organization: str
    plan: str
    organization_name: str
    users: tuple[UserSeed, ...]
    apps: tuple[AppSeed, ...]
    region: str
    accounts: tuple[AccountSeed, ...]


def parse(content: bytes) -> Seed:
    """Read a seed.

    Raises:
        SeedError: It isn't one.
    """
    if len(content) > _LARGEST:
        raise SeedError(f"the seed has {len(content)} bytes; at most {_LARGEST} are read")
    try:
        document: JsonValue = json.loads(content, object_pairs_hook=_without_duplicates)
    except RecursionError as error:
        raise SeedError("the seed is nested too deeply") from error
    except ValueError as error:
        raise SeedError(f"the seed is no JSON: {error}") from error
    try:
        return _seed(document)
    except FieldError as error:
        raise SeedError(_one_line(str(error))) from error


def plant(seed: Seed, store: Store) -> None:
    """Make every account of the seed that is missing; nothing is changed or taken away.

    Raises:
        SeedError: It names a new organization without an owner, or gives a known AWS account another id or name.
    """
    if find_organization(store, seed.organization) is None and all(user.role != "owner" for user in seed.users):
        raise SeedError("users: a new organization needs one with the role owner")
    with store.transaction():
        organization = ensure_organization(store, seed.organization, plan=seed.plan, name=seed.organization_name)
        for user in seed.users:
            ensure_user(store, organization, user.login, user.role)
        for app in seed.apps:
            ensure_app(store, organization, app.slug, app.permissions)
        known = {account.name: account.id for account in accounts(store)}
        for account in seed.accounts:
            if known.get(account.name, account.id) != account.id:
                raise SeedError(f"AWS account {account.name} is {known[account.name]} here, not {account.id}")
            if account.name not in known and account.id in known.values():
                raise SeedError(f"AWS account {account.id} has another name here")
            store.put(_AWS_ACCOUNT, account.name, {"account": account.id})


def accounts(store: Store) -> list[AccountSeed]:
    """Return every AWS account that was ever seeded."""
    return [AccountSeed(record.key, record.fields.text("account")) for record in store.all(_AWS_ACCOUNT)]


def tokens(store: Store) -> dict[str, str]:
    """Return the valid token of each person and app, by login or slug."""
    found = {}
    for kind, name in ((USER, "login"), (APP, "slug")):
        for record in store.all(kind):
            for token in store.children(TOKEN, record.id):
                if not token.fields.flag("expired"):
                    found[record.fields.text(name)] = token.key
    return found


def _seed(document: JsonValue) -> Seed:
    if not isinstance(document, dict):
        raise FieldError("it", "is not an object")
    root = _known(Fields(document), "organization", "users", "apps", "aws")
    with _at("organization"):
        organization = _known(root.object("organization"), "login", "plan", "name")
        login = _matching(organization, "login", _LOGIN)
        plan = organization.choice("plan", _PLANS, "enterprise")
        name = organization.text("name", login)
    users = tuple(_each(root.objects("users", []), "users", _user))
    apps = tuple(_each(root.objects("apps", []), "apps", _app))
    with _at("aws"):
        aws = _known(root.object("aws"), "region", "accounts")
        region = _matching(aws, "region", _REGION)
        accounts = tuple(_each(aws.objects("accounts", []), "accounts", _account))
    _distinct("login or slug", [login, *(user.login for user in users), *(app.slug for app in apps)])
    _distinct("AWS account name", [account.name for account in accounts])
    _distinct("AWS account id", [account.id for account in accounts])
    return Seed(login, plan, name, users, apps, region, accounts)


def _user(item: Fields) -> UserSeed:
    _known(item, "login", "role")
    return UserSeed(_matching(item, "login", _LOGIN), item.choice("role", _ROLES))


def _app(item: Fields) -> AppSeed:
    _known(item, "slug", "permissions")
    with _at("permissions"):
        permissions = item.object("permissions")
        for name in permissions.raw:
            if _PERMISSION.fullmatch(name) is None:
                raise FieldError(name, "is no permission's name")
        levels = {name: permissions.choice(name, _LEVELS) for name in permissions.raw}
    return AppSeed(_matching(item, "slug", _SLUG), levels)


def _account(item: Fields) -> AccountSeed:
    _known(item, "name", "id")
    return AccountSeed(_matching(item, "name", _ACCOUNT_NAME), _matching(item, "id", _ACCOUNT_ID))


def _one_line(text: str) -> str:
    """Return a message that can hurt no terminal, whatever the seed had put into it."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:_LONGEST_MESSAGE]


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Say where in the document the field is whose reading failed."""
    try:
        yield
    except FieldError as error:
        path = error.field if error.field == place else f"{place}/{error.field}"
        raise FieldError(path, error.problem) from error


def _each(items: Sequence[Fields], place: str, read: Callable[[Fields], T]) -> Iterator[T]:
    for at, item in enumerate(items):
        with _at(f"{place}/{at}"):
            yield read(item)


def _known(fields: Fields, *keys: str) -> Fields:
    for name in fields.raw:
        if name not in keys:
            near = get_close_matches(name, keys, n=1)
            raise FieldError(
                name, f"is no key here; {f'did you mean {near[0]}?' if near else 'known: ' + ', '.join(keys)}"
            )
    return fields


def _matching(fields: Fields, name: str, pattern: re.Pattern[str]) -> str:
    value = fields.text(name)
    if pattern.fullmatch(value) is None:
        raise FieldError(name, f"{value[:80]!r} is not possible")
    return value


def _distinct(what: str, names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]
    if twice:
        raise FieldError(what, f"{twice[0]!r} stands there twice")


def _without_duplicates(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object holds a key twice")
    return found
