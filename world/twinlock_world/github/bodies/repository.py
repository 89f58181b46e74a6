"""Repositories, as GitHub writes them: minimal in lists, full when asked for by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import Role
from twinlock_world.github.bodies.account import simple_account
from twinlock_world.github.urls import node_id

if TYPE_CHECKING:
    from twinlock_world.github.repository import Repository
    from twinlock_world.github.urls import Urls
    from twinlock_world.jsonvalue import JsonObject, JsonValue

_LINKS: Final = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_COUNTS: Final = (
    "forks_count",
    "stargazers_count",
    "watchers_count",
    "open_issues_count",
    "size",
    "forks",
    "open_issues",
    "watchers",
)
_FLAGS: Final = (
    "has_issues",
    "has_projects",
    "has_wiki",
    "has_discussions",
    "has_downloads",
    "is_template",
    "archived",
)
_MERGING: Final = (
    "allow_squash_merge",
    "allow_merge_commit",
    "allow_rebase_merge",
    "allow_auto_merge",
    "allow_update_branch",
    "delete_branch_on_merge",
    "squash_merge_commit_title",
    "squash_merge_commit_message",
    "merge_commit_title",
    "merge_commit_message",
    "use_squash_pr_title_as_default",
)


def permissions(role: Role) -> JsonObject:
    """Return what a role includes, flag by flag."""
    return {level.permission: role >= level for level in sorted(Role, reverse=True) if level}


def minimal_repository(urls: Urls, repository: Repository, role: Role) -> dict[str, JsonValue]:
    """Return the form in which a repository stands in lists; `role` is the caller's."""
    settings = repository.settings
    url = urls.api("repos", repository.owner.login, repository.name)
    page = urls.html(repository.full_name)
    zeros: dict[str, JsonValue] = dict.fromkeys(_COUNTS, 0)
    return {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.visibility != "public",
        "owner": simple_account(urls, repository.owner),
        "html_url": page,
        "description": settings.optional_text("description"),
        "fork": False,
        "url": url,
        **{name: url + tail for name, tail in _LINKS.items()},
        "git_url": page.replace("http://", "git://", 1) + ".git",
        "ssh_url": f"git@{urls.html().removeprefix('http://')}:{repository.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "mirror_url": None,
        "homepage": settings.optional_text("homepage"),
        "language": None,
        "license": None,
        **zeros,
        "default_branch": repository.default_branch,
        "topics": settings.texts("topics"),
        **settings.only(_FLAGS),
        "has_pages": False,
        "disabled": False,
        "visibility": repository.visibility,
        "pushed_at": settings.text("pushed_at"),
        "created_at": repository.record.created_at,
        "updated_at": repository.record.updated_at,
        "permissions": permissions(role),
        "role_name": role.role_name,
        "allow_forking": settings.flag("allow_forking"),
        "web_commit_signoff_required": settings.flag("web_commit_signoff_required"),
        "security_and_analysis": settings.object("security_and_analysis").raw,
    }


def full_repository(
    urls: Urls, repository: Repository, role: Role, properties: JsonObject, template: Repository | None = None
) -> dict[str, JsonValue]:
    """Return the whole of a repository; how it merges is shown to those who may push."""
    body = minimal_repository(urls, repository, role)
    del body["role_name"]
    if role < Role.ADMIN:
        del body["security_and_analysis"]
    if role >= Role.PUSH:
        body |= repository.settings.only(_MERGING)
    if template is not None:
        body["template_repository"] = _without(minimal_repository(urls, template, role), "role_name")
    return {
        **body,
        "temp_clone_token": None,
        "organization": simple_account(urls, repository.owner),
        "subscribers_count": 0,
        "network_count": 0,
        "custom_properties": properties,
    }


def _without(body: JsonObject, name: str) -> JsonObject:
    return {field: value for field, value in body.items() if field != name}
