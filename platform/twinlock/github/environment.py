"""Environments: GitHub's JSON and the model's noun, both ways.

GitHub spreads an environment over three answers: the environment, its deployment branch policies, its custom
deployment protection rules. Without required reviewers the whole rule is missing, and self-review with it.

Source: https://docs.github.com/en/rest/deployments/environments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twinlock.github.fields import Fields, Malformed, elements
from twinlock.model.environment import BranchPolicy, Environment, Reviewer
from twinlock.model.observed import Observed, Seen, Unread
from twinlock.model.ruleset import ActorKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.github.directory import Directory

IGNORED: Mapping[str, str] = {
    "id": "an identifier; environments are matched by name",
    "node_id": "an identifier",
    "url": "an address",
    "html_url": "an address",
    "created_at": "a time",
    "updated_at": "a time",
}
IGNORED_RULE: Mapping[str, str] = {"id": "an identifier", "node_id": "an identifier"}
IGNORED_APP: Mapping[str, str] = {"id": "an identifier", "node_id": "an identifier", "integration_url": "an address"}


def decode(raw: object, policies: object, gates: object) -> Observed[Environment]:
    """Return the environment that GitHub describes, or why it could not be understood.

    Args:
        raw: The environment.
        policies: Its list of deployment branch policies; anything where the environment has no such list.
        gates: Its list of custom deployment protection rules.
    """
    name = None
    try:
        fields = Fields(raw)
        name = fields.text("name")
        return Seen(_environment(fields, policies, gates), fields.reported())
    except Malformed as error:
        return Unread(f"GitHub's answer was not understood: {error.reason}", name)


def has_policies(raw: object) -> bool:
    """Return whether an environment as GitHub describes it has a list of deployment branch policies to read."""
    try:
        fields = Fields(raw)
        has_policy = fields.has("deployment_branch_policy")
        return has_policy and fields.nested("deployment_branch_policy").flag("custom_branch_policies")
    except Malformed:
        return False


@dataclass(slots=True)
class _Rules:
    """The protection rules met so far."""

    wait: int = 0
    self_review_prevented: bool = False
    reviewers: frozenset[Reviewer] = frozenset()


def _environment(fields: Fields, policies: object, gates: object) -> Environment:
    rules = _Rules()
    for rule in fields.each("protection_rules"):
        _protection_rule(rule, rules, fields)
    protected, custom = _branch_policy(fields)
    environment = Environment(
        name=fields.text("name"),
        reviewers=rules.reviewers,
        prevent_self_review=rules.self_review_prevented,
        wait_minutes=rules.wait,
        admins_bypass=fields.flag("can_admins_bypass"),
        protected_branches_only=protected,
        branches=_policies(policies, fields) if custom else None,
        gates=_gates(gates, fields),
    )
    fields.close(IGNORED)
    return environment


def _protection_rule(rule: Fields, rules: _Rules, fields: Fields) -> None:
    match rule.text("type"):
        case "wait_timer":
            rules.wait = rule.number("wait_timer")
        case "required_reviewers":
            rules.self_review_prevented = rule.flag("prevent_self_review", default=False)
            rules.reviewers = frozenset(_reviewer(reviewer) for reviewer in rule.each("reviewers"))
        case "branch_policy":
            pass
        case other:
            fields.unmodelled.append(f"protection_rules[{other}]")
    rule.close(IGNORED_RULE)


def _reviewer(fields: Fields) -> Reviewer:
    kind = fields.text("type")
    reviewer = fields.nested("reviewer")
    name = reviewer.text("slug" if kind == "Team" else "login", "")
    fields.close()
    return Reviewer(kind, name or f"id:{reviewer.number('id')}")


def _branch_policy(fields: Fields) -> tuple[bool, bool]:
    if not fields.has("deployment_branch_policy"):
        return False, False
    policy = fields.nested("deployment_branch_policy")
    found = policy.flag("protected_branches"), policy.flag("custom_branch_policies")
    policy.close()
    return found


def _policies(raw: object, owner: Fields) -> frozenset[BranchPolicy]:
    found = set()
    for element in elements(raw, "branch_policies"):
        fields = Fields(element, "branch_policies[]", owner.unmodelled)
        # Older answers have no type; GitHub meant branches then.
        found.add(BranchPolicy(fields.text("type", "branch"), fields.text("name")))
        fields.close(IGNORED_RULE)
    return frozenset(found)


def _gates(raw: object, owner: Fields) -> frozenset[str]:
    found = set()
    for element in elements(raw, "custom_deployment_protection_rules"):
        fields = Fields(element, "custom_deployment_protection_rules[]", owner.unmodelled)
        app = fields.nested("app")
        slug = app.text("slug")
        if fields.flag("enabled"):
            found.add(slug)
        app.close(IGNORED_APP)
        fields.close(IGNORED_RULE)
    return frozenset(found)


def encode(environment: Environment, directory: Directory) -> dict[str, Any]:
    """Return the body that creates or replaces an environment; branch policies and gates are set apart.

    Raises:
        Incomplete: A reviewer has no id.
    """
    custom = environment.branches is not None
    policy = None
    if custom or environment.protected_branches_only:
        policy = {"protected_branches": environment.protected_branches_only, "custom_branch_policies": custom}
    return {
        "wait_timer": environment.wait_minutes,
        "prevent_self_review": environment.prevent_self_review,
        "can_admins_bypass": environment.admins_bypass,
        "reviewers": [
            {"type": reviewer.kind, "id": directory.actor_id(ActorKind(reviewer.kind), reviewer.slug)}
            for reviewer in sorted(environment.reviewers)
        ],
        "deployment_branch_policy": policy,
    }


def encode_policies(environment: Environment) -> list[dict[str, str]]:
    """Return the bodies of the deployment branch policies, sorted."""
    return [{"name": policy.pattern, "type": policy.kind} for policy in sorted(environment.branches or ())]
