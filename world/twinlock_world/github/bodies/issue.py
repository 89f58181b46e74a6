"""Pull requests as the issues that they also are, and the comments on them, as GitHub writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.bodies.commit import repository_url
from twinlock_world.github.bodies.pull import association, person, simple_pull
from twinlock_world.github.bodies.reaction import no_reactions
from twinlock_world.github.pulls.pull import account
from twinlock_world.github.urls import node_id

if TYPE_CHECKING:
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Record

_SHARED = (
    "id",
    "node_id",
    "html_url",
    "comments_url",
    "number",
    "state",
    "locked",
    "active_lock_reason",
    "title",
    "user",
    "body",
    "labels",
    "milestone",
    "assignee",
    "assignees",
    "created_at",
    "updated_at",
    "closed_at",
    "author_association",
    "draft",
)


def issue_body(site: Site, pull: PullRequest) -> JsonObject:
    """Return a pull request as an issue."""
    body = simple_pull(site, pull)
    url = str(body["issue_url"])
    return {
        "url": url,
        "repository_url": repository_url(site.urls, site.repository),
        "labels_url": f"{url}/labels{{/name}}",
        "events_url": f"{url}/events",
        **{name: body[name] for name in _SHARED},
        "comments": len(site.store.children("issue_comment", pull.id)),
        "pull_request": {
            **{name: body[name] for name in ("url", "html_url", "diff_url", "patch_url")},
            "merged_at": body["merged_at"],
        },
        "state_reason": None,
        "closed_by": None,
        "performed_via_github_app": None,
        "timeline_url": f"{url}/timeline",
        "reactions": no_reactions(url),
    }


def comment_body(site: Site, pull: PullRequest, comment: Record) -> JsonObject:
    """Return a comment."""
    author = comment.fields.number("author")
    url = repository_url(site.urls, site.repository, "issues", "comments", str(comment.id))
    page = site.urls.html(site.repository.full_name, "pull", pull.number)
    return {
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "url": url,
        "html_url": f"{page}#issuecomment-{comment.id}",
        "issue_url": repository_url(site.urls, site.repository, "issues", str(pull.number)),
        "user": person(site, author),
        "body": comment.fields.text("body"),
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "author_association": association(site, account(site.store, author)),
        "performed_via_github_app": None,
        "reactions": no_reactions(url),
    }
