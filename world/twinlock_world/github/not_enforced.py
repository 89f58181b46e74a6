"""What the local GitHub keeps and answers although it binds nobody.

Told by `/_world/status`, so that no one takes a stored setting for one that is held to. Each sentence names the
settings it is about; whoever lets one of them decide something takes it out here (a test compares).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT_ONLY: Final[Mapping[str, frozenset[str]]] = {
    "GitHub: security settings: nothing is scanned, no push is refused for a secret in it": frozenset(
        {
            "advanced_security",
            "advanced_security_enabled_for_new_repositories",
            "code_security",
            "dependabot_alerts_enabled_for_new_repositories",
            "dependabot_security_updates",
            "dependabot_security_updates_enabled_for_new_repositories",
            "dependency_graph_enabled_for_new_repositories",
            "secret_scanning",
            "secret_scanning_ai_detection",
            "secret_scanning_delegated_alert_dismissal",
            "secret_scanning_delegated_bypass",
            "secret_scanning_enabled_for_new_repositories",
            "secret_scanning_non_provider_patterns",
            "secret_scanning_push_protection",
            "secret_scanning_push_protection_custom_link_enabled",
            "secret_scanning_push_protection_enabled_for_new_repositories",
        }
    ),
    "GitHub: an organization's two-factor requirement": frozenset({"two_factor_requirement_enabled"}),
    "GitHub: sign-off of commits made by the web interface": frozenset({"web_commit_signoff_required"}),
    "GitHub: what members may do, but for making repositories and teams and deleting repositories": frozenset(
        {
            "display_commenter_full_name_setting_enabled",
            "members_allowed_repository_creation_type",
            "members_can_change_repo_visibility",
            "members_can_create_internal_repositories",
            "members_can_create_pages",
            "members_can_create_private_pages",
            "members_can_create_private_repositories",
            "members_can_create_public_pages",
            "members_can_create_public_repositories",
            "members_can_delete_issues",
            "members_can_fork_private_repositories",
            "members_can_invite_outside_collaborators",
            "members_can_view_dependency_insights",
            "readers_can_create_discussions",
        }
    ),
    "GitHub: a repository's features (issues, wiki, projects, discussions, forks) and suggestions": frozenset(
        {
            "allow_forking",
            "allow_update_branch",
            "has_discussions",
            "has_downloads",
            "has_issues",
            "has_organization_projects",
            "has_projects",
            "has_repository_projects",
            "has_wiki",
            "use_squash_pr_title_as_default",
        }
    ),
}

NOT_ENFORCED: Final[tuple[str, ...]] = (
    *KEPT_ONLY,
    "GitHub: deploy keys: there is no SSH, so none of them reads or pushes",
    "GitHub: commit and branch of a ruleset's required workflow: any run of that file on the commit counts",
)
