"""Comments on a pull request as a whole: the conversation that GitHub keeps under its issue's number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import Role, role_on
from twinlock_world.github.bodies.issue import comment_body, issue_body
from twinlock_world.github.errors import forbidden, validation_failed

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record, Store

COMMENT: Final = "issue_comment"


def comments_of(store: Store, pull: PullRequest) -> list[Record]:
    """Return the comments on a pull request, oldest first."""
    return store.children(COMMENT, pull.id)


def post_comment(site: Site, pull: PullRequest, identity: Identity, body: str) -> Record:
    """Store a comment.

    Raises:
        GitHubError: 422, it says nothing.
    """
    _require_text(body)
    last = max((int(comment.key) for comment in comments_of(site.store, pull)), default=0)
    document: JsonObject = {"author": identity.id, "body": body}
    made = site.store.insert(COMMENT, str(last + 1), document, parent=pull.id)
    _tell(site, pull, identity, made, "created")
    return made


def change_comment(site: Site, pull: PullRequest, identity: Identity, comment: Record, body: str) -> Record:
    """Change the text of a comment.

    Raises:
        GitHubError: 403, it is somebody else's, and they cannot write here; 422, it says nothing.
    """
    _may_change(site, identity, comment)
    _require_text(body)
    changed = site.store.update(comment, {**comment.data, "body": body})
    _tell(site, pull, identity, changed, "edited", changes={"body": {"from": comment.fields.text("body")}})
    return changed


def delete_comment(site: Site, pull: PullRequest, identity: Identity, comment: Record) -> None:
    """Delete a comment.

    Raises:
        GitHubError: 403, it is somebody else's, and they cannot write here.
    """
    _may_change(site, identity, comment)
    _tell(site, pull, identity, comment, "deleted")
    site.store.delete(comment)


def _may_change(site: Site, identity: Identity, comment: Record) -> None:
    own = comment.fields.number("author") == identity.id
    if not own and role_on(site.store, site.repository, identity) < Role.PUSH:
        raise forbidden("Must have push access to Repository.")


def _require_text(body: str) -> None:
    if not body.strip():
        raise validation_failed("IssueComment", "body", "unprocessable", "Body cannot be blank")


def _tell(site: Site, pull: PullRequest, identity: Identity, comment: Record, action: str, **more: JsonValue) -> None:
    payload: JsonObject = {"issue": issue_body(site, pull), "comment": comment_body(site, pull, comment), **more}
    site.publish("issue_comment", action, identity, payload)
