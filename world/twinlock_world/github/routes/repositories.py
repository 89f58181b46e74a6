"""Repositories themselves: listed, made, shown, changed, deleted; their topics and alerts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twinlock_world.git_objects import TreeEntry
from twinlock_world.github.access import (
    COLLABORATOR,
    METADATA,
    ORGANIZATION_PROFILE,
    READ_ADMINISTRATION,
    READ_CONTENTS,
    WRITE_ADMINISTRATION,
    Level,
    OrganizationNeed,
    Rank,
    Role,
    rank_in,
    require_organization,
    role_on,
)
from twinlock_world.github.accounts import Organization, User
from twinlock_world.github.bodies.repository import full_repository, minimal_repository
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.commits import signature_of
from twinlock_world.github.errors import forbidden, invalid, not_found, validation_failed
from twinlock_world.github.mounts import (
    FROZEN_REPOSITORY,
    ORGANIZATION,
    REPOSITORY,
    OrganizationCall,
    RepositoryCall,
)
from twinlock_world.github.properties import values
from twinlock_world.github.repository import (
    REPOSITORY as KIND,
)
from twinlock_world.github.repository import (
    Repository,
    get_repository,
    repositories,
)
from twinlock_world.github.repository_settings import (
    changed_settings,
    clean_name,
    name_refused,
    new_settings,
    read_visibility,
)
from twinlock_world.jsonvalue import Fields
from twinlock_world.store import DuplicateError, fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock_world.jsonvalue import JsonObject, JsonValue

_CREATE: Final = OrganizationNeed("administration", Level.WRITE, Rank.MEMBER)
_TOPIC: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
_ORDERS: Final[dict[str, Callable[[Repository], str | int]]] = {
    "created": lambda repository: repository.id,
    "updated": lambda repository: repository.record.updated_at,
    "pushed": lambda repository: repository.settings.text("pushed_at"),
    "full_name": lambda repository: fold(repository.full_name),
}


def list_repositories(call: OrganizationCall) -> Reply:
    """Return the repositories of an organization that the caller may see."""
    order = call.query.get("sort", "created")
    descending = call.query.get("direction", "asc" if order == "full_name" else "desc") == "desc"
    wanted = call.query.get("type", "all")
    seen = [
        (repository, role_on(call.store, repository, call.identity))
        for repository in repositories(call.store, call.organization)
        if wanted in {"all", "sources", "member", repository.visibility}
    ]
    shown = [(repository, role) for repository, role in seen if role >= Role.PULL]
    key = _ORDERS.get(order, _ORDERS["created"])
    shown.sort(key=lambda item: key(item[0]), reverse=descending)
    return call.page(shown, lambda item: minimal_repository(call.urls, *item))


def create_repository(call: OrganizationCall) -> Reply:
    """Make a repository in an organization."""
    made = _create(call, call.organization, call.body())
    return Reply(201, _full(call, made), {"location": call.urls.api("repos", made.owner.login, made.name)})


def generate_repository(call: RepositoryCall) -> Reply:
    """Make a repository with the files of a template."""
    template = call.repository
    if not template.settings.flag("is_template"):
        raise validation_failed("Repository", "template", "invalid", f"{template.full_name} is not a template")
    body = call.body()
    owner = template.owner
    if fold(body.text("owner", owner.login)) != fold(owner.login):
        raise not_found()
    require_organization(call.store, call.identity, owner, _CREATE)
    made = _create(call, owner, body, template)
    source = call.objects
    tip = source.resolve(template.default_branch)
    if tip is not None:
        objects = call.git.open(made.id)
        entries = source.tree(tip, recursive=True)
        tree = objects.copy_tree(source, entries)
        _first_commit(call, made, tree)
    return Reply(201, _full(call, made))


def show_repository(call: RepositoryCall) -> Reply:
    """Return a repository."""
    return Reply(200, _full(call, call.repository))


def change_repository(call: RepositoryCall) -> Reply:
    """Change a repository's settings."""
    repository, body = call.repository, call.body()
    unarchives = body.given("archived") and not body.flag("archived")
    if repository.archived and not unarchives:
        raise forbidden("Repository was archived so is read-only.")
    changed = changed_settings(repository.record.data, body)
    if body.given("visibility"):
        visibility = read_visibility(body, repository.owner.plan)
        if visibility == repository.visibility:
            raise invalid(f"Visibility is already {visibility}.")
        changed["visibility"] = visibility
    elif body.given("private") and body.flag("private") != (repository.visibility != "public"):
        changed["visibility"] = "private" if body.flag("private") else "public"
    if body.given("default_branch"):
        changed["default_branch"] = _existing_branch(call, body.text("default_branch"))
    if body.given("name"):
        changed["name"] = clean_name(body.text("name"))
    changed_repository = _keep(call, repository, changed)
    if changed_repository.default_branch != repository.default_branch:
        call.objects.set_head(changed_repository.default_branch)
    return Reply(200, _full(call, changed_repository))


def delete_repository(call: RepositoryCall) -> Reply:
    """Delete a repository with all that hangs on it."""
    repository = call.repository
    allowed = repository.owner.setting("members_can_delete_repositories")
    if (
        isinstance(call.identity, User)
        and not allowed
        and rank_in(call.store, repository.owner, call.identity) < Rank.OWNER
    ):
        raise forbidden("Organization members cannot delete repositories.")
    call.store.delete(repository.record)
    return Reply(204, then=lambda: call.git.delete(repository.id))


