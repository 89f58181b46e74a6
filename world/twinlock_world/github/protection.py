"""Classic branch protection: its record, and how it reads as rules.

A protection belongs to a pattern of branch names; REST makes them for one exact name, GraphQL for any pattern. One
protection at most holds a branch: an exact name before a pattern, an older pattern before a newer one (GitHub's
documentation, "About branch protection rules"). Rulesets stand beside it, and both must be satisfied.

Who passes what by: administrators pass unless `enforce_admins`, but never force pushes and deletions, and always the
list of who may push (facts, bypasses: classic protection).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.jsonvalue import Fields
from twinlock_world.policy.ref_pattern import matches_glob
from twinlock_world.policy.rule import ActiveRule, BypassActor, BypassKind, BypassMode, Source, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.github.repository import Repository
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Record, Store

PROTECTION: Final = "branch_protection"

NEW_PROTECTION: Final[JsonObject] = {
    "required_status_checks": None,
    "enforce_admins": False,
    "required_pull_request_reviews": None,
    "restrictions": None,
    "required_signatures": False,
    "required_linear_history": False,
    "allow_force_pushes": False,
    "allow_deletions": False,
    "block_creations": False,
    "required_conversation_resolution": False,
    "lock_branch": False,
    "allow_fork_syncing": False,
}
"""What a protection holds, at its weakest; actors are lists of numbers under `users`, `teams` and `apps`."""

_ADMINISTRATORS: Final = BypassActor(BypassKind.REPOSITORY_ROLE, 5, BypassMode.ALWAYS)
_ACTORS: Final = {"users": BypassKind.USER, "teams": BypassKind.TEAM, "apps": BypassKind.INTEGRATION}


@dataclass(frozen=True, slots=True)
class Protection:
    """One classic protection."""

    record: Record

    @property
    def pattern(self) -> str:
        """The branches that it is about."""
        return self.record.key

    @property
    def fields(self) -> Fields:
        """What it demands."""
        return self.record.fields


def protections(store: Store, repository: Repository) -> list[Protection]:
    """Return a repository's protections, oldest first."""
    return [Protection(record) for record in store.children(PROTECTION, repository.id)]


def protection_of(store: Store, repository: Repository, branch: str) -> Protection | None:
    """Return the one protection that holds a branch."""
    found = protections(store, repository)
    matching = [protection for protection in found if matches_glob(protection.pattern, branch)]
    return min(matching, key=lambda protection: protection.pattern != branch, default=None)


def follow_rename(store: Store, repository: Repository, old: str, new: str) -> None:
    """Let the protection of exactly one branch's name go with the branch to its new name."""
    held = store.find(PROTECTION, old, parent=repository.id)
    if held is not None and store.find(PROTECTION, new, parent=repository.id) is None:
        store.update(held, held.data, key=new)


def rules_of(protection: Protection) -> Iterator[ActiveRule]:
    """Return what a protection demands, as rules."""
    fields = protection.fields
    admins = () if fields.flag("enforce_admins") else (_ADMINISTRATORS,)
    source = Source(SourceKind.PROTECTED_BRANCH, protection.record.id, protection.pattern)

    def rule(kind: str, parameters: JsonObject, bypass: tuple[BypassActor, ...] = admins) -> ActiveRule:
        return ActiveRule(source, kind, Fields(parameters), bypass)

    if not fields.flag("allow_deletions"):
        yield rule("deletion", {}, ())
    if not fields.flag("allow_force_pushes"):
        yield rule("non_fast_forward", {}, ())
    if fields.given("restrictions"):
        allowed = (_ADMINISTRATORS, *_bypass(fields.object("restrictions")))
        yield rule("push_allowance", fields.only(("block_creations",)), allowed)
    if fields.given("required_pull_request_reviews"):
        reviews = fields.object("required_pull_request_reviews")
        allowances = reviews.object("bypass_pull_request_allowances")
        yield rule("pull_request", _review_parameters(reviews), (*admins, *_bypass(allowances)))
    if fields.given("required_status_checks"):
        yield rule("required_status_checks", _check_parameters(fields.object("required_status_checks")))
    for kind in ("required_signatures", "required_linear_history", "required_conversation_resolution", "lock_branch"):
        if fields.flag(kind):
            yield rule(kind, fields.only(("allow_fork_syncing",)))


def _review_parameters(reviews: Fields) -> JsonObject:
    return {
        "required_approving_review_count": reviews.number("required_approving_review_count"),
        "dismiss_stale_reviews_on_push": reviews.flag("dismiss_stale_reviews"),
        "require_code_owner_review": reviews.flag("require_code_owner_reviews"),
        "require_last_push_approval": reviews.flag("require_last_push_approval"),
        "required_review_thread_resolution": False,
    }


def _check_parameters(checks: Fields) -> JsonObject:
    required = [
        {"context": check.text("context"), "integration_id": check.raw.get("app_id")}
        for check in checks.objects("checks")
    ]
    return {
        "strict_required_status_checks_policy": checks.flag("strict"),
        "do_not_enforce_on_create": False,
        "required_status_checks": required,
    }


def _bypass(actors: Fields) -> Iterator[BypassActor]:
    for name, kind in _ACTORS.items():
        for identifier in actors.numbers(name):
            yield BypassActor(kind, identifier, BypassMode.ALWAYS)
