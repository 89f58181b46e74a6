"""Reviews of pull requests, and the threads of their comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.pulls.pull import find_pull
from twinlock_world.github.pulls.thread import conversations
from twinlock_world.github.repository import get_repository
from twinlock_world.github.urls import node_id
from twinlock_world.graphql.connection import connect
from twinlock_world.graphql.thing import Thing, always, fields, path_of, renamed, same, upper
from twinlock_world.graphql.types.account import actor_of
from twinlock_world.graphql.types.commit import commit_at
from twinlock_world.graphql.types.repository import place
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from twinlock_world.graphql.context import Context
    from twinlock_world.store import Record

_NO = False


def _commit(review: Thing, context: Context, _arguments: Fields) -> Thing | None:
    if not review.body.given("commit_id"):
        return None
    return commit_at(review.place(), context, review.body.text("commit_id"))


def _mine(thing: Thing, context: Context, _arguments: Fields) -> bool:
    return thing.body.object("user").raw.get("id") == context.call.caller().id if thing.body.given("user") else False


def thread_thing(pull: Thing, first: Record) -> Thing:
    """Return the conversation that a remark began."""
    return Thing("PullRequestReviewThread", Fields({**first.data, "id": first.id, "pull": pull.body.raw}), pull.home)


def threads(pull: Thing, context: Context, arguments: Fields) -> object:
    """Return the conversations of a pull request."""
    repository = get_repository(context.store, pull.place().identifier)
    record = None if repository is None else find_pull(context.store, repository, pull.body.number("number"))
    found = [] if record is None else conversations(context.store, record)
    return connect("reviewThreads", [thread_thing(pull, one.first) for one in found], arguments)


def _thread_comments(thread: Thing, context: Context, arguments: Fields) -> object:
    where = (*place(thread.place()), "pulls", thread.body.object("pull").number("number"), "comments")
    found = context.things("PullRequestReviewComment", thread.home, *where)
    wanted = thread.identifier
    shown = [one for one in found if wanted in {one.identifier, one.body.raw.get("in_reply_to_id")}]
    return connect("comments", shown, arguments)


def _thread_pull(thread: Thing, _context: Context, _arguments: Fields) -> Thing:
    return Thing("PullRequest", thread.body.object("pull"), thread.home)


def _resolved(thread: Thing, _context: Context, _arguments: Fields) -> bool:
    return thread.body.given("resolved_by")


def _resolved_by(thread: Thing, context: Context, _arguments: Fields) -> Thing | None:
    found = context.body("user", thread.body.number("resolved_by")) if thread.body.given("resolved_by") else None
    return None if found is None else Thing("User", found)


def _thread_id(thread: Thing, _context: Context, _arguments: Fields) -> str:
    return node_id("PRRT", thread.identifier)


def _no_comments(_review: Thing, _context: Context, arguments: Fields) -> object:
    return connect("comments", [], arguments)


_REMARK = {
    "author": actor_of("user"),
    "authorAssociation": upper("author_association"),
    "includesCreatedEdit": always(_NO),
    "isMinimized": always(_NO),
    "minimizedReason": always(None),
    "reactionGroups": always([]),
    "resourcePath": path_of(),
    "viewerDidAuthor": _mine,
}
fields(
    "PullRequestReview",
    {
        **same("body", "submittedAt"),
        **renamed({"bodyText": "body", "databaseId": "id", "id": "node_id", "url": "html_url"}),
        **_REMARK,
        "comments": _no_comments,
        "commit": _commit,
        "state": upper("state"),
    },
)
fields(
    "PullRequestReviewThread",
    {
        **same("line", "path", "startLine"),
        "comments": _thread_comments,
        "id": _thread_id,
        "isResolved": _resolved,
        "pullRequest": _thread_pull,
        "resolvedBy": _resolved_by,
    },
)
fields(
    "PullRequestReviewComment",
    {
        **same("body", "createdAt", "diffHunk", "line", "originalLine", "path", "startLine", "updatedAt"),
        **renamed({"bodyText": "body", "databaseId": "id", "id": "node_id", "url": "html_url"}),
        **_REMARK,
    },
)
fields(
    "IssueComment",
    {
        **same("body", "createdAt", "updatedAt"),
        **renamed({"bodyText": "body", "databaseId": "id", "id": "node_id", "url": "html_url"}),
        **_REMARK,
    },
)
