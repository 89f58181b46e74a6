"""What Actions may do: an organization's policy, and a repository's own.

A repository that never set something follows its organization. Called by the Actions routes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twinlock_world.github.errors import conflict, invalid
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Organization
    from twinlock_world.github.repository import Repository
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Store

POLICY: Final = "actions_policy"
ALLOWED: Final = ("all", "local_only", "selected")

_ORGANIZATION_DEFAULTS: Final[JsonObject] = {
    "enabled_repositories": "all",
    "allowed_actions": "all",
    "sha_pinning_required": False,
    "selected_actions": {"github_owned_allowed": False, "verified_allowed": False, "patterns_allowed": []},
    "selected_repositories": [],
    "workflow": {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False},
    "oidc": {"include_claim_keys": ["repo", "context"], "use_immutable_subject": True},
}
_CLAIM: Final = re.compile(r"[A-Za-z0-9_]+")


def organization_policy(store: Store, organization: Organization) -> Fields:
    """Return an organization's policy, complete."""
    held = store.find(POLICY, "policy", parent=organization.id)
    return Fields({**_ORGANIZATION_DEFAULTS, **({} if held is None else held.data)})


def repository_policy(store: Store, repository: Repository) -> Fields:
    """Return a repository's policy, where its own settings stand before its organization's."""
    above = organization_policy(store, repository.owner)
    enabled = {
        "all": True,
        "none": False,
        "selected": repository.id in above.numbers("selected_repositories"),
    }[above.text("enabled_repositories")]
    inherited = above.only(("allowed_actions", "sha_pinning_required", "selected_actions", "workflow"))
    held = store.find(POLICY, "policy", parent=repository.id)
    own: JsonObject = {} if held is None else held.data
    return Fields(
        {
            "enabled": enabled,
            "access_level": "none",
            "oidc": {"use_default": True, "use_immutable_subject": True},
            **inherited,
            **own,
        }
    )


def change_policy(store: Store, subject: int, changes: JsonObject) -> None:
    """Set parts of the policy of an organization or repository."""
    held = store.find(POLICY, "policy", parent=subject)
    store.put(POLICY, "policy", {**({} if held is None else held.data), **changes}, parent=subject)


def read_selected_actions(policy: Fields, asked: Fields) -> JsonObject:
    """Return the changed list of selected actions.

    Raises:
        GitHubError: 409, actions are not selected one by one.
    """
    require_selected(policy)
    held = policy.object("selected_actions")
    return {
        "github_owned_allowed": asked.flag("github_owned_allowed", held.flag("github_owned_allowed")),
        "verified_allowed": asked.flag("verified_allowed", held.flag("verified_allowed")),
        "patterns_allowed": asked.texts("patterns_allowed", held.texts("patterns_allowed")),
    }


def require_selected(policy: Fields) -> None:
    """Let a caller go on where actions are selected one by one.

    Raises:
        GitHubError: 409, they are not.
    """
    if policy.text("allowed_actions") != "selected":
        raise conflict("Conflict: the actions policy does not select actions.")


def read_workflow(policy: Fields, asked: Fields) -> JsonObject:
    """Return the changed rights of a workflow's token."""
    held = policy.object("workflow")
    return {
        "default_workflow_permissions": asked.choice(
            "default_workflow_permissions", ("read", "write"), held.text("default_workflow_permissions")
        ),
        "can_approve_pull_request_reviews": asked.flag(
            "can_approve_pull_request_reviews", held.flag("can_approve_pull_request_reviews")
        ),
    }


def read_claim_keys(asked: Fields) -> list[str]:
    """Return the claims of a subject's template.

    Raises:
        GitHubError: 422, one is no claim's name.
    """
    keys = asked.texts("include_claim_keys")
    if not all(_CLAIM.fullmatch(key) for key in keys):
        raise invalid(
            "Each item in the include_claim_keys array can only contain alphanumeric characters and underscores"
        )
    return keys
