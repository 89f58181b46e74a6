"""A commit, and what checks and statuses say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.graphql.connection import connect
from twinlock_world.graphql.thing import Thing, fields, path_of, renamed, rest
from twinlock_world.graphql.types.account import actor
from twinlock_world.graphql.types.check import rollup_of
from twinlock_world.graphql.types.repository import place

if TYPE_CHECKING:
    from twinlock_world.graphql.context import Context
    from twinlock_world.graphql.thing import Resolver
    from twinlock_world.jsonvalue import Fields

_SHORT: Final = 7


def commit_at(repository: Thing, context: Context, sha: str) -> Thing | None:
    """Return a commit of a repository."""
    found = context.body(*place(repository), "commits", sha)
    return None if found is None else Thing("Commit", found, repository)


def _headline(commit: Thing, _context: Context, _arguments: Fields) -> str:
    return commit.body.object("commit").text("message").partition("\n")[0]


def _message_body(commit: Thing, _context: Context, _arguments: Fields) -> str:
    return commit.body.object("commit").text("message").partition("\n")[2].strip("\n")


def _short(commit: Thing, _context: Context, _arguments: Fields) -> str:
    return commit.body.text("sha")[:_SHORT]


def _signature(name: str) -> Resolver:
    def resolve(commit: Thing, _context: Context, _arguments: Fields) -> dict[str, object]:
        written = commit.body.object("commit").object(name)
        return {**written.only(("name", "email", "date")), "user": _person(commit, name)}

    return resolve


def _person(commit: Thing, name: str) -> Thing | None:
    found = actor(commit, name)
    return found if found is not None and found.kind == "User" else None


def _authors(commit: Thing, _context: Context, arguments: Fields) -> object:
    written = commit.body.object("commit").object("author")
    author = {**written.only(("name", "email", "date")), "user": _person(commit, "author")}
    return connect("authors", [author], arguments)


def _rollup(commit: Thing, context: Context, _arguments: Fields) -> object:
    return rollup_of(commit.place(), context, commit.body.text("sha"))


def _repository(commit: Thing, _context: Context, _arguments: Fields) -> Thing:
    return commit.place()


def _parents(commit: Thing, context: Context, arguments: Fields) -> object:
    found = [commit_at(commit.place(), context, item.text("sha")) for item in commit.body.objects("parents", [])]
    return connect("parents", [one for one in found if one is not None], arguments)


fields(
    "Commit",
    {
        **renamed({"id": "node_id", "oid": "sha", "url": "html_url", "commitUrl": "html_url"}),
        "abbreviatedOid": _short,
        "additions": rest("stats.additions"),
        "author": _signature("author"),
        "authoredDate": rest("commit.author.date"),
        "authors": _authors,
        "committedDate": rest("commit.committer.date"),
        "committer": _signature("committer"),
        "deletions": rest("stats.deletions"),
        "message": rest("commit.message"),
        "messageBody": _message_body,
        "messageHeadline": _headline,
        "parents": _parents,
        "repository": _repository,
        "resourcePath": path_of(),
        "statusCheckRollup": _rollup,
    },
)
