"""Environments and what stands before a deployment to them. Whether administrators pass, GraphQL does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.graphql.connection import connect
from twinlock_world.graphql.thing import Thing, fields, renamed, same, upper

if TYPE_CHECKING:
    from twinlock_world.graphql.context import Context
    from twinlock_world.jsonvalue import Fields


def _rules(environment: Thing, _context: Context, arguments: Fields) -> object:
    held = [
        Thing("DeploymentProtectionRule", rule, environment.home)
        for rule in environment.body.objects("protection_rules", [])
    ]
    return connect("protectionRules", held, arguments)


def _reviewers(rule: Thing, _context: Context, arguments: Fields) -> object:
    held = [Thing(item.text("type"), item.object("reviewer"), rule.home) for item in rule.body.objects("reviewers", [])]
    return connect("reviewers", held, arguments)


def _timeout(rule: Thing, _context: Context, _arguments: Fields) -> int:
    return rule.body.number("wait_timer", 0)


fields(
    "Environment",
    {**same("name"), **renamed({"databaseId": "id", "id": "node_id"}), "protectionRules": _rules},
)
fields(
    "DeploymentProtectionRule",
    {
        **same("preventSelfReview"),
        **renamed({"databaseId": "id"}),
        "reviewers": _reviewers,
        "timeout": _timeout,
        "type": upper("type"),
    },
)
