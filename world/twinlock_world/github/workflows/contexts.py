"""What expressions of a run may see: `github`, `vars` and the rest.

https://docs.github.com/en/actions/reference/workflows-and-actions/contexts. Built from what the run kept when it
started, so that a job sees the same however long it waited; variables are read when they are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.routes.secrets import VARIABLE

if TYPE_CHECKING:
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record


def github_context(site: Site, run: Record) -> dict[str, JsonValue]:
    """Return the `github` context of a run, without what only a job or a step knows."""
    fields, repository = run.fields, site.repository
    ref, event = fields.text("ref"), fields.object("payload")
    actor, triggering = fields.object("actor"), fields.object("triggering_actor")
    kind = "tag" if ref.startswith("refs/tags/") else "branch"
    pull = event.object("pull_request") if event.given("pull_request") else None
    return {
        "actor": actor.text("login"),
        "actor_id": str(actor.number("id")),
        "api_url": site.urls.origin + "/api/v3",
        "base_ref": "" if pull is None else pull.object("base").text("ref"),
        "event": event.raw,
        "event_name": fields.text("event"),
        "graphql_url": site.urls.origin + "/api/graphql",
        "head_ref": "" if pull is None else pull.object("head").text("ref"),
        "ref": ref,
        "ref_name": ref.removeprefix("refs/heads/").removeprefix("refs/tags/").removeprefix("refs/pull/"),
        "ref_protected": False,
        "ref_type": kind,
        "repository": repository.full_name,
        "repository_id": str(repository.id),
        "repository_owner": repository.owner.login,
        "repository_owner_id": str(repository.owner.id),
        "repository_visibility": repository.visibility,
        "repositoryUrl": site.urls.origin.replace("http://", "git://") + f"/{repository.full_name}.git",
        "retention_days": "90",
        "run_attempt": str(fields.number("attempt")),
        "run_id": str(run.id),
        "run_number": str(fields.number("number")),
        "secret_source": "Actions",
        "server_url": site.urls.origin,
        "sha": fields.text("sha"),
        "triggering_actor": triggering.text("login"),
        "workflow": fields.text("name"),
        "workflow_ref": f"{repository.full_name}/{fields.text('path')}@{fields.text('workflow_ref')}",
        "workflow_sha": fields.text("workflow_sha"),
    }


def variables(site: Site, environment: Record | None = None) -> JsonObject:
    """Return the `vars` context: the organization's, the repository's, and an environment's, nearest first."""
    found: dict[str, JsonValue] = {}
    for record in site.store.children(VARIABLE, site.repository.owner.id):
        if shared(site, record):
            found[record.key] = record.fields.text("value")
    for holder in (site.repository.id, *([] if environment is None else [environment.id])):
        found |= {record.key: record.fields.text("value") for record in site.store.children(VARIABLE, holder)}
    return found


def shared(site: Site, record: Record) -> bool:
    """Tell whether an organization's secret or variable reaches this repository."""
    scope = record.fields.optional_text("visibility") or "all"
    if scope == "all":
        return True
    if scope == "private":
        return site.repository.visibility != "public"
    return record.fields.given("selected_repository_ids") and site.repository.id in record.fields.numbers(
        "selected_repository_ids"
    )
