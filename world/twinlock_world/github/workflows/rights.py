"""What a repository's settings say about workflows: whether they run, what they may use, what their tokens may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.actions.permissions import default_permissions
from twinlock_world.actions.policy import ActionsPolicy
from twinlock_world.github.actions_policy import organization_policy, repository_policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.github.repository import Repository
    from twinlock_world.jsonvalue import Fields
    from twinlock_world.store import Store


def runs_here(store: Store, repository: Repository) -> bool:
    """Tell whether workflows run in a repository at all."""
    above = organization_policy(store, repository.owner).text("enabled_repositories")
    return not repository.archived and above != "none" and repository_policy(store, repository).flag("enabled")


def policies(store: Store, repository: Repository) -> tuple[ActionsPolicy, ...]:
    """Return what may be used: the repository's policy and its organization's, which both hold."""
    found = (repository_policy(store, repository), organization_policy(store, repository.owner))
    return tuple(_policy(policy, repository) for policy in found)


def token_default(store: Store, repository: Repository) -> Mapping[str, str]:
    """Return what a job's token may do where no file says so."""
    setting = repository_policy(store, repository).object("workflow").text("default_workflow_permissions")
    return default_permissions(setting)


def _policy(policy: Fields, repository: Repository) -> ActionsPolicy:
    selected = policy.object("selected_actions")
    return ActionsPolicy(
        allowed=policy.text("allowed_actions"),
        owner=repository.owner.login,
        enterprise=repository.owner.plan == "enterprise",
        github_owned=selected.flag("github_owned_allowed", default=False),
        verified=selected.flag("verified_allowed", default=False),
        patterns=tuple(selected.texts("patterns_allowed", ())),
        pinned=policy.flag("sha_pinning_required"),
    )