def show_topics(call: RepositoryCall) -> Reply:
    """Return a repository's topics."""
    return Reply(200, {"names": call.repository.settings.texts("topics")})


def set_topics(call: RepositoryCall) -> Reply:
    """Replace a repository's topics."""
    names = [name.lower() for name in call.body().texts("names")]
    if not all(_TOPIC.fullmatch(name) for name in names):
        raise validation_failed(
            "Repository", "topics", "invalid", "Topics must start with a lowercase letter or number."
        )
    _keep(call, call.repository, {**call.repository.record.data, "topics": names})
    return Reply(200, {"names": names})


def show_vulnerability_alerts(call: RepositoryCall) -> Reply:
    """Tell by the status whether vulnerability alerts are on."""
    if not call.repository.settings.flag("vulnerability_alerts"):
        raise not_found("Vulnerability alerts are disabled.")
    return NO_CONTENT


def show_security_fixes(call: RepositoryCall) -> Reply:
    """Tell whether security fixes are proposed automatically."""
    return Reply(200, {"enabled": call.repository.settings.flag("automated_security_fixes"), "paused": False})


def _switch(name: str, *, on: bool) -> Callable[[RepositoryCall], Reply]:
    def switch(call: RepositoryCall) -> Reply:
        """Turn the setting on or off."""
        _keep(call, call.repository, {**call.repository.record.data, name: on})
        return NO_CONTENT

    return switch


def _create(call: Call, owner: Organization, body: Fields, template: Repository | None = None) -> Repository:
    creator = call.identity
    plain_member = isinstance(creator, User) and rank_in(call.store, owner, creator) < Rank.OWNER
    if plain_member and not owner.setting("members_can_create_repositories"):
        raise forbidden("You need admin access to the organization before adding a repository to it.")
    settings = new_settings(body, owner.plan, call.store.timestamp())
    settings["template_id"] = None if template is None else template.id
    name = Fields(settings).text("name")
    try:
        record = call.store.insert(KIND, fold(name), settings, parent=owner.id)
    except DuplicateError as error:
        raise name_refused("name already exists on this account") from error
    made = Repository(record, owner)
    objects = call.git.create(made.id)
    if isinstance(creator, User) and plain_member:
        call.store.insert(COLLABORATOR, str(creator.id), {"permission": "admin"}, parent=made.id, peer=creator.id)
    if body.flag("auto_init", default=False):
        blob = objects.write_blob(f"# {name}\n".encode())
        _first_commit(call, made, objects.write_tree([TreeEntry("100644", "blob", blob, None, "README.md")]))
    return made


def _first_commit(call: Call, repository: Repository, tree: str) -> None:
    objects = call.git.open(repository.id)
    who = signature_of(call.caller(), call.store.timestamp())
    objects.update_ref("refs/heads/main", objects.write_commit(tree, (), "Initial commit", who, who))


def _existing_branch(call: RepositoryCall, branch: str) -> str:
    if branch != call.repository.default_branch and call.objects.ref(f"refs/heads/{branch}") is None:
        message = f"The branch {branch} was not found. Please push that ref first or create it via the Git Data API."
        raise validation_failed("Repository", "default_branch", "invalid", message)
    return branch


def _keep(call: Call, repository: Repository, settings: JsonObject) -> Repository:
    try:
        record = call.store.update(repository.record, settings, key=fold(Fields(settings).text("name")))
    except DuplicateError as error:
        raise name_refused("name already exists on this account") from error
    return Repository(record, repository.owner)


def _full(call: Call, repository: Repository) -> dict[str, JsonValue]:
    settings = repository.settings
    template = get_repository(call.store, settings.number("template_id")) if settings.given("template_id") else None
    role = role_on(call.store, repository, call.identity)
    return full_repository(call.urls, repository, role, values(call.store, repository), template)


ROUTES: Final = (
    *ORGANIZATION.get("/repos", ORGANIZATION_PROFILE, list_repositories),
    *ORGANIZATION.post("/repos", _CREATE, create_repository),
    *REPOSITORY.post("/generate", READ_CONTENTS, generate_repository),
    *REPOSITORY.get("", METADATA, show_repository),
    *FROZEN_REPOSITORY.patch("", WRITE_ADMINISTRATION, change_repository),
    *FROZEN_REPOSITORY.delete("", WRITE_ADMINISTRATION, delete_repository),
    *REPOSITORY.get("/topics", METADATA, show_topics),
    *REPOSITORY.put("/topics", WRITE_ADMINISTRATION, set_topics),
    *REPOSITORY.get("/vulnerability-alerts", READ_ADMINISTRATION, show_vulnerability_alerts),
    *REPOSITORY.put("/vulnerability-alerts", WRITE_ADMINISTRATION, _switch("vulnerability_alerts", on=True)),
    *REPOSITORY.delete("/vulnerability-alerts", WRITE_ADMINISTRATION, _switch("vulnerability_alerts", on=False)),
    *REPOSITORY.get("/automated-security-fixes", READ_ADMINISTRATION, show_security_fixes),
    *REPOSITORY.put("/automated-security-fixes", WRITE_ADMINISTRATION, _switch("automated_security_fixes", on=True)),
    *REPOSITORY.delete(
        "/automated-security-fixes", WRITE_ADMINISTRATION, _switch("automated_security_fixes", on=False)
    ),
)
