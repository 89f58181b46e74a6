"""Classic branch protection rules: GraphQL alone knows those for patterns, so they are read from their records.

Seen by whoever may administer the repository, as REST's protections are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import may_administer
from twinlock_world.github.protection import PROTECTION, Protection, protections
from twinlock_world.github.repository import Repository, get_repository
from twinlock_world.github.urls import node_id
from twinlock_world.graphql.connection import connect
from twinlock_world.graphql.errors import QueryError, not_found
from twinlock_world.graphql.thing import Thing, always, fields
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.graphql.context import Context
    from twinlock_world.graphql.thing import Resolver

KIND: Final = "BranchProtectionRule"
ACTORS: Final[Mapping[str, str]] = {"users": "User", "teams": "Team", "apps": "App"}
"""The kinds of actors that a rule may name, by where its record keeps them."""


def repository_of(context: Context, home: Thing) -> Repository:
    """Return a repository that the caller may administer.

    Raises:
        QueryError: They may not.
    """
    found = get_repository(context.store, home.identifier)
    if found is None or not may_administer(context.store, context.call.identity, found):
        raise QueryError("FORBIDDEN", "Resource not accessible by personal access token")
    return found


def protection_of(context: Context, rule: Thing) -> Protection:
    """Return the record behind a rule.

    Raises:
        QueryError: It is gone, or not for this caller.
    """
    repository_of(context, rule.place())
    record = context.store.get(PROTECTION, rule.identifier)
    if record is None:
        raise not_found(f"Could not resolve to a node with the global id of '{node_id('BPR', rule.identifier)}'")
    return Protection(record)


def _rules(repository: Thing, context: Context, arguments: Fields) -> object:
    found = protections(context.store, repository_of(context, repository))
    things = [Thing(KIND, Fields({"id": one.record.id}), repository) for one in found]
    return connect("branchProtectionRules", things, arguments)


def _flag(name: str) -> Resolver:
    return lambda rule, context, _arguments: protection_of(context, rule).fields.flag(name)


def _given(name: str) -> Resolver:
    return lambda rule, context, _arguments: protection_of(context, rule).fields.given(name)


def _section(name: str, inner: str, *, absent: object) -> Resolver:
    def resolve(rule: Thing, context: Context, _arguments: Fields) -> object:
        held = protection_of(context, rule).fields
        return held.object(name).raw.get(inner, absent) if held.given(name) else absent

    return resolve


def _contexts(rule: Thing, context: Context, _arguments: Fields) -> list[str]:
    held = protection_of(context, rule).fields
    if not held.given("required_status_checks"):
        return []
    return [check.text("context") for check in held.object("required_status_checks").objects("checks", [])]


def _checks(rule: Thing, context: Context, _arguments: Fields) -> list[dict[str, object]]:
    held = protection_of(context, rule).fields
    if not held.given("required_status_checks"):
        return []
    found: list[dict[str, object]] = []
    for check in held.object("required_status_checks").objects("checks", []):
        number = check.raw.get("app_id")
        record = context.store.lookup(number) if isinstance(number, int) else None
        app = None if record is None else context.body("apps", record.key)
        found.append({"context": check.text("context"), "app": None if app is None else Thing("App", app)})
    return found


def _actors(name: str) -> Resolver:
    def resolve(rule: Thing, context: Context, arguments: Fields) -> object:
        return connect(name, allowances(context, rule, name), arguments)

    return resolve


PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "bypassForcePushAllowances": ("bypass_force_push_allowances",),
    "bypassPullRequestAllowances": ("required_pull_request_reviews", "bypass_pull_request_allowances"),
    "pushAllowances": ("restrictions",),
    "reviewDismissalAllowances": ("required_pull_request_reviews", "dismissal_restrictions"),
}
"""Where the record keeps each list of actors."""


def allowances(context: Context, rule: Thing, name: str) -> list[dict[str, object]]:
    """Return the actors of one of a rule's lists."""
    held: Fields | None = protection_of(context, rule).fields
    for step in PLACES[name]:
        held = held.object(step) if held is not None and held.given(step) else None
    if held is None:
        return []
    found: list[dict[str, object]] = []
    for group in ACTORS:
        for number in held.numbers(group, []):
            actor = _actor(context, group, number)
            if actor is not None:
                identifier = f"{name[:3].upper()}_{rule.identifier}_{number}"
                found.append({"actor": actor, "branchProtectionRule": rule, "id": identifier})
    return found


def _actor(context: Context, group: str, number: int) -> Thing | None:
    record = context.store.lookup(number)
    if record is None:
        return None
    kind = ACTORS[group]
    if group == "users":
        body = context.body("user", number)
    elif group == "teams":
        body = context.body("organizations", record.parent or 0, "team", number)
    else:
        body = context.body("apps", record.key)
    return None if body is None else Thing(kind, body)


def _id(rule: Thing, _context: Context, _arguments: Fields) -> str:
    return node_id("BPR", rule.identifier)


def _repository(rule: Thing, _context: Context, _arguments: Fields) -> Thing:
    return rule.place()


def _pattern(rule: Thing, context: Context, _arguments: Fields) -> str:
    return protection_of(context, rule).pattern


def _restricts_dismissals(rule: Thing, context: Context, _arguments: Fields) -> bool:
    held = protection_of(context, rule).fields
    reviews = held.object("required_pull_request_reviews") if held.given("required_pull_request_reviews") else None
    return reviews is not None and reviews.given("dismissal_restrictions")


_REVIEWS: Final = "required_pull_request_reviews"
fields("Repository", {"branchProtectionRules": _rules})
fields(
    KIND,
    {
        "allowsDeletions": _flag("allow_deletions"),
        "allowsForcePushes": _flag("allow_force_pushes"),
        "blocksCreations": _flag("block_creations"),
        "databaseId": lambda rule, _context, _arguments: rule.identifier,
        "dismissesStaleReviews": _section(_REVIEWS, "dismiss_stale_reviews", absent=False),
        "id": _id,
        "isAdminEnforced": _flag("enforce_admins"),
        "lockAllowsFetchAndMerge": _flag("allow_fork_syncing"),
        "lockBranch": _flag("lock_branch"),
        "pattern": _pattern,
        "repository": _repository,
        "requireLastPushApproval": _section(_REVIEWS, "require_last_push_approval", absent=False),
        "requiredApprovingReviewCount": _section(_REVIEWS, "required_approving_review_count", absent=None),
        "requiredDeploymentEnvironments": always([]),
        "requiredStatusCheckContexts": _contexts,
        "requiredStatusChecks": _checks,
        "requiresApprovingReviews": _given(_REVIEWS),
        "requiresCodeOwnerReviews": _section(_REVIEWS, "require_code_owner_reviews", absent=False),
        "requiresCommitSignatures": _flag("required_signatures"),
        "requiresConversationResolution": _flag("required_conversation_resolution"),
        "requiresDeployments": always(False),  # noqa: FBT003 - an answer, not a switch
        "requiresLinearHistory": _flag("required_linear_history"),
        "requiresStatusChecks": _given("required_status_checks"),
        "requiresStrictStatusChecks": _section("required_status_checks", "strict", absent=False),
        "restrictsPushes": _given("restrictions"),
        "restrictsReviewDismissals": _restricts_dismissals,
        **{name: _actors(name) for name in PLACES},
    },
)
