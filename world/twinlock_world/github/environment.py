"""Environments: what protects a deployment to one.

An environment's record holds its settings; each gate that GitHub numbers (timer, reviewers, branch policy) is a small
record of its own, so that its id stays while the gate stays and is never used again. Called by the environment
routes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import get_user
from twinlock_world.github.errors import invalid, validation_failed
from twinlock_world.github.team import get_team
from twinlock_world.jsonvalue import FieldError, Fields
from twinlock_world.store import Record, Store, fold

if TYPE_CHECKING:
    from twinlock_world.github.repository import Repository
    from twinlock_world.jsonvalue import JsonObject, JsonValue

ENVIRONMENT: Final = "environment"
GATE: Final = "environment_gate"
BRANCH_POLICY: Final = "environment_branch_policy"
PROTECTION_RULE: Final = "environment_protection_rule"

_MOST_REVIEWERS: Final = 6
_LONGEST_WAIT: Final = 43_200
_LONGEST_NAME: Final = 255


def read_environment(store: Store, name: str, asked: Fields) -> JsonObject:
    """Return an environment's document from a request; what is left out takes GitHub's default.

    Raises:
        FieldError: The request has another shape.
        GitHubError: 422, a value is impossible.
    """
    if not 0 < len(name) <= _LONGEST_NAME or any(letter in "'\"`,;\\\n\r\t" for letter in name):
        raise invalid("Invalid environment name")
    wait = asked.number("wait_timer") if asked.given("wait_timer") else 0
    if not 0 <= wait <= _LONGEST_WAIT:
        raise validation_failed("DeploymentProtectionRule", "wait_timer", "invalid")
    reviewers = asked.objects("reviewers") if asked.given("reviewers") else []
    if len(reviewers) > _MOST_REVIEWERS:
        raise invalid(f"Environments can have up to {_MOST_REVIEWERS} required reviewers")
    policy = asked.object("deployment_branch_policy") if asked.given("deployment_branch_policy") else None
    return {
        "name": name,
        "wait_timer": wait,
        "prevent_self_review": asked.given("prevent_self_review") and asked.flag("prevent_self_review"),
        "can_admins_bypass": not asked.given("can_admins_bypass") or asked.flag("can_admins_bypass"),
        "reviewers": [_reviewer(store, reviewer, at) for at, reviewer in enumerate(reviewers)],
        "deployment_branch_policy": None if policy is None else _branch_policy(policy),
    }


def keep_environment(store: Store, repository: Repository, document: JsonObject) -> Record:
    """Store an environment, keeping what hangs on one that exists, and number its gates."""
    name = Fields(document).text("name")
    environment = store.put(ENVIRONMENT, fold(name), document, parent=repository.id)
    wanted = set(gates(environment))
    held = {record.key: record for record in store.children(GATE, environment.id)}
    for kind in sorted(wanted - held.keys()):
        store.insert(GATE, kind, {}, parent=environment.id)
    for kind in sorted(held.keys() - wanted):
        store.delete(held[kind])
    if not has_custom_policies(environment):
        for policy in store.children(BRANCH_POLICY, environment.id):
            store.delete(policy)
    return environment


def find_environment(store: Store, repository: Repository, name: str) -> Record | None:
    """Return a repository's environment by its name, whatever the case of the letters."""
    return store.find(ENVIRONMENT, fold(name), parent=repository.id)


def gates(environment: Record) -> list[str]:
    """Return the types of the built-in gates that an environment has."""
    fields = environment.fields
    return [
        *(["wait_timer"] if fields.number("wait_timer") else []),
        *(["required_reviewers"] if fields.objects("reviewers") else []),
        *(["branch_policy"] if fields.given("deployment_branch_policy") else []),
    ]


def has_custom_policies(environment: Record) -> bool:
    """Tell whether an environment names the branches and tags that may deploy to it."""
    fields = environment.fields
    if not fields.given("deployment_branch_policy"):
        return False
    return fields.object("deployment_branch_policy").flag("custom_branch_policies")


def _reviewer(store: Store, reviewer: Fields, at: int) -> JsonObject:
    kind, identifier = reviewer.choice("type", ("User", "Team")), reviewer.number("id")
    found = get_user(store, identifier) if kind == "User" else get_team(store, identifier)
    if found is None:
        raise FieldError(f"reviewers/{at}", f"{identifier} is not the id of a {kind.lower()}")
    return {"type": kind, "id": identifier}


def _branch_policy(policy: Fields) -> JsonObject:
    found: dict[str, JsonValue] = {name: policy.flag(name) for name in ("protected_branches", "custom_branch_policies")}
    if found["protected_branches"] == found["custom_branch_policies"]:
        raise invalid("protected_branches and custom_branch_policies cannot have the same value")
    return found
