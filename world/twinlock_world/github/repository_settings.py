"""What can be set on a repository: each setting's type, its default, and how a request changes it.

Pure: from stored settings and a request's fields to new settings. Called by the repository routes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twinlock_world.github.errors import GitHubError, invalid, validation_failed
from twinlock_world.jsonvalue import Fields, as_flag, as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.jsonvalue import JsonObject, JsonValue

FLAGS: Final[Mapping[str, bool]] = {
    "has_issues": True,
    "has_projects": True,
    "has_wiki": True,
    "has_discussions": False,
    "has_downloads": True,
    "is_template": False,
    "archived": False,
    "allow_forking": False,
    "web_commit_signoff_required": False,
    "allow_squash_merge": True,
    "allow_merge_commit": True,
    "allow_rebase_merge": True,
    "allow_auto_merge": False,
    "allow_update_branch": False,
    "delete_branch_on_merge": False,
    "use_squash_pr_title_as_default": False,
}
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "squash_merge_commit_title": ("COMMIT_OR_PR_TITLE", "PR_TITLE"),
    "squash_merge_commit_message": ("COMMIT_MESSAGES", "PR_BODY", "BLANK"),
    "merge_commit_title": ("MERGE_MESSAGE", "PR_TITLE"),
    "merge_commit_message": ("PR_TITLE", "PR_BODY", "BLANK"),
}
"""The first of each is the default."""
_SECURITY: Final = (
    "advanced_security",
    "code_security",
    "dependabot_security_updates",
    "secret_scanning",
    "secret_scanning_push_protection",
    "secret_scanning_non_provider_patterns",
    "secret_scanning_ai_detection",
    "secret_scanning_delegated_alert_dismissal",
    "secret_scanning_delegated_bypass",
)
_VISIBILITIES: Final = ("public", "private", "internal")
_LONGEST_NAME: Final = 100


def new_settings(asked: Fields, plan: str, created_at: str) -> dict[str, JsonValue]:
    """Return the settings of a repository that is being made.

    Raises:
        GitHubError: 422, a value is impossible.
    """
    defaults: dict[str, JsonValue] = {
        "description": None,
        "homepage": None,
        "visibility": "private" if asked.flag("private", default=False) else "public",
        "default_branch": "main",
        "topics": [],
        "template_id": None,
        "pushed_at": created_at,
        "vulnerability_alerts": False,
        "automated_security_fixes": False,
        "use_immutable_subject": True,
        "security_and_analysis": {name: {"status": "disabled"} for name in _SECURITY},
        **FLAGS,
        **{name: choices[0] for name, choices in CHOICES.items()},
    }
    if asked.given("visibility"):
        defaults["visibility"] = read_visibility(asked, plan)
    made = changed_settings({**defaults, "name": clean_name(asked.text("name"))}, asked)
    return {**made, "archived": False}


def changed_settings(settings: JsonObject, asked: Fields) -> dict[str, JsonValue]:
    """Return settings with what a request sets; name, visibility and default branch are its caller's matter.

    Raises:
        GitHubError: 422, a value is impossible.
    """
    changed = dict(settings)
    for name in ("description", "homepage"):
        if name in asked:
            changed[name] = asked.optional_text(name)
    for name in FLAGS:
        if asked.given(name):
            changed[name] = asked.flag(name)
    for name, choices in CHOICES.items():
        if asked.given(name):
            changed[name] = asked.choice(name, choices)
    if asked.given("security_and_analysis"):
        held = as_object(settings["security_and_analysis"], "security_and_analysis")
        changed["security_and_analysis"] = {**held, **_security(asked.object("security_and_analysis"))}
    ways = ("allow_squash_merge", "allow_merge_commit", "allow_rebase_merge")
    if not any(as_flag(changed[way], way) for way in ways):
        raise validation_failed("Repository", "merge_commit_allowed", "no_merge_method")
    return changed


def read_visibility(asked: Fields, plan: str) -> str:
    """Return the visibility that a request asks for.

    Raises:
        GitHubError: 422, there is no such visibility, or the plan has none.
    """
    visibility = asked.choice("visibility", _VISIBILITIES)
    if visibility == "internal" and plan != "enterprise":
        raise invalid("Only organizations associated with an enterprise can set visibility to internal")
    return visibility


def clean_name(name: str) -> str:
    """Return a repository name as GitHub would keep it: other characters become hyphens.

    Raises:
        GitHubError: 422, nothing usable is left.
    """
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    if cleaned in {"", ".", ".."} or cleaned.endswith(".git") or len(cleaned) > _LONGEST_NAME:
        raise name_refused("name is invalid")
    return cleaned


def name_refused(message: str) -> GitHubError:
    """Return the answer for a name that a new repository cannot have."""
    detail = {"resource": "Repository", "code": "custom", "field": "name", "message": message}
    return GitHubError(422, "Repository creation failed.", [detail])


def _security(asked: Fields) -> dict[str, JsonValue]:
    return {
        name: {"status": asked.object(name).choice("status", ("enabled", "disabled"))}
        for name in _SECURITY
        if asked.given(name)
    }
