"""Changes of environments: `environment.*` in the audit log. GitHub sends no webhook for any of them.

The documented fields of `update_protection_rule` are `approvers`, `approvers_was`, `can_admins_bypass`,
`prevent_self_review`, `old_value` and `new_value`; that branch policies are recorded as protection rules, too, is
unconfirmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.changes.change import REPOSITORY, Audited, Change, Table
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twinlock_world.github.changes.change import Told
    from twinlock_world.jsonvalue import JsonObject, JsonValue

_PLACE: Final = f"{REPOSITORY}/environments/{{environment}}"
_POLICY: Final = "branch_policy"
_OWN: Final = frozenset({"id", "node_id"})


def kept(change: Change) -> Iterator[Told]:
    """Tell of a new environment, and of each protection rule that came, went or changed."""
    name: JsonObject = {"environment_name": change.parameter("environment"), "environment_id": change.new.raw.get("id")}
    if change.made:
        yield Audited("environment.create", name)
    old, new = _rules(change.old), _rules(change.new)
    for kind in [*new, *(kind for kind in old if kind not in new)]:
        if old.get(kind) == new.get(kind):
            continue
        verb = "add" if kind not in old else "update" if kind in new else "remove"
        yield Audited(f"environment.{verb}_protection_rule", {**name, **_data(kind, old.get(kind), new.get(kind))})
    if not change.made and change.differs("can_admins_bypass"):
        yield Audited(
            "environment.update_protection_rule",
            {**name, "can_admins_bypass": change.new.raw.get("can_admins_bypass")},
        )


def deleted(change: Change) -> Iterator[Told]:
    """Tell of an environment that is no more."""
    yield Audited("environment.delete", {"environment_name": change.parameter("environment")})


def _part(verb: str, kind: str, name_of: Callable[[Change], JsonValue]) -> Callable[[Change], Iterator[Told]]:
    def told(change: Change) -> Iterator[Told]:
        old, new = (name_of(change), None) if verb == "remove" else (None, name_of(change))
        yield Audited(
            f"environment.{verb}_protection_rule",
            {
                "environment_name": change.parameter("environment"),
                "name": kind,
                "old_value": old,
                "new_value": new,
            },
        )

    return told


def _policy(change: Change) -> JsonValue:
    shown = change.new if change.new.raw else change.old
    return shown.raw.get("name")


def _added_policy(change: Change) -> JsonValue:
    return change.answer.fields.raw.get("name")


def _app(change: Change) -> JsonValue:
    shown = change.answer.fields if change.answer.fields.given("app") else change.old
    app = shown.raw.get("app")
    return app.get("slug") if isinstance(app, dict) else None


def _rules(environment: Fields) -> dict[str, Fields]:
    found: dict[str, Fields] = {}
    for rule in environment.objects("protection_rules", []):
        found[rule.text("type")] = Fields({name: value for name, value in rule.raw.items() if name not in _OWN})
    if environment.given("deployment_branch_policy"):
        found[_POLICY] = environment.object("deployment_branch_policy")
    return found


def _data(kind: str, old: Fields | None, new: Fields | None) -> JsonObject:
    if kind == "required_reviewers":
        data: dict[str, JsonValue] = {"name": kind, "approvers": _approvers(new), "approvers_was": _approvers(old)}
        return data | ({} if new is None else new.only(("prevent_self_review",)))
    value = "wait_timer" if kind == "wait_timer" else None
    return {
        "name": kind,
        "old_value": None if old is None else old.raw.get(value) if value else old.raw,
        "new_value": None if new is None else new.raw.get(value) if value else new.raw,
    }


def _approvers(rule: Fields | None) -> list[JsonValue]:
    if rule is None:
        return []
    reviewers = [(item.text("type"), item.object("reviewer")) for item in rule.objects("reviewers", [])]
    return [f"{kind}:{who.raw.get('slug' if kind == 'Team' else 'login')}" for kind, who in reviewers]


CHANGES: Final[Table] = {
    ("PUT", _PLACE): kept,
    ("DELETE", _PLACE): deleted,
    ("POST", f"{_PLACE}/deployment-branch-policies"): _part("add", _POLICY, _added_policy),
    ("PUT", f"{_PLACE}/deployment-branch-policies/{{policy_id}}"): _part("update", _POLICY, _policy),
    ("DELETE", f"{_PLACE}/deployment-branch-policies/{{policy_id}}"): _part(
        "remove", _POLICY, lambda change: change.old.raw.get("name")
    ),
    ("POST", f"{_PLACE}/deployment_protection_rules"): _part("add", "custom", _app),
    ("DELETE", f"{_PLACE}/deployment_protection_rules/{{rule_id}}"): _part("remove", "custom", _app),
}
