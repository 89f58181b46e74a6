"""Environments of a repository: settings, branch policies, and the rules of apps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import READ_ACTIONS, WRITE_ADMINISTRATION, Level, RepositoryNeed, has_permission
from twinlock_world.github.accounts import App, get_app, get_user, installed_apps
from twinlock_world.github.bodies.account import simple_account
from twinlock_world.github.bodies.team import simple_team
from twinlock_world.github.call import NO_CONTENT, Call, Reply
from twinlock_world.github.environment import (
    BRANCH_POLICY,
    ENVIRONMENT,
    GATE,
    PROTECTION_RULE,
    find_environment,
    gates,
    has_custom_policies,
    keep_environment,
    read_environment,
)
from twinlock_world.github.errors import not_found, validation_failed
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.routing import Mount
from twinlock_world.github.team import get_team
from twinlock_world.github.urls import node_id
from twinlock_world.store import DuplicateError, Record

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class EnvironmentCall(RepositoryCall):
    """A call about an environment."""

    environment: Record

    def child(self, kind: str, parameter: str) -> Record:
        """Return what the path numbers, if it hangs on this environment."""
        record = self.store.get(kind, self.parameter_number(parameter))
        if record is None or record.parent != self.environment.id:
            raise not_found()
        return record


def _enter(call: Call, need: RepositoryNeed) -> EnvironmentCall:
    inside = REPOSITORY.enter(call, need)
    found = find_environment(call.store, inside.repository, call.params["environment"])
    if found is None:
        raise not_found()
    return EnvironmentCall(call.request, call.params, call.identity, call.store, call.git, inside.repository, found)


IN_ENVIRONMENT: Final = Mount(tuple(f"{prefix}/environments/{{environment}}" for prefix in REPOSITORY.prefixes), _enter)


def list_environments(call: RepositoryCall) -> Reply:
    """Return a repository's environments."""
    found = call.store.children(ENVIRONMENT, call.repository.id)
    return call.counted_page("environments", found, lambda record: _body(call, record))


def set_environment(call: RepositoryCall) -> Reply:
    """Make an environment, or give one other settings: all of them, as a PUT does."""
    document = read_environment(call.store, call.params["environment"], call.body())
    return Reply(200, _body(call, keep_environment(call.store, call.repository, document)))


def show_environment(call: EnvironmentCall) -> Reply:
    """Return an environment."""
    return Reply(200, _body(call, call.environment))


def delete_environment(call: EnvironmentCall) -> Reply:
    """Delete an environment with its secrets and variables."""
    call.store.delete(call.environment)
    return NO_CONTENT


def list_branch_policies(call: EnvironmentCall) -> Reply:
    """Return the patterns of branches and tags that may deploy."""
    found = call.store.children(BRANCH_POLICY, call.environment.id)
    return call.counted_page("branch_policies", found, _policy_body)


def create_branch_policy(call: EnvironmentCall) -> Reply:
    """Let another pattern of branches or tags deploy."""
    if not has_custom_policies(call.environment):
        raise not_found()
    body = call.body()
    name, kind = body.text("name"), body.choice("type", ("branch", "tag"), "branch")
    try:
        made = call.store.insert(
            BRANCH_POLICY, f"{kind} {name}", {"name": name, "type": kind}, parent=call.environment.id
        )
    except DuplicateError:
        held = call.store.find(BRANCH_POLICY, f"{kind} {name}", parent=call.environment.id)
        where = "" if held is None else f"{_path(call, call.environment)}/deployment-branch-policies/{held.id}"
        return Reply(303, None, {"location": where})
    return Reply(200, _policy_body(made))


def show_branch_policy(call: EnvironmentCall) -> Reply:
    """Return one pattern."""
    return Reply(200, _policy_body(call.child(BRANCH_POLICY, "policy_id")))


def change_branch_policy(call: EnvironmentCall) -> Reply:
    """Change a pattern; whether it is of branches or tags stays."""
    record, name = call.child(BRANCH_POLICY, "policy_id"), call.body().text("name")
    kind = record.fields.text("type")
    try:
        changed = call.store.update(record, {"name": name, "type": kind}, key=f"{kind} {name}")
    except DuplicateError as error:
        raise validation_failed("DeploymentBranchPolicy", "name", "already_exists") from error
    return Reply(200, _policy_body(changed))


def delete_branch_policy(call: EnvironmentCall) -> Reply:
    """Take a pattern away."""
    call.store.delete(call.child(BRANCH_POLICY, "policy_id"))
    return NO_CONTENT


def list_protection_rules(call: EnvironmentCall) -> Reply:
    """Return the apps that must agree to a deployment."""
    rules = call.store.children(PROTECTION_RULE, call.environment.id)
    name = "custom_deployment_protection_rules"
    return Reply(200, {"total_count": len(rules), name: [_rule_body(call, rule) for rule in rules]})


def create_protection_rule(call: EnvironmentCall) -> Reply:
    """Make an app's agreement a condition of deployments."""
    wanted = call.body().number("integration_id")
    app = next((app for app in _able_apps(call) if app.id == wanted), None)
    if app is None:
        raise validation_failed("DeploymentProtectionRule", "integration_id", "invalid")
    try:
        made = call.store.insert(PROTECTION_RULE, app.slug, {}, parent=call.environment.id, peer=app.id)
    except DuplicateError as error:
        raise validation_failed("DeploymentProtectionRule", "integration_id", "already_exists") from error
    return Reply(201, _rule_body(call, made))


