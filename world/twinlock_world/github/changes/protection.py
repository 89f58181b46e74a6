"""Changes of classic branch protection: `protected_branch.*` and `branch_protection_rule`.

The documented actions name one aspect each; a change of several aspects is several entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.changes.change import REPOSITORY, Announced, Audited, Change, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock_world.github.changes.change import Told
    from twinlock_world.jsonvalue import JsonObject, JsonValue

_PLACE: Final = f"{REPOSITORY}/branches/{{branch...}}/protection"
_ASPECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "authorized_users_teams": ("restrictions",),
    "dismiss_stale_reviews": ("required_pull_request_reviews", "dismiss_stale_reviews"),
    "dismissal_restricted_users_teams": ("required_pull_request_reviews", "dismissal_restrictions"),
    "update_admin_enforced": ("enforce_admins", "enabled"),
    "update_allow_deletions_enforcement_level": ("allow_deletions", "enabled"),
    "update_allow_force_pushes_enforcement_level": ("allow_force_pushes", "enabled"),
    "update_linear_history_requirement_enforcement_level": ("required_linear_history", "enabled"),
    "update_lock_branch_enforcement_level": ("lock_branch", "enabled"),
    "update_require_code_owner_review": ("required_pull_request_reviews", "require_code_owner_reviews"),
    "update_require_last_push_approval": ("required_pull_request_reviews", "require_last_push_approval"),
    "update_required_approving_review_count": ("required_pull_request_reviews", "required_approving_review_count"),
    "update_required_status_checks_enforcement_level": ("required_status_checks", "contexts"),
    "update_signature_requirement_enforcement_level": ("required_signatures", "enabled"),
    "update_strict_required_status_checks_policy": ("required_status_checks", "strict"),
}


def kept(change: Change) -> Iterator[Told]:
    """Tell of a rule, new or other than before, aspect by aspect."""
    yield from differences(change.parameter("branch"), change.old.raw, change.new.raw, made=change.made)


def removed(change: Change) -> Iterator[Told]:
    """Tell of a rule that is no more."""
    yield Audited("protected_branch.destroy", {"name": change.parameter("branch")})
    yield Announced("branch_protection_rule", "deleted", {"rule": {"name": change.parameter("branch")}})


def signatures(change: Change) -> Iterator[Told]:
    """Tell that signed commits are required, or are not any more."""
    if change.differs("enabled"):
        yield Audited(
            "protected_branch.update_signature_requirement_enforcement_level", {"name": change.parameter("branch")}
        )


def differences(pattern: str, old: JsonObject, new: JsonObject, *, made: bool) -> Iterator[Told]:
    """Tell of a rule by what it was and is, as REST writes it."""
    if made:
        yield Audited("protected_branch.create", {"name": pattern})
        yield Announced("branch_protection_rule", "created", {"rule": {"name": pattern}})
        return
    found = False
    for action, path in _ASPECTS.items():
        was, now = _at(old, path), _at(new, path)
        if was != now:
            found = True
            yield Audited(f"protected_branch.{action}", {"name": pattern, "old_value": was, "new_value": now})
    if found:
        yield Announced("branch_protection_rule", "edited", {"rule": {"name": pattern}, "changes": {}})


def _at(document: JsonObject, path: tuple[str, ...]) -> JsonValue:
    value: JsonValue = document
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


CHANGES: Final[Table] = {
    ("PUT", _PLACE): kept,
    ("DELETE", _PLACE): removed,
    ("POST", f"{_PLACE}/required_signatures"): signatures,
    ("DELETE", f"{_PLACE}/required_signatures"): signatures,
}
