"""Actions policies of organizations and repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import (
    READ_ADMINISTRATION,
    READ_ORGANIZATION,
    WRITE_ADMINISTRATION,
    WRITE_ORGANIZATION,
    role_on,
)
from twinlock_world.github.actions_policy import (
    ALLOWED,
    change_policy,
    organization_policy,
    read_selected_actions,
    read_workflow,
    repository_policy,
    require_selected,
)
from twinlock_world.github.bodies.repository import minimal_repository
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.errors import conflict, not_found
from twinlock_world.github.mounts import ORGANIZATION, REPOSITORY, OrganizationCall, RepositoryCall
from twinlock_world.github.repository import get_repository

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import Fields, JsonValue


def show_for_repository(call: RepositoryCall) -> Reply:
    """Return whether Actions run in a repository, and which."""
    policy = repository_policy(call.store, call.repository)
    enabled = policy.flag("enabled")
    where = _path(call, "repos", call.repository.owner.login, call.repository.name)
    return Reply(200, {"enabled": enabled, **(_allowed(policy, where) if enabled else {})})


def set_for_repository(call: RepositoryCall) -> Reply:
    """Set whether Actions run in a repository, and which."""
    body = call.body()
    above = organization_policy(call.store, call.repository.owner)
    if body.flag("enabled") and above.text("enabled_repositories") == "none":
        raise conflict("Actions are disabled by the organization.")
    change_policy(call.store, call.repository.id, {"enabled": body.flag("enabled"), **_read_allowed(body)})
    return NO_CONTENT


def show_selected_for_repository(call: RepositoryCall) -> Reply:
    """Return the actions that a repository selects."""
    policy = repository_policy(call.store, call.repository)
    require_selected(policy)
    return Reply(200, policy.object("selected_actions").raw)


def set_selected_for_repository(call: RepositoryCall) -> Reply:
    """Set the actions that a repository selects."""
    policy = repository_policy(call.store, call.repository)
    change_policy(call.store, call.repository.id, {"selected_actions": read_selected_actions(policy, call.body())})
    return NO_CONTENT


def show_workflow_for_repository(call: RepositoryCall) -> Reply:
    """Return what a workflow's token may do by default."""
    return Reply(200, repository_policy(call.store, call.repository).object("workflow").raw)


def set_workflow_for_repository(call: RepositoryCall) -> Reply:
    """Set what a workflow's token may do by default."""
    policy = repository_policy(call.store, call.repository)
    change_policy(call.store, call.repository.id, {"workflow": read_workflow(policy, call.body())})
    return NO_CONTENT


def show_access(call: RepositoryCall) -> Reply:
    """Return which other repositories may use a private repository's workflows."""
    return Reply(200, {"access_level": repository_policy(call.store, call.repository).text("access_level")})


def set_access(call: RepositoryCall) -> Reply:
    """Set which other repositories may use a private repository's workflows."""
    level = call.body().choice("access_level", ("none", "user", "organization", "enterprise"))
    change_policy(call.store, call.repository.id, {"access_level": level})
    return NO_CONTENT


def show_for_organization(call: OrganizationCall) -> Reply:
    """Return in which repositories Actions run, and which."""
    policy = organization_policy(call.store, call.organization)
    where = _path(call, "orgs", call.organization.login)
    body: dict[str, JsonValue] = {"enabled_repositories": policy.text("enabled_repositories")}
    if body["enabled_repositories"] == "selected":
        body["selected_repositories_url"] = f"{where}/repositories"
    return Reply(200, body if body["enabled_repositories"] == "none" else {**body, **_allowed(policy, where)})


def set_for_organization(call: OrganizationCall) -> Reply:
    """Set in which repositories Actions run, and which."""
    body = call.body()
    scope = body.choice("enabled_repositories", ("all", "none", "selected"))
    change_policy(call.store, call.organization.id, {"enabled_repositories": scope, **_read_allowed(body)})
    return NO_CONTENT


def show_selected_for_organization(call: OrganizationCall) -> Reply:
    """Return the actions that an organization selects."""
    policy = organization_policy(call.store, call.organization)
    require_selected(policy)
    return Reply(200, policy.object("selected_actions").raw)


def set_selected_for_organization(call: OrganizationCall) -> Reply:
    """Set the actions that an organization selects."""
    policy = organization_policy(call.store, call.organization)
    change_policy(call.store, call.organization.id, {"selected_actions": read_selected_actions(policy, call.body())})
    return NO_CONTENT


def show_workflow_for_organization(call: OrganizationCall) -> Reply:
    """Return what a workflow's token may do by default."""
    return Reply(200, organization_policy(call.store, call.organization).object("workflow").raw)


def set_workflow_for_organization(call: OrganizationCall) -> Reply:
    """Set what a workflow's token may do by default."""
    policy = organization_policy(call.store, call.organization)
    change_policy(call.store, call.organization.id, {"workflow": read_workflow(policy, call.body())})
    return NO_CONTENT


