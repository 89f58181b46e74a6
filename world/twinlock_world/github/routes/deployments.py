"""Deployments and their statuses through the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import Level, RepositoryNeed, Role
from twinlock_world.github.bodies.deployment import deployment_body, status_body
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.checks import check_facts
from twinlock_world.github.deployments import DEPLOYMENT, STATES, STATUS, Deployment, deploy, state_of, tell_status
from twinlock_world.github.errors import GitHubError, invalid, not_found
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.routing import Mount
from twinlock_world.github.site import Site
from twinlock_world.policy.facts import CheckState

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import Fields, JsonObject
    from twinlock_world.store import Record

READ_DEPLOYMENTS: Final = RepositoryNeed("deployments", Level.READ, Role.PULL)
WRITE_DEPLOYMENTS: Final = RepositoryNeed("deployments", Level.WRITE, Role.PUSH)
_GOOD: Final = frozenset({CheckState.SUCCESS, CheckState.NEUTRAL, CheckState.SKIPPED})


@dataclass(frozen=True, slots=True)
class DeploymentCall(RepositoryCall):
    """A call about a deployment."""

    deployment: Record


def _enter(call: Call, need: RepositoryNeed) -> DeploymentCall:
    inside = REPOSITORY.enter(call, need)
    found = call.store.get(DEPLOYMENT, call.parameter_number("deployment_id"))
    if found is None or found.parent != inside.repository.id:
        raise not_found()
    return DeploymentCall(call.request, call.params, call.identity, call.store, call.git, inside.repository, found)


IN_DEPLOYMENT: Final = Mount(tuple(f"{prefix}/deployments/{{deployment_id}}" for prefix in REPOSITORY.prefixes), _enter)


def list_deployments(call: RepositoryCall) -> Reply:
    """Return a repository's deployments, newest first, as far as they match."""
    site, asked = (
        Site.of(call),
        {name: call.query[name] for name in ("sha", "ref", "task", "environment") if name in call.query},
    )
    found = [
        record
        for record in reversed(call.store.children(DEPLOYMENT, call.repository.id))
        if all(value == "none" or record.fields.text(name) == value for name, value in asked.items())
    ]
    return call.page(found, lambda record: deployment_body(site, record))


def create_deployment(call: RepositoryCall) -> Reply:
    """Make a deployment of a ref, unless what it must have succeeded has not.

    Raises:
        GitHubError: 422, no such ref; 409, a status or check it needs is not successful.
    """
    site, body = Site.of(call), call.body()
    ref = body.text("ref")
    sha = site.objects.resolve(ref)
    if sha is None:
        raise invalid(f"No ref found for: {ref}")
    _require_contexts(call, body, sha)
    environment = body.text("environment", "production")
    wanted = Deployment(
        ref=ref,
        sha=sha,
        environment=environment,
        task=body.text("task", "deploy"),
        payload=_payload(body),
        description=body.optional_text("description"),
        transient=body.flag("transient_environment", default=False),
        production=body.flag("production_environment", environment == "production"),
    )
    return Reply(201, deployment_body(site, deploy(site, call.caller(), wanted)))


def show_deployment(call: DeploymentCall) -> Reply:
    """Return a deployment."""
    return Reply(200, deployment_body(Site.of(call), call.deployment))


def delete_deployment(call: DeploymentCall) -> Reply:
    """Delete a deployment that is not active, or the only one."""
    state = state_of(call.store, call.deployment)
    alone = len(call.store.children(DEPLOYMENT, call.repository.id)) == 1
    if not alone and state not in {"inactive", "failure", "error"}:
        raise invalid("We cannot delete an active deployment unless it is the only deployment in a given environment.")
    call.store.delete(call.deployment)
    return NO_CONTENT


def list_statuses(call: DeploymentCall) -> Reply:
    """Return a deployment's statuses, newest first."""
    site = Site.of(call)
    found = list(reversed(call.store.children(STATUS, call.deployment.id)))
    return call.page(found, lambda record: status_body(site, call.deployment, record))


def create_status(call: DeploymentCall) -> Reply:
    """Say where a deployment stands."""
    site, body = Site.of(call), call.body()
    made = tell_status(
        site,
        call.deployment,
        call.caller(),
        body.choice("state", STATES),
        description=body.text("description", ""),
        log_url=body.text("log_url", body.text("target_url", "")),
        environment_url=body.text("environment_url", ""),
        auto_inactive=body.flag("auto_inactive", default=True),
    )
    return Reply(201, status_body(site, call.deployment, made))


def show_status(call: DeploymentCall) -> Reply:
    """Return one status."""
    found = call.store.get(STATUS, call.parameter_number("status_id"))
    if found is None or found.parent != call.deployment.id:
        raise not_found()
    return Reply(200, status_body(Site.of(call), call.deployment, found))


def _payload(body: Fields) -> JsonObject | str:
    if not body.given("payload"):
        return {}
    return body.text("payload") if isinstance(body.raw["payload"], str) else body.object("payload").raw


def _require_contexts(call: RepositoryCall, body: Fields, sha: str) -> None:
    facts = check_facts(call.store, call.repository, sha)
    if body.given("required_contexts"):
        wanted = body.texts("required_contexts")
        facts = tuple(fact for fact in facts if fact.context in wanted)
        missing = [name for name in wanted if name not in {fact.context for fact in facts}]
    else:
        missing = []
    failing = [fact for fact in facts if fact.state not in _GOOD]
    if missing or failing:
        contexts = [{"context": fact.context, "state": fact.state.value} for fact in failing]
        detail: JsonObject = {"resource": "Deployment", "field": "required_contexts", "code": "invalid"}
        raise GitHubError(
            409, "Conflict: Commit status checks failed for " + sha + ".", [{**detail, "contexts": contexts}]
        )


ROUTES: Final = (
    *REPOSITORY.get("/deployments", READ_DEPLOYMENTS, list_deployments),
    *REPOSITORY.post("/deployments", WRITE_DEPLOYMENTS, create_deployment),
    *IN_DEPLOYMENT.get("", READ_DEPLOYMENTS, show_deployment),
    *IN_DEPLOYMENT.delete("", WRITE_DEPLOYMENTS, delete_deployment),
    *IN_DEPLOYMENT.get("/statuses", READ_DEPLOYMENTS, list_statuses),
    *IN_DEPLOYMENT.post("/statuses", WRITE_DEPLOYMENTS, create_status),
    *IN_DEPLOYMENT.get("/statuses/{status_id}", READ_DEPLOYMENTS, show_status),
)
