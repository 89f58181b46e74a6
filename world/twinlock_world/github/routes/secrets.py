"""Secrets and variables of organizations, repositories and environments.

The three kinds of holder answer alike, so one family of handlers serves them; a `HolderCall` says whose they are, and
for whose jobs: a repository's secrets for Dependabot and for Codespaces are others than those for Actions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from twinlock_world.github.access import Level, OrganizationNeed, Rank, RepositoryNeed, Role, role_on
from twinlock_world.github.bodies.repository import minimal_repository
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.errors import conflict, not_found, validation_failed
from twinlock_world.github.mounts import ORGANIZATION, REPOSITORY
from twinlock_world.github.repository import get_repository
from twinlock_world.github.routes.environments import IN_ENVIRONMENT
from twinlock_world.github.routing import Mount, Route
from twinlock_world.github.vault import check_sealed, sealing_key
from twinlock_world.store import DuplicateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue
    from twinlock_world.store import Record

C = TypeVar("C")
N = TypeVar("N")

SECRET: Final = "secret"  # noqa: S105 - the name of a kind of record
DEPENDABOT_SECRET: Final = "dependabot_secret"  # noqa: S105 - as above
CODESPACES_SECRET: Final = "codespaces_secret"  # noqa: S105 - as above
VARIABLE: Final = "variable"

_NAME: Final = re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*")
_SCOPES: Final = ("all", "private", "selected")


@dataclass(frozen=True, slots=True)
class HolderCall(Call):
    """A call about the secrets and variables of one holder."""

    holder: int
    scoped: bool
    secrets: str


def list_variables(call: HolderCall) -> Reply:
    """Return a holder's variables with their values."""
    found = sorted(call.store.children(VARIABLE, call.holder), key=lambda record: record.key)
    return call.counted_page("variables", found, _variable_body, size=10)


def create_variable(call: HolderCall) -> Reply:
    """Make a variable."""
    body = call.body()
    name = _name(body.text("name"))
    document: JsonObject = {"name": name, "value": body.text("value"), **_scope(call, body)}
    try:
        call.store.insert(VARIABLE, name, document, parent=call.holder)
    except DuplicateError as error:
        raise conflict("Already exists - Variable already exists") from error
    return Reply(201, {})


def show_variable(call: HolderCall) -> Reply:
    """Return a variable."""
    return Reply(200, _variable_body(_own(call, VARIABLE)))


def change_variable(call: HolderCall) -> Reply:
    """Change a variable's value or name."""
    record, body = _own(call, VARIABLE), call.body()
    document: dict[str, JsonValue] = dict(record.data)
    if body.given("name"):
        document["name"] = _name(body.text("name"))
    if body.given("value"):
        document["value"] = body.text("value")
    if body.given("visibility"):
        document |= _scope(call, body)
    try:
        call.store.update(record, document, key=str(document["name"]))
    except DuplicateError as error:
        raise conflict("Already exists - Variable already exists") from error
    return NO_CONTENT


def delete_variable(call: HolderCall) -> Reply:
    """Delete a variable."""
    call.store.delete(_own(call, VARIABLE))
    return NO_CONTENT


def list_secrets(call: HolderCall) -> Reply:
    """Return the names of a holder's secrets."""
    found = sorted(call.store.children(call.secrets, call.holder), key=lambda record: record.key)
    return call.counted_page("secrets", found, _secret_body)


def show_public_key(call: HolderCall) -> Reply:
    """Return the key to seal secrets with."""
    key = sealing_key(call.store, call.holder)
    return Reply(200, {"key_id": key.id, "key": key.key})


def show_secret(call: HolderCall) -> Reply:
    """Return that a secret exists, and since when."""
    return Reply(200, _secret_body(_own(call, call.secrets)))


def set_secret(call: HolderCall) -> Reply:
    """Make or replace a secret."""
    body, name = call.body(), _name(call.params["name"])
    sealed = body.text("encrypted_value")
    check_sealed(call.store, call.holder, body.text("key_id"), sealed)
    known = call.store.find(call.secrets, name, parent=call.holder) is not None
    document: JsonObject = {"name": name, "sealed": sealed, **_scope(call, body)}
    call.store.put(call.secrets, name, document, parent=call.holder)
    return NO_CONTENT if known else Reply(201, {})


def delete_secret(call: HolderCall) -> Reply:
    """Delete a secret."""
    call.store.delete(_own(call, call.secrets))
    return NO_CONTENT


def _name(text: str) -> str:
    name = text.upper()
    if not _NAME.fullmatch(name):
        message = (
            "Names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). "
            "They must not start with a number or with GITHUB_."
        )
        raise validation_failed("Secret", "name", "invalid", message)
    return name


def list_repositories(kind: str) -> Callable[[HolderCall], Reply]:
    """Return a handler that returns the repositories which see a secret or variable of their organization."""

    def handle(call: HolderCall) -> Reply:
        fields = _own(call, kind).fields
        if fields.text("visibility") != "selected":
            raise conflict("The visibility is not selected.")
        chosen = (get_repository(call.store, number) for number in fields.numbers("selected_repository_ids"))
        found = [repository for repository in chosen if repository is not None]
        return call.counted_page(
            "repositories",
            found,
            lambda each: minimal_repository(call.urls, each, role_on(call.store, each, call.identity)),
        )

    return handle


