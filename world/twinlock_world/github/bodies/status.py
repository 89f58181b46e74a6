"""Commit statuses, as GitHub writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.access import Role
from twinlock_world.github.bodies.account import simple_account
from twinlock_world.github.bodies.commit import repository_commit, repository_url
from twinlock_world.github.bodies.repository import minimal_repository
from twinlock_world.github.pulls.pull import HEADS, account
from twinlock_world.github.urls import node_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record


def simple_status(site: Site, status: Record) -> dict[str, JsonValue]:
    """Return a status as it stands in a commit's combined status."""
    fields = status.fields
    sha = fields.text("sha")
    return {
        "url": repository_url(site.urls, site.repository, "statuses", sha),
        "avatar_url": site.urls.html("avatars", "u", fields.number("creator")),
        "id": status.id,
        "node_id": node_id("SC", status.id),
        **fields.only(("state", "description", "target_url", "context")),
        "created_at": status.created_at,
        "updated_at": status.updated_at,
    }


def status_body(site: Site, status: Record) -> JsonObject:
    """Return a status with who posted it."""
    creator = account(site.store, status.fields.number("creator"))
    return {
        **simple_status(site, status),
        "creator": None if creator is None else simple_account(site.urls, creator),
    }


def combined_status(site: Site, sha: str, state: str, statuses: Sequence[Record], total: int) -> JsonObject:
    """Return what all statuses of a commit amount to, with the newest of each context."""
    commit = repository_url(site.urls, site.repository, "commits", sha)
    repository = minimal_repository(site.urls, site.repository, Role.PULL)
    del repository["role_name"]
    return {
        "state": state,
        "statuses": [simple_status(site, status) for status in statuses],
        "sha": sha,
        "total_count": total,
        "repository": repository,
        "commit_url": commit,
        "url": f"{commit}/status",
    }


def status_event(site: Site, status: Record) -> JsonObject:
    """Return what webhooks tell of a new status."""
    fields = status.fields
    sha = fields.text("sha")
    commit = site.objects.commit(sha)
    at = [ref for ref in site.objects.refs(HEADS) if ref.sha == sha]
    return {
        "id": status.id,
        "sha": sha,
        "name": site.repository.full_name,
        **fields.only(("state", "description", "target_url", "context")),
        "commit": None if commit is None else repository_commit(site.urls, site.store, site.repository, commit),
        "branches": [{"name": ref.name.removeprefix(HEADS), "commit": {"sha": sha}} for ref in at],
        "created_at": status.created_at,
        "updated_at": status.updated_at,
    }