def list_selected_repositories(call: OrganizationCall) -> Reply:
    """Return the repositories in which Actions run, where they are selected one by one."""
    chosen = (get_repository(call.store, identifier) for identifier in _selected(call))
    found = [repository for repository in chosen if repository is not None]
    return call.counted_page(
        "repositories",
        found,
        lambda repository: minimal_repository(call.urls, repository, role_on(call.store, repository, call.identity)),
    )


def set_selected_repositories(call: OrganizationCall) -> Reply:
    """Select the repositories in which Actions run."""
    _select(call, call.body().numbers("selected_repository_ids"))
    return NO_CONTENT


def add_selected_repository(call: OrganizationCall) -> Reply:
    """Select one repository more."""
    _select(call, [*_selected(call), call.parameter_number("selected_id")])
    return NO_CONTENT


def remove_selected_repository(call: OrganizationCall) -> Reply:
    """Select one repository less."""
    gone = call.parameter_number("selected_id")
    _select(call, [identifier for identifier in _selected(call) if identifier != gone])
    return NO_CONTENT


def _allowed(policy: Fields, where: str) -> dict[str, JsonValue]:
    body = policy.only(("allowed_actions", "sha_pinning_required"))
    if policy.text("allowed_actions") == "selected":
        body["selected_actions_url"] = f"{where}/selected-actions"
    return body


def _read_allowed(body: Fields) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    if body.given("allowed_actions"):
        found["allowed_actions"] = body.choice("allowed_actions", ALLOWED)
    if body.given("sha_pinning_required"):
        found["sha_pinning_required"] = body.flag("sha_pinning_required")
    return found


def _path(call: Call, *segments: str) -> str:
    return call.urls.api(*segments, "actions", "permissions")


def _selected(call: OrganizationCall) -> list[int]:
    policy = organization_policy(call.store, call.organization)
    if policy.text("enabled_repositories") != "selected":
        raise conflict("Conflict: the actions policy does not select repositories.")
    return policy.numbers("selected_repositories")


def _select(call: OrganizationCall, identifiers: list[int]) -> None:
    _selected(call)
    for identifier in identifiers:
        repository = get_repository(call.store, identifier)
        if repository is None or repository.owner.id != call.organization.id:
            raise not_found()
    change_policy(call.store, call.organization.id, {"selected_repositories": sorted(set(identifiers))})


_PERMISSIONS: Final = "/actions/permissions"

ROUTES: Final = (
    *REPOSITORY.get(_PERMISSIONS, READ_ADMINISTRATION, show_for_repository),
    *REPOSITORY.put(_PERMISSIONS, WRITE_ADMINISTRATION, set_for_repository),
    *REPOSITORY.get(f"{_PERMISSIONS}/selected-actions", READ_ADMINISTRATION, show_selected_for_repository),
    *REPOSITORY.put(f"{_PERMISSIONS}/selected-actions", WRITE_ADMINISTRATION, set_selected_for_repository),
    *REPOSITORY.get(f"{_PERMISSIONS}/workflow", READ_ADMINISTRATION, show_workflow_for_repository),
    *REPOSITORY.put(f"{_PERMISSIONS}/workflow", WRITE_ADMINISTRATION, set_workflow_for_repository),
    *REPOSITORY.get(f"{_PERMISSIONS}/access", READ_ADMINISTRATION, show_access),
    *REPOSITORY.put(f"{_PERMISSIONS}/access", WRITE_ADMINISTRATION, set_access),
    *ORGANIZATION.get(_PERMISSIONS, READ_ORGANIZATION, show_for_organization),
    *ORGANIZATION.put(_PERMISSIONS, WRITE_ORGANIZATION, set_for_organization),
    *ORGANIZATION.get(f"{_PERMISSIONS}/selected-actions", READ_ORGANIZATION, show_selected_for_organization),
    *ORGANIZATION.put(f"{_PERMISSIONS}/selected-actions", WRITE_ORGANIZATION, set_selected_for_organization),
    *ORGANIZATION.get(f"{_PERMISSIONS}/workflow", READ_ORGANIZATION, show_workflow_for_organization),
    *ORGANIZATION.put(f"{_PERMISSIONS}/workflow", WRITE_ORGANIZATION, set_workflow_for_organization),
    *ORGANIZATION.get(f"{_PERMISSIONS}/repositories", READ_ORGANIZATION, list_selected_repositories),
    *ORGANIZATION.put(f"{_PERMISSIONS}/repositories", WRITE_ORGANIZATION, set_selected_repositories),
    *ORGANIZATION.put(f"{_PERMISSIONS}/repositories/{{selected_id}}", WRITE_ORGANIZATION, add_selected_repository),
    *ORGANIZATION.delete(
        f"{_PERMISSIONS}/repositories/{{selected_id}}", WRITE_ORGANIZATION, remove_selected_repository
    ),
)