def _scope(call: HolderCall, body: Fields) -> JsonObject:
    if not call.scoped:
        return {}
    visibility = body.choice("visibility", _SCOPES)
    if visibility != "selected":
        return {"visibility": visibility}
    chosen: list[JsonValue] = [*body.numbers("selected_repository_ids", [])]
    return {"visibility": visibility, "selected_repository_ids": chosen}


def _own(call: HolderCall, kind: str) -> Record:
    record = call.store.find(kind, call.params["name"].upper(), parent=call.holder)
    if record is None:
        raise not_found()
    return record


def _variable_body(record: Record) -> JsonObject:
    shown = record.fields.only(("name", "value", "visibility"))
    return {**shown, "created_at": record.created_at, "updated_at": record.updated_at}


def _secret_body(record: Record) -> JsonObject:
    shown = record.fields.only(("name", "visibility"))
    return {**shown, "created_at": record.created_at, "updated_at": record.updated_at}


def _of_repository(call: Call, need: RepositoryNeed) -> HolderCall:
    return _holder(call, REPOSITORY.enter(call, need).repository.id)


def _for_dependabot(call: Call, need: RepositoryNeed) -> HolderCall:
    return _holder(call, REPOSITORY.enter(call, need).repository.id, secrets=DEPENDABOT_SECRET)


def _for_codespaces(call: Call, need: RepositoryNeed) -> HolderCall:
    return _holder(call, REPOSITORY.enter(call, need).repository.id, secrets=CODESPACES_SECRET)


def _of_environment(call: Call, need: RepositoryNeed) -> HolderCall:
    return _holder(call, IN_ENVIRONMENT.enter(call, need).environment.id)


def _of_organization(call: Call, need: OrganizationNeed) -> HolderCall:
    return _holder(call, ORGANIZATION.enter(call, need).organization.id, scoped=True)


def _holder(call: Call, identifier: int, *, scoped: bool = False, secrets: str = SECRET) -> HolderCall:
    return HolderCall(call.request, call.params, call.identity, call.store, call.git, identifier, scoped, secrets)


def _variables(mount: Mount[HolderCall, N], read: N, write: N) -> tuple[Route, ...]:
    return (
        *mount.get("/variables", read, list_variables),
        *mount.post("/variables", write, create_variable),
        *mount.get("/variables/{name}", read, show_variable),
        *mount.patch("/variables/{name}", write, change_variable),
        *mount.delete("/variables/{name}", write, delete_variable),
    )


def _secrets(mount: Mount[HolderCall, N], read: N, write: N) -> tuple[Route, ...]:
    return (
        *mount.get("/secrets", read, list_secrets),
        *mount.get("/secrets/public-key", read, show_public_key),
        *mount.get("/secrets/{name}", read, show_secret),
        *mount.put("/secrets/{name}", write, set_secret),
        *mount.delete("/secrets/{name}", write, delete_secret),
    )


def _repository_needs(permission: str, writer: Role) -> tuple[RepositoryNeed, RepositoryNeed]:
    return RepositoryNeed(permission, Level.READ, Role.PUSH), RepositoryNeed(permission, Level.WRITE, writer)


def _organization_needs(permission: str) -> tuple[OrganizationNeed, OrganizationNeed]:
    return (
        OrganizationNeed(permission, Level.READ, Rank.OWNER),
        OrganizationNeed(permission, Level.WRITE, Rank.OWNER),
    )


def _beneath(mount: Mount[C, N], part: str) -> tuple[str, ...]:
    return tuple(f"{prefix}/{part}" for prefix in mount.prefixes)


_REPOSITORIES: Final = Mount(_beneath(REPOSITORY, "actions"), _of_repository)
_DEPENDABOT: Final = Mount(_beneath(REPOSITORY, "dependabot"), _for_dependabot)
_CODESPACES: Final = Mount(_beneath(REPOSITORY, "codespaces"), _for_codespaces)
_ORGANIZATIONS: Final = Mount(_beneath(ORGANIZATION, "actions"), _of_organization)
_LENT_VARIABLES: Final = _organization_needs("organization_actions_variables")
_LENT_SECRETS: Final = _organization_needs("organization_secrets")
_ENVIRONMENTS: Final = Mount(IN_ENVIRONMENT.prefixes, _of_environment)

ROUTES: Final = (
    *_variables(_REPOSITORIES, *_repository_needs("variables", Role.PUSH)),
    *_secrets(_REPOSITORIES, *_repository_needs("secrets", Role.PUSH)),
    *_secrets(_DEPENDABOT, *_repository_needs("dependabot_secrets", Role.PUSH)),
    *_secrets(_CODESPACES, *_repository_needs("codespaces_secrets", Role.PUSH)),
    *_variables(_ENVIRONMENTS, *_repository_needs("environments", Role.ADMIN)),
    *_secrets(_ENVIRONMENTS, *_repository_needs("environments", Role.ADMIN)),
    *_variables(_ORGANIZATIONS, *_LENT_VARIABLES),
    *_secrets(_ORGANIZATIONS, *_LENT_SECRETS),
    *_ORGANIZATIONS.get("/variables/{name}/repositories", _LENT_VARIABLES[0], list_repositories(VARIABLE)),
    *_ORGANIZATIONS.get("/secrets/{name}/repositories", _LENT_SECRETS[0], list_repositories(SECRET)),
)
