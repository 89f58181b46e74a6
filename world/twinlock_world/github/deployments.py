"""Deployments and their statuses: made by jobs that name an environment, and through the API.

Of a deployment the newest status counts. Called by environments' gates, the runner's reports, the routes, and by the
rule that asks for deployments before a merge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.github.bodies.deployment import deployment_body, status_body
from twinlock_world.store import fold

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.repository import Repository
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Record, Store

DEPLOYMENT: Final = "deployment"
STATUS: Final = "deployment_status"
STATES: Final = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
_SUCCESS: Final = "success"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is to be deployed where."""

    ref: str
    sha: str
    environment: str
    task: str = "deploy"
    payload: JsonObject | str = ""
    description: str | None = None
    transient: bool = False
    production: bool = False
    run_id: int | None = None
    job_id: int | None = None


def deploy(site: Site, creator: Identity | None, wanted: Deployment) -> Record:
    """Make a deployment."""
    document: JsonObject = {
        "ref": wanted.ref,
        "sha": wanted.sha,
        "environment": wanted.environment,
        "task": wanted.task,
        "payload": wanted.payload,
        "description": wanted.description,
        "transient": wanted.transient,
        "production": wanted.production,
        "run_id": wanted.run_id,
        "job_id": wanted.job_id,
        "creator": None if creator is None else creator.id,
    }
    number = len(site.store.children(DEPLOYMENT, site.repository.id)) + 1
    made = site.store.insert(DEPLOYMENT, f"{number}-{site.store.timestamp()}", document, parent=site.repository.id)
    site.publish("deployment", "created", creator, {"deployment": deployment_body(site, made)})
    return made


def tell_status(  # noqa: PLR0913 - what a status says
    site: Site,
    deployment: Record,
    creator: Identity | None,
    state: str,
    *,
    description: str = "",
    log_url: str = "",
    environment_url: str = "",
    auto_inactive: bool = True,
) -> Record:
    """Add a status to a deployment; a success makes earlier ones of the same environment inactive."""
    document: JsonObject = {
        "state": state,
        "description": description,
        "log_url": log_url,
        "environment_url": environment_url,
        "creator": None if creator is None else creator.id,
    }
    number = len(site.store.children(STATUS, deployment.id)) + 1
    made = site.store.insert(STATUS, str(number), document, parent=deployment.id)
    payload = {
        "deployment": deployment_body(site, deployment),
        "deployment_status": status_body(site, deployment, made),
    }
    site.publish("deployment_status", "created", creator, payload)
    if state == _SUCCESS and auto_inactive and not deployment.fields.flag("transient"):
        for earlier in _superseded(site, deployment):
            tell_status(site, earlier, creator, "inactive")
    return made


def state_of(store: Store, deployment: Record) -> str | None:
    """Return where a deployment stands: its newest status."""
    statuses = store.children(STATUS, deployment.id)
    return statuses[-1].fields.text("state") if statuses else None


def deployed_to(store: Store, repository: Repository, sha: str) -> frozenset[str]:
    """Return the environments whose newest deployment of a commit succeeded."""
    newest: dict[str, Record] = {}
    for deployment in store.children(DEPLOYMENT, repository.id):
        if deployment.fields.text("sha") == sha:
            newest[deployment.fields.text("environment")] = deployment
    return frozenset(name for name, deployment in newest.items() if _succeeded(store, deployment))


def _succeeded(store: Store, deployment: Record) -> bool:
    """A later deployment of the environment makes an earlier success inactive, which it was nevertheless."""
    states = [status.fields.text("state") for status in store.children(STATUS, deployment.id)]
    return bool(states) and (states[-1] == _SUCCESS or states[-2:] == [_SUCCESS, "inactive"])


def _superseded(site: Site, deployment: Record) -> list[Record]:
    name = fold(deployment.fields.text("environment"))
    return [
        other
        for other in site.store.children(DEPLOYMENT, site.repository.id)
        if other.id < deployment.id
        and fold(other.fields.text("environment")) == name
        and not other.fields.flag("transient")
        and state_of(site.store, other) == _SUCCESS
    ]
