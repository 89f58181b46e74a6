"""Rulesets of repositories and of organizations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import (
    METADATA,
    READ_ORGANIZATION,
    WRITE_ADMINISTRATION,
    WRITE_ORGANIZATION,
    may_administer,
    may_administer_organization,
)
from twinlock_world.github.active_rules import bypass_actors
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.errors import not_found
from twinlock_world.github.mounts import ORGANIZATION, REPOSITORY, OrganizationCall, RepositoryCall
from twinlock_world.github.policy_facts import StoreStanding
from twinlock_world.github.ruleset import RULESET, Source, reaches, read_ruleset, refused
from twinlock_world.github.ruling import actor_of
from twinlock_world.github.urls import node_id
from twinlock_world.jsonvalue import Fields, JsonObject
from twinlock_world.policy.bypass import strongest
from twinlock_world.policy.rule import BypassMode
from twinlock_world.store import DuplicateError, Record, fold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.jsonvalue import JsonValue

_CAN_BYPASS: Final[Mapping[BypassMode | None, str]] = {
    None: "never",
    BypassMode.ALWAYS: "always",
    BypassMode.PULL_REQUEST: "pull_requests_only",
    BypassMode.EXEMPT: "exempt",
}


def list_of_repository(call: RepositoryCall) -> Reply:
    """Return a repository's rulesets, and by default those of its organization that reach it."""
    return _list(call, _visible(call))


def create_in_repository(call: RepositoryCall) -> Reply:
    """Make a ruleset in a repository."""
    return _create(call, Source(call.repository.owner, call.repository))


def show_in_repository(call: RepositoryCall) -> Reply:
    """Return a ruleset; who bypasses it is told only to those who could change it."""
    for source, record in _visible(call):
        if record.id == call.parameter_number("ruleset_id"):
            return Reply(200, _body(call, source, record, full=_may_change(call, source)))
    raise not_found()


def change_in_repository(call: RepositoryCall) -> Reply:
    """Change a ruleset of a repository."""
    return _change(call, Source(call.repository.owner, call.repository))


def delete_in_repository(call: RepositoryCall) -> Reply:
    """Delete a ruleset of a repository."""
    return _delete(call, Source(call.repository.owner, call.repository))


def list_of_organization(call: OrganizationCall) -> Reply:
    """Return an organization's own rulesets."""
    source = Source(call.organization)
    return _list(call, [(source, record) for record in call.store.children(RULESET, source.id)])


def create_in_organization(call: OrganizationCall) -> Reply:
    """Make a ruleset in an organization."""
    return _create(call, Source(call.organization))


def show_in_organization(call: OrganizationCall) -> Reply:
    """Return a ruleset of an organization."""
    source = Source(call.organization)
    return Reply(200, _body(call, source, _own(call, source), full=True))


def change_in_organization(call: OrganizationCall) -> Reply:
    """Change a ruleset of an organization."""
    return _change(call, Source(call.organization))


def delete_in_organization(call: OrganizationCall) -> Reply:
    """Delete a ruleset of an organization."""
    return _delete(call, Source(call.organization))


def _may_change(call: Call, source: Source) -> bool:
    if source.repository is None:
        return may_administer_organization(call.store, call.identity, source.organization)
    return may_administer(call.store, call.identity, source.repository)


def _visible(call: RepositoryCall) -> list[tuple[Source, Record]]:
    own, above = Source(call.repository.owner, call.repository), Source(call.repository.owner)
    found = [(own, record) for record in call.store.children(RULESET, own.id)]
    if call.query.get("includes_parents", "true") != "false":
        inherited = call.store.children(RULESET, above.id)
        found += [(above, record) for record in inherited if reaches(call.store, record, call.repository)]
    return found


def _list(call: Call, found: list[tuple[Source, Record]]) -> Reply:
    targets = call.query.get("targets", "").split(",") if call.query.get("targets") else None
    shown = [item for item in found if targets is None or item[1].fields.text("target") in targets]
    return call.page(shown, lambda item: _summary(call, *item))


def _create(call: Call, source: Source) -> Reply:
    document = read_ruleset(call.store, source, call.body())
    key = fold(Fields(document).text("name"))
    try:
        record = call.store.insert(RULESET, key, document, parent=source.id)
    except DuplicateError as error:
        raise refused("Name must be unique") from error
    return Reply(201, _body(call, source, record, full=True))


def _change(call: Call, source: Source) -> Reply:
    record = _own(call, source)
    document = read_ruleset(call.store, source, call.body(), record.data)
    try:
        changed = call.store.update(record, document, key=fold(Fields(document).text("name")))
    except DuplicateError as error:
        raise refused("Name must be unique") from error
    return Reply(200, _body(call, source, changed, full=True))


def _delete(call: Call, source: Source) -> Reply:
    call.store.delete(_own(call, source))
    return NO_CONTENT


def _own(call: Call, source: Source) -> Record:
    record = call.store.get(RULESET, call.parameter_number("ruleset_id"))
    if record is None or record.parent != source.id:
        raise not_found()
    return record


def _summary(call: Call, source: Source, record: Record) -> dict[str, JsonValue]:
    repository, organization = source.repository, source.organization
    if repository is None:
        kind, name = "Organization", organization.login
        url = call.urls.api("orgs", name, "rulesets", record.id)
        page = call.urls.html("organizations", name, "settings", "rules", record.id)
    else:
        kind, name = "Repository", repository.full_name
        url = call.urls.api("repos", organization.login, repository.name, "rulesets", record.id)
        page = call.urls.html(name, "rules", record.id)
    return {
        "id": record.id,
        **record.fields.only(("name", "target")),
        "source_type": kind,
        "source": name,
        **record.fields.only(("enforcement",)),
        "node_id": node_id("RRS", record.id),
        "_links": {"self": {"href": url}, "html": {"href": page}},
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }


def _body(call: Call, source: Source, record: Record, *, full: bool) -> JsonObject:
    body = _summary(call, source, record) | record.fields.only(("conditions", "rules"))
    standing = StoreStanding(call.store, source.organization, source.repository, call.identity)
    mode = strongest(actor_of(call.identity), bypass_actors(record), standing)
    body["current_user_can_bypass"] = _CAN_BYPASS[mode]
    return {**body, **record.fields.only(("bypass_actors",))} if full else body


ROUTES: Final = (
    *REPOSITORY.get("/rulesets", METADATA, list_of_repository),
    *REPOSITORY.post("/rulesets", WRITE_ADMINISTRATION, create_in_repository),
    *REPOSITORY.get("/rulesets/{ruleset_id}", METADATA, show_in_repository),
    *REPOSITORY.put("/rulesets/{ruleset_id}", WRITE_ADMINISTRATION, change_in_repository),
    *REPOSITORY.delete("/rulesets/{ruleset_id}", WRITE_ADMINISTRATION, delete_in_repository),
    *ORGANIZATION.get("/rulesets", READ_ORGANIZATION, list_of_organization),
    *ORGANIZATION.post("/rulesets", WRITE_ORGANIZATION, create_in_organization),
    *ORGANIZATION.get("/rulesets/{ruleset_id}", READ_ORGANIZATION, show_in_organization),
    *ORGANIZATION.put("/rulesets/{ruleset_id}", WRITE_ORGANIZATION, change_in_organization),
    *ORGANIZATION.delete("/rulesets/{ruleset_id}", WRITE_ORGANIZATION, delete_in_organization),
)
