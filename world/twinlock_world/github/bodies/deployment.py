"""Deployments and their statuses, as GitHub writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.accounts import get_app, get_user
from twinlock_world.github.bodies.account import app_body, simple_account
from twinlock_world.github.bodies.commit import repository_url
from twinlock_world.github.urls import node_id

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Record


def deployment_body(site: Site, deployment: Record) -> JsonObject:
    """Return a deployment."""
    fields = deployment.fields
    url = repository_url(site.urls, site.repository, "deployments", str(deployment.id))
    return {
        "url": url,
        "id": deployment.id,
        "node_id": node_id("DE", deployment.id),
        **fields.only(("sha", "ref", "task", "payload", "description", "environment")),
        "original_environment": fields.text("environment"),
        "creator": _creator(site, deployment),
        "created_at": deployment.created_at,
        "updated_at": deployment.updated_at,
        "statuses_url": f"{url}/statuses",
        "repository_url": repository_url(site.urls, site.repository),
        "transient_environment": fields.flag("transient"),
        "production_environment": fields.flag("production"),
        "performed_via_github_app": _app(site, deployment),
    }


def status_body(site: Site, deployment: Record, status: Record) -> JsonObject:
    """Return a deployment's status."""
    fields = status.fields
    url = repository_url(site.urls, site.repository, "deployments", str(deployment.id))
    return {
        "url": f"{url}/statuses/{status.id}",
        "id": status.id,
        "node_id": node_id("DES", status.id),
        "state": fields.text("state"),
        "creator": _creator(site, status),
        "description": fields.text("description"),
        "environment": deployment.fields.text("environment"),
        "target_url": fields.text("log_url"),
        "created_at": status.created_at,
        "updated_at": status.updated_at,
        "deployment_url": url,
        "repository_url": repository_url(site.urls, site.repository),
        "environment_url": fields.text("environment_url"),
        "log_url": fields.text("log_url"),
        "performed_via_github_app": _app(site, status),
    }


def _creator(site: Site, record: Record) -> JsonObject | None:
    account = _account(site, record)
    return None if account is None else simple_account(site.urls, account)


def _app(site: Site, record: Record) -> JsonObject | None:
    found = get_app(site.store, record.fields.number("creator")) if record.fields.given("creator") else None
    return None if found is None else app_body(site.urls, found, site.repository.owner)


def _account(site: Site, record: Record) -> Identity | None:
    if not record.fields.given("creator"):
        return None
    identifier = record.fields.number("creator")
    return get_user(site.store, identifier) or get_app(site.store, identifier)
