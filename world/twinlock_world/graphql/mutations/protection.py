"""Making, changing and deleting classic branch protection rules, for patterns as for single branches.

An update changes what its input holds and leaves the rest, as GitHub's does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.audit_log import Entry, keep
from twinlock_world.events import Event
from twinlock_world.github.changes.change import Audited
from twinlock_world.github.changes.protection import differences
from twinlock_world.github.protection import NEW_PROTECTION, PROTECTION
from twinlock_world.graphql.errors import QueryError, not_found
from twinlock_world.graphql.identifiers import number_of
from twinlock_world.graphql.mutations.payload import asked, named, payload
from twinlock_world.graphql.thing import Thing, fields
from twinlock_world.graphql.types.protection import ACTORS, KIND, protection_of, repository_of
from twinlock_world.jsonvalue import Fields
from twinlock_world.store import DuplicateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.github.repository import Repository
    from twinlock_world.graphql.context import Context
    from twinlock_world.jsonvalue import JsonObject, JsonValue

_FLAGS: Final[Mapping[str, str]] = {
    "allowsDeletions": "allow_deletions",
    "allowsForcePushes": "allow_force_pushes",
    "blocksCreations": "block_creations",
    "isAdminEnforced": "enforce_admins",
    "lockAllowsFetchAndMerge": "allow_fork_syncing",
    "lockBranch": "lock_branch",
    "requiresCommitSignatures": "required_signatures",
    "requiresConversationResolution": "required_conversation_resolution",
    "requiresLinearHistory": "required_linear_history",
}
_REVIEW_FLAGS: Final[Mapping[str, str]] = {
    "dismissesStaleReviews": "dismiss_stale_reviews",
    "requireLastPushApproval": "require_last_push_approval",
    "requiresCodeOwnerReviews": "require_code_owner_reviews",
}
_NOBODY: Final[JsonObject] = {"users": [], "teams": [], "apps": []}
_KINDS: Final = {"user": "users", "team": "teams", "app": "apps"}
_NEW_REVIEWS: Final[JsonObject] = {
    "dismiss_stale_reviews": False,
    "require_code_owner_reviews": False,
    "require_last_push_approval": False,
    "required_approving_review_count": 1,
    "dismissal_restrictions": None,
    "bypass_pull_request_allowances": _NOBODY,
}


def _create(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    home = named(context, wanted, "repositoryId", "Repository")
    repository = repository_of(context, home)
    document = _document(context, NEW_PROTECTION, wanted)
    try:
        record = context.store.insert(PROTECTION, wanted.text("pattern"), document, parent=repository.id)
    except DuplicateError as error:
        message = f"Name already protected: {wanted.text('pattern')}"
        raise QueryError("UNPROCESSABLE", message) from error
    _tell(context, repository, record.key, {}, document)
    return _payload(wanted, Thing(KIND, Fields({"id": record.id}), home))


def _update(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    rule = named(context, wanted, "branchProtectionRuleId", KIND)
    held, repository = protection_of(context, rule), repository_of(context, rule.place())
    document = _document(context, held.record.data, wanted)
    pattern = wanted.text("pattern") if wanted.given("pattern") else held.pattern
    try:
        context.store.update(held.record, document, key=pattern)
    except DuplicateError as error:
        raise QueryError("UNPROCESSABLE", f"Name already protected: {pattern}") from error
    _tell(context, repository, pattern, held.record.data, document)
    return _payload(wanted, rule)


def _delete(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    rule = named(context, wanted, "branchProtectionRuleId", KIND)
    held, repository = protection_of(context, rule), repository_of(context, rule.place())
    context.store.delete(held.record)
    _audit(context, repository, "protected_branch.destroy", {"name": held.pattern})
    _announce(context, repository, "deleted", {"rule": {"id": held.record.id, "name": held.pattern}})
    return payload(wanted)


def _payload(wanted: Fields, rule: Thing) -> dict[str, object]:
    return payload(wanted, branchProtectionRule=rule)


def _document(context: Context, held: JsonObject, wanted: Fields) -> JsonObject:
    document: dict[str, JsonValue] = dict(held)
    for name, theirs in _FLAGS.items():
        if wanted.given(name):
            document[theirs] = wanted.flag(name)
    document["required_pull_request_reviews"] = _reviews(context, held.get("required_pull_request_reviews"), wanted)
    document["required_status_checks"] = _checks(held.get("required_status_checks"), wanted)
    if wanted.given("bypassForcePushActorIds"):
        document["bypass_force_push_allowances"] = _actors(context, wanted, "bypassForcePushActorIds")
    if wanted.given("restrictsPushes") and not wanted.flag("restrictsPushes"):
        document["restrictions"] = None
    elif wanted.flag("restrictsPushes", default=held.get("restrictions") is not None):
        before = held.get("restrictions") or _NOBODY
        document["restrictions"] = _actors(context, wanted, "pushActorIds") if wanted.given("pushActorIds") else before
    return document


def _reviews(context: Context, held: JsonValue, wanted: Fields) -> JsonValue:
    if not wanted.flag("requiresApprovingReviews", default=held is not None):
        return None
    reviews: dict[str, JsonValue] = {**_NEW_REVIEWS, **(held if isinstance(held, dict) else {})}
    for name, theirs in _REVIEW_FLAGS.items():
        if wanted.given(name):
            reviews[theirs] = wanted.flag(name)
    if wanted.given("requiredApprovingReviewCount"):
        reviews["required_approving_review_count"] = wanted.number("requiredApprovingReviewCount")
    if wanted.given("restrictsReviewDismissals") and not wanted.flag("restrictsReviewDismissals"):
        reviews["dismissal_restrictions"] = None
    elif wanted.given("reviewDismissalActorIds") and wanted.flag("restrictsReviewDismissals", default=True):
        reviews["dismissal_restrictions"] = _actors(context, wanted, "reviewDismissalActorIds")
    elif wanted.flag("restrictsReviewDismissals", default=False):
        reviews["dismissal_restrictions"] = reviews["dismissal_restrictions"] or _NOBODY
    if wanted.given("bypassPullRequestActorIds"):
        reviews["bypass_pull_request_allowances"] = _actors(context, wanted, "bypassPullRequestActorIds")
    return reviews


def _checks(held: JsonValue, wanted: Fields) -> JsonValue:
    if not wanted.flag("requiresStatusChecks", default=held is not None):
        return None
    checks: dict[str, JsonValue] = {"strict": False, "checks": [], **(held if isinstance(held, dict) else {})}
    if wanted.given("requiresStrictStatusChecks"):
        checks["strict"] = wanted.flag("requiresStrictStatusChecks")
    if wanted.given("requiredStatusChecks"):
        checks["checks"] = [
            {"context": item.text("context"), "app_id": _app(item)} for item in wanted.objects("requiredStatusChecks")
        ]
    elif wanted.given("requiredStatusCheckContexts"):
        checks["checks"] = [{"context": name, "app_id": None} for name in wanted.texts("requiredStatusCheckContexts")]
    return checks


def _app(check: Fields) -> int | None:
    """Return the app that must post a check: `any` is nobody in particular."""
    if not check.given("appId") or check.text("appId") == "any":
        return None
    number = number_of(check.text("appId"))
    if number is None:
        raise not_found(f"Could not resolve to a node with the global id of '{check.text('appId')}'")
    return number


def _actors(context: Context, wanted: Fields, name: str) -> JsonObject:
    """Return the numbers of people, teams and apps; also as the provider writes them, `/user` and `org/team`."""
    found: dict[str, list[JsonValue]] = {group: [] for group in ACTORS}
    for identifier in wanted.texts(name):
        number = number_of(identifier)
        record = None if number is None else context.store.lookup(number)
        if record is None or record.kind not in _KINDS:
            raise not_found(f"Could not resolve to a node with the global id of '{identifier}'")
        found[_KINDS[record.kind]].append(record.id)
    return dict(found)


def _tell(context: Context, repository: Repository, pattern: str, old: JsonObject, new: JsonObject) -> None:
    for told in differences(pattern, _as_rest(old), _as_rest(new), made=not old):
        if isinstance(told, Audited):
            _audit(context, repository, told.action, told.data)
        else:
            _announce(context, repository, str(told.action), told.payload)


def _as_rest(document: JsonObject) -> JsonObject:
    """Return a record's document in the shape that REST shows, where switches are objects."""
    return {name: {"enabled": value} if isinstance(value, bool) else value for name, value in document.items()}


def _audit(context: Context, repository: Repository, action: str, data: JsonObject) -> None:
    keep(context.store, Entry(repository.owner, action, context.call.identity, repository, data))


def _announce(context: Context, repository: Repository, action: str, document: JsonObject) -> None:
    context.store.events.publish(
        Event("branch_protection_rule", action, repository.owner.id, repository.id, context.call.identity, document)
    )


fields(
    "Mutation",
    {
        "createBranchProtectionRule": _create,
        "deleteBranchProtectionRule": _delete,
        "updateBranchProtectionRule": _update,
    },
)