def list_able_apps(call: EnvironmentCall) -> Reply:
    """Return the installed apps that could be made a condition."""
    return call.counted_page(
        "available_custom_deployment_protection_rule_integrations", _able_apps(call), lambda app: _rule_app(call, app)
    )


def show_protection_rule(call: EnvironmentCall) -> Reply:
    """Return one app's rule."""
    return Reply(200, _rule_body(call, call.child(PROTECTION_RULE, "rule_id")))


def delete_protection_rule(call: EnvironmentCall) -> Reply:
    """Take an app's rule away."""
    call.store.delete(call.child(PROTECTION_RULE, "rule_id"))
    return NO_CONTENT


def _able_apps(call: EnvironmentCall) -> list[App]:
    installed = installed_apps(call.store, call.repository.owner)
    return [app for app in installed if has_permission(app, "deployments", Level.WRITE)]


def _path(call: RepositoryCall, environment: Record) -> str:
    name = environment.fields.text("name")
    return call.urls.api("repos", call.repository.owner.login, call.repository.name, "environments", name)


def _body(call: RepositoryCall, environment: Record) -> JsonObject:
    fields = environment.fields
    numbers = {record.key: record.id for record in call.store.children(GATE, environment.id)}
    return {
        "id": environment.id,
        "node_id": node_id("EN", environment.id),
        "name": fields.text("name"),
        "url": _path(call, environment),
        "html_url": call.urls.html(call.repository.full_name, "deployments", "activity_log"),
        "created_at": environment.created_at,
        "updated_at": environment.updated_at,
        "can_admins_bypass": fields.flag("can_admins_bypass"),
        "protection_rules": [_gate(call, kind, numbers[kind], fields) for kind in gates(environment)],
        **fields.only(("deployment_branch_policy",)),
    }


def _gate(call: RepositoryCall, kind: str, identifier: int, fields: Fields) -> JsonObject:
    gate: dict[str, JsonValue] = {"id": identifier, "node_id": node_id("GA", identifier), "type": kind}
    if kind == "wait_timer":
        return {**gate, "wait_timer": fields.number("wait_timer")}
    if kind == "required_reviewers":
        reviewers = [_reviewer(call, reviewer) for reviewer in fields.objects("reviewers")]
        shown = [reviewer for reviewer in reviewers if reviewer is not None]
        return {**gate, "prevent_self_review": fields.flag("prevent_self_review"), "reviewers": shown}
    return gate


def _reviewer(call: RepositoryCall, reviewer: Fields) -> JsonObject | None:
    kind, identifier = reviewer.text("type"), reviewer.number("id")
    if kind == "User":
        user = get_user(call.store, identifier)
        return None if user is None else {"type": kind, "reviewer": simple_account(call.urls, user)}
    team = get_team(call.store, identifier)
    return None if team is None else {"type": kind, "reviewer": simple_team(call.urls, team)}


def _policy_body(record: Record) -> JsonObject:
    return {"id": record.id, "node_id": node_id("GBP", record.id), **record.data}


def _rule_body(call: EnvironmentCall, record: Record) -> JsonObject:
    app = get_app(call.store, record.peer or 0)
    shown = None if app is None else _rule_app(call, app)
    return {"id": record.id, "node_id": node_id("GA", record.id), "enabled": True, "app": shown}


def _rule_app(call: EnvironmentCall, app: App) -> JsonObject:
    return {
        "id": app.id,
        "node_id": node_id("A", app.id),
        "slug": app.slug,
        "integration_url": call.urls.api("apps", app.slug),
    }


ROUTES: Final = (
    *REPOSITORY.get("/environments", READ_ACTIONS, list_environments),
    *REPOSITORY.put("/environments/{environment}", WRITE_ADMINISTRATION, set_environment),
    *IN_ENVIRONMENT.get("", READ_ACTIONS, show_environment),
    *IN_ENVIRONMENT.delete("", WRITE_ADMINISTRATION, delete_environment),
    *IN_ENVIRONMENT.get("/deployment-branch-policies", READ_ACTIONS, list_branch_policies),
    *IN_ENVIRONMENT.post("/deployment-branch-policies", WRITE_ADMINISTRATION, create_branch_policy),
    *IN_ENVIRONMENT.get("/deployment-branch-policies/{policy_id}", READ_ACTIONS, show_branch_policy),
    *IN_ENVIRONMENT.put("/deployment-branch-policies/{policy_id}", WRITE_ADMINISTRATION, change_branch_policy),
    *IN_ENVIRONMENT.delete("/deployment-branch-policies/{policy_id}", WRITE_ADMINISTRATION, delete_branch_policy),
    *IN_ENVIRONMENT.get("/deployment_protection_rules", READ_ACTIONS, list_protection_rules),
    *IN_ENVIRONMENT.post("/deployment_protection_rules", WRITE_ADMINISTRATION, create_protection_rule),
    *IN_ENVIRONMENT.get("/deployment_protection_rules/apps", READ_ACTIONS, list_able_apps),
    *IN_ENVIRONMENT.get("/deployment_protection_rules/{rule_id}", READ_ACTIONS, show_protection_rule),
    *IN_ENVIRONMENT.delete("/deployment_protection_rules/{rule_id}", WRITE_ADMINISTRATION, delete_protection_rule),
)
