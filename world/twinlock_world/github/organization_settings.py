"""What can be set on an organization: each setting and what GitHub gives a new one.

Pure; called by the organization routes and by the seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.jsonvalue import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.jsonvalue import Fields, JsonObject

NEW_ORGANIZATION: Final[Mapping[str, bool | str]] = {
    "default_repository_permission": "read",
    "two_factor_requirement_enabled": False,
    "has_organization_projects": True,
    "has_repository_projects": True,
    "members_can_create_repositories": True,
    "members_can_create_public_repositories": True,
    "members_can_create_private_repositories": True,
    "members_can_create_internal_repositories": True,
    "members_allowed_repository_creation_type": "all",
    "members_can_create_pages": True,
    "members_can_create_public_pages": True,
    "members_can_create_private_pages": True,
    "members_can_delete_repositories": True,
    "members_can_change_repo_visibility": True,
    "members_can_invite_outside_collaborators": True,
    "members_can_delete_issues": False,
    "members_can_create_teams": True,
    "members_can_fork_private_repositories": False,
    "members_can_view_dependency_insights": True,
    "display_commenter_full_name_setting_enabled": False,
    "readers_can_create_discussions": True,
    "web_commit_signoff_required": False,
    "deploy_keys_enabled_for_repositories": True,
    "advanced_security_enabled_for_new_repositories": False,
    "dependabot_alerts_enabled_for_new_repositories": False,
    "dependabot_security_updates_enabled_for_new_repositories": False,
    "dependency_graph_enabled_for_new_repositories": False,
    "secret_scanning_enabled_for_new_repositories": False,
    "secret_scanning_push_protection_enabled_for_new_repositories": False,
    "secret_scanning_push_protection_custom_link_enabled": False,
}

PROFILE_TEXTS: Final = ("name", "company", "location", "email", "twitter_username", "description")
_TEXTS: Final = (*PROFILE_TEXTS, "blog", "billing_email", "secret_scanning_push_protection_custom_link")
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "default_repository_permission": ("read", "write", "admin", "none"),
    "members_allowed_repository_creation_type": ("all", "private", "none"),
}
_READ_ONLY: Final = frozenset({"two_factor_requirement_enabled"})  # GitHub's API shows it and cannot set it


def read_settings(held: JsonObject, asked: Fields) -> JsonObject:
    """Return an organization's document with what a request sets.

    Raises:
        FieldError: A value has another type or is impossible.
    """
    settings = dict(as_object(held["settings"], "settings"))
    for name, default in NEW_ORGANIZATION.items():
        if not asked.given(name) or name in _READ_ONLY:
            continue
        settings[name] = asked.choice(name, _CHOICES[name]) if isinstance(default, str) else asked.flag(name)
    texts = {name: asked.optional_text(name) for name in _TEXTS if name in asked}
    return {**held, **texts, "settings": settings}
