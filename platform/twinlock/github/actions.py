"""Actions settings: GitHub's four answers about a repository or an organization, and the model's noun, both ways.

Source: https://docs.github.com/en/rest/actions/permissions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twinlock.github.fields import Fields, Malformed
from twinlock.model.actions import AccessLevel, ActionsPolicy, TokenPermission
from twinlock.model.observed import Observed, Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Mapping

IGNORED: Mapping[str, str] = {
    "selected_actions_url": "an address",
    "selected_repositories_url": "an address",
}


def decode(permissions: object, selected: object, workflow: object, access: object) -> Observed[ActionsPolicy]:
    """Return the Actions settings that GitHub describes, or why they could not be understood.

    Args:
        permissions: Answer of `actions/permissions`.
        selected: Answer of `actions/permissions/selected-actions`; None unless the actions are `selected`.
        workflow: Answer of `actions/permissions/workflow`.
        access: Answer of `actions/permissions/access`; None for an organization or a public repository.
    """
    try:
        fields = Fields(permissions)
        enabled = _enabled(fields)
        allowed = fields.text("allowed_actions", "none" if not enabled else None)
        github_owned, verified, patterns = _selected(selected, allowed, fields)
        token, approve = _workflow(workflow, fields)
        policy = ActionsPolicy(
            enabled=enabled,
            allowed_actions=allowed,
            github_owned=github_owned,
            verified=verified,
            patterns=patterns,
            sha_pinning=fields.flag("sha_pinning_required", default=False),
            token=token,
            approve_pull_requests=approve,
            access_level=_access(access, fields),
        )
        fields.close(IGNORED)
        return Seen(policy, fields.reported())
    except Malformed as error:
        return Unread(f"GitHub's answer was not understood: {error.reason}")


def is_selected(permissions: object) -> bool:
    """Return whether the settings hold a list of selected actions to read."""
    return isinstance(permissions, dict) and permissions.get("allowed_actions") == "selected"


def _enabled(fields: Fields) -> bool:
    if fields.has("enabled"):
        return fields.flag("enabled")
    return fields.text("enabled_repositories") == "all"


def _selected(raw: object, allowed: str, owner: Fields) -> tuple[bool, bool, frozenset[str]]:
    if allowed != "selected":
        return allowed == "all", allowed == "all", frozenset()
    fields = Fields(raw, "selected-actions", owner.unmodelled)
    found = (
        fields.flag("github_owned_allowed"),
        fields.flag("verified_allowed", default=False),
        fields.texts("patterns_allowed", frozenset()),
    )
    fields.close()
    return found


def _workflow(raw: object, owner: Fields) -> tuple[TokenPermission, bool]:
    fields = Fields(raw, "workflow", owner.unmodelled)
    word = fields.text("default_workflow_permissions")
    approve = fields.flag("can_approve_pull_request_reviews")
    fields.close()
    try:
        return TokenPermission[word.upper()], approve
    except KeyError:
        raise Malformed(f"workflow.default_workflow_permissions is {word!r}, which is unknown") from None


def _access(raw: object, owner: Fields) -> AccessLevel:
    if raw is None:
        return AccessLevel.NONE
    fields = Fields(raw, "access", owner.unmodelled)
    word = fields.text("access_level")
    fields.close()
    try:
        return AccessLevel[word.upper()]
    except KeyError:
        raise Malformed(f"access.access_level is {word!r}, which is unknown") from None


def encode_permissions(policy: ActionsPolicy, *, organization: bool = False) -> dict[str, Any]:
    """Return the body of `actions/permissions`."""
    if organization:
        switch: dict[str, Any] = {"enabled_repositories": "all" if policy.enabled else "none"}
    else:
        switch = {"enabled": policy.enabled}
    if policy.enabled:
        switch["allowed_actions"] = policy.allowed_actions
    return switch | {"sha_pinning_required": policy.sha_pinning}


def encode_selected(policy: ActionsPolicy) -> dict[str, Any]:
    """Return the body of `actions/permissions/selected-actions`."""
    return {
        "github_owned_allowed": policy.github_owned,
        "verified_allowed": policy.verified,
        "patterns_allowed": sorted(policy.patterns),
    }


def encode_workflow(policy: ActionsPolicy) -> dict[str, Any]:
    """Return the body of `actions/permissions/workflow`."""
    return {
        "default_workflow_permissions": policy.token.name.lower(),
        "can_approve_pull_request_reviews": policy.approve_pull_requests,
    }


def encode_access(policy: ActionsPolicy) -> dict[str, Any]:
    """Return the body of `actions/permissions/access`."""
    return {"access_level": policy.access_level.name.lower()}
