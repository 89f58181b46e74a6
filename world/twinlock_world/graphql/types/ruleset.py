"""Rulesets: conditions, rules with their parameters, and who bypasses them.

REST hides who bypasses a ruleset from whoever could not change it; GraphQL answers null for the connection then, which
clients must not take for nobody. How GitHub's GraphQL answers them is unconfirmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.graphql.connection import connect
from twinlock_world.graphql.thing import Thing, camel_keys, fields, renamed, same, upper
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.graphql.context import Context
    from twinlock_world.graphql.thing import Resolver

_CONDITIONS: Final = ("ref_name", "repository_id", "repository_name", "repository_property")
_ABSENT: Final = {"allowedMergeMethods": None, "doNotEnforceOnCreate": False}
"""What REST leaves out of a rule's parameters where nothing was set."""
_ROLES: Final[Mapping[int, str]] = {1: "read", 2: "maintain", 3: "triage", 4: "write", 5: "admin"}


def _conditions(ruleset: Thing, _context: Context, _arguments: Fields) -> dict[str, object]:
    held = ruleset.body.object("conditions") if ruleset.body.given("conditions") else Fields({})
    found: dict[str, object] = {}
    for name in _CONDITIONS:
        shown = camel_keys(held.object(name).raw) if held.given(name) else None
        if shown is not None and name == "repository_name":
            shown.setdefault("protected", False)
        found[next(iter(camel_keys({name: None})))] = shown
    return found


def _rules(ruleset: Thing, _context: Context, arguments: Fields) -> object:
    held = [Thing("RepositoryRule", rule, ruleset) for rule in ruleset.body.objects("rules", [])]
    if arguments.given("type"):
        held = [rule for rule in held if rule.body.text("type").upper() == arguments.text("type")]
    return connect("rules", held, arguments)


def _source(ruleset: Thing, context: Context, _arguments: Fields) -> Thing | None:
    name = ruleset.body.text("source")
    if ruleset.body.text("source_type") == "Organization":
        found = context.body("orgs", name)
        return None if found is None else Thing("Organization", found)
    found = context.body("repos", *name.split("/"))
    return None if found is None else Thing("Repository", found)


def _bypass_actors(ruleset: Thing, _context: Context, arguments: Fields) -> object:
    if "bypass_actors" not in ruleset.body:
        return None
    held = [Thing("RepositoryRulesetBypassActor", item, ruleset) for item in ruleset.body.objects("bypass_actors")]
    return connect("bypassActors", held, arguments)


def _actor(bypass: Thing, context: Context, _arguments: Fields) -> Thing | None:
    kind = bypass.body.text("actor_type")
    if not bypass.body.given("actor_id") or kind not in {"Team", "Integration"}:
        return None
    record = context.store.lookup(bypass.body.number("actor_id"))
    if record is None:
        return None
    if kind == "Team":
        found = context.body("organizations", record.parent or 0, "team", record.id)
        return None if found is None else Thing("Team", found)
    found = context.body("apps", record.key)
    return None if found is None else Thing("App", found)


def _is(kind: str) -> Resolver:
    return lambda bypass, _context, _arguments: bypass.body.text("actor_type") == kind


def _role_number(bypass: Thing, _context: Context, _arguments: Fields) -> int | None:
    return bypass.body.number("actor_id") if bypass.body.text("actor_type") == "RepositoryRole" else None


def _role_name(bypass: Thing, context: Context, arguments: Fields) -> str | None:
    number = _role_number(bypass, context, arguments)
    return None if number is None else _ROLES.get(number)


def _bypass_id(bypass: Thing, _context: Context, _arguments: Fields) -> str:
    actor = f"{bypass.body.text('actor_type')}:{bypass.body.raw.get('actor_id')}"
    return f"RBA_{bypass.place().body.number('id')}_{actor}"


def _rule_id(rule: Thing, _context: Context, _arguments: Fields) -> str:
    return f"RRU_{rule.place().body.number('id')}_{rule.body.text('type')}"


def _parameters(rule: Thing, _context: Context, _arguments: Fields) -> dict[str, object] | None:
    if not rule.body.given("parameters"):
        return None
    kind = "".join(word.capitalize() for word in rule.body.text("type").split("_")) + "Parameters"
    held = camel_keys(rule.body.object("parameters").raw)
    if isinstance(checks := held.get("requiredStatusChecks"), list):
        held["requiredStatusChecks"] = [{"integrationId": None, **check} for check in checks if isinstance(check, dict)]
    return {"__typename": kind, **_ABSENT, **held}


def _holder(thing: Thing, _context: Context, _arguments: Fields) -> Thing:
    return thing.place()


fields(
    "RepositoryRuleset",
    {
        **same("createdAt", "name", "updatedAt"),
        **renamed({"databaseId": "id", "id": "node_id"}),
        "bypassActors": _bypass_actors,
        "conditions": _conditions,
        "enforcement": upper("enforcement"),
        "rules": _rules,
        "source": _source,
        "target": upper("target"),
    },
)
fields(
    "RepositoryRule",
    {"id": _rule_id, "parameters": _parameters, "repositoryRuleset": _holder, "type": upper("type")},
)
fields(
    "RepositoryRulesetBypassActor",
    {
        "actor": _actor,
        "bypassMode": upper("bypass_mode"),
        "deployKey": _is("DeployKey"),
        "enterpriseOwner": _is("EnterpriseOwner"),
        "id": _bypass_id,
        "organizationAdmin": _is("OrganizationAdmin"),
        "repositoryRoleDatabaseId": _role_number,
        "repositoryRoleName": _role_name,
        "repositoryRuleset": _holder,
    },
)
