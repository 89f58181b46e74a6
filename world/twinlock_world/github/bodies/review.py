"""Reviews and the remarks on lines, as GitHub writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.bodies.commit import repository_url
from twinlock_world.github.bodies.pull import association, person, pull_url
from twinlock_world.github.bodies.reaction import no_reactions
from twinlock_world.github.pulls.pull import account
from twinlock_world.github.urls import node_id

if TYPE_CHECKING:
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record


def review_body(site: Site, pull: PullRequest, review: Record) -> JsonObject:
    """Return a review."""
    fields = review.fields
    page = f"{site.urls.html(site.repository.full_name, 'pull', pull.number)}#pullrequestreview-{review.id}"
    address = pull_url(site, pull)
    body: dict[str, JsonValue] = {
        "id": review.id,
        "node_id": node_id("PRR", review.id),
        "user": person(site, fields.number("author")),
        "body": fields.text("body"),
        "state": fields.text("state"),
        "html_url": page,
        "pull_request_url": address,
        "author_association": association(site, account(site.store, fields.number("author"))),
        "_links": {"html": {"href": page}, "pull_request": {"href": address}},
        "commit_id": fields.text("commit_id"),
    }
    if fields.given("submitted_at"):
        body["submitted_at"] = fields.text("submitted_at")
    return body


def remark_body(site: Site, pull: PullRequest, remark: Record) -> JsonObject:
    """Return a remark on a line."""
    fields = remark.fields
    url = repository_url(site.urls, site.repository, "pulls", "comments", str(remark.id))
    page = f"{site.urls.html(site.repository.full_name, 'pull', pull.number)}#discussion_r{remark.id}"
    address = pull_url(site, pull)
    whole = not fields.given("line")
    current = fields.text("commit_id") == pull.head_sha
    position = fields.number("position")
    body: dict[str, JsonValue] = {
        "url": url,
        "pull_request_review_id": remark.peer,
        "id": remark.id,
        "node_id": node_id("PRRC", remark.id),
        "diff_hunk": fields.text("diff_hunk"),
        "path": fields.text("path"),
        "position": position if current else None,
        "original_position": position,
        "commit_id": pull.head_sha,
        "original_commit_id": fields.text("commit_id"),
        "user": person(site, fields.number("author")),
        "body": fields.text("body"),
        "created_at": remark.created_at,
        "updated_at": remark.updated_at,
        "html_url": page,
        "pull_request_url": address,
        "author_association": association(site, account(site.store, fields.number("author"))),
        "_links": {"self": {"href": url}, "html": {"href": page}, "pull_request": {"href": address}},
        "reactions": no_reactions(url),
        "start_line": fields.raw["start_line"],
        "original_start_line": fields.raw["start_line"],
        "start_side": fields.raw["start_side"],
        "side": fields.text("side"),
        "subject_type": "file" if whole else "line",
    }
    if not whole:
        body |= {"line": fields.number("line"), "original_line": fields.number("line")}
    if fields.given("in_reply_to"):
        body["in_reply_to_id"] = fields.number("in_reply_to")
    return body
