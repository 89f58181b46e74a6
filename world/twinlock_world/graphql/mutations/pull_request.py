"""Pull requests: opening, reviewing, merging, and what else `gh` does with them. Each is REST's own route.

A person who may not merge is told so in GraphQL's own words; whoever may is held to the rules as by REST.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.errors import GitHubError
from twinlock_world.graphql.errors import QueryError
from twinlock_world.graphql.mutations.payload import asked, named, payload
from twinlock_world.graphql.thing import Thing, fields
from twinlock_world.graphql.types.repository import place
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinlock_world.graphql.context import Context
    from twinlock_world.jsonvalue import JsonValue

_FORBIDDEN: Final = frozenset({403, 404})


def _create(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    home = named(context, wanted, "repositoryId", "Repository")
    document: dict[str, JsonValue] = {
        "base": wanted.text("baseRefName"),
        "head": wanted.text("headRefName"),
        "title": wanted.text("title"),
        "draft": wanted.flag("draft", default=False),
        "maintainer_can_modify": wanted.flag("maintainerCanModify", default=True),
    }
    if wanted.given("body"):
        document["body"] = wanted.text("body")
    made = _may(context, "CreatePullRequest", lambda: context.write("POST", *place(home), "pulls", document=document))
    return payload(wanted, pullRequest=Thing("PullRequest", made, home))


def _review(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    pull = named(context, wanted, "pullRequestId", "PullRequest")
    document: dict[str, JsonValue] = {"body": wanted.text("body", "")}
    if wanted.given("event"):
        document["event"] = wanted.text("event")
    if wanted.given("commitOID"):
        document["commit_id"] = wanted.text("commitOID")
    made = _may(
        context,
        "AddPullRequestReview",
        lambda: context.write("POST", *_where(pull), "reviews", document=document),
    )
    review = Thing("PullRequestReview", made, pull.home)
    return payload(wanted, pullRequestReview=review, reviewEdge={"node": review, "cursor": "Y3Vyc29yOnYyOjE="})


def _merge(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    pull = named(context, wanted, "pullRequestId", "PullRequest")
    document: dict[str, JsonValue] = {"merge_method": wanted.text("mergeMethod", "MERGE").lower()}
    for name, theirs in (
        ("commitHeadline", "commit_title"),
        ("commitBody", "commit_message"),
        ("expectedHeadOid", "sha"),
    ):
        if wanted.given(name):
            document[theirs] = wanted.text(name)
    _may(context, "MergePullRequest", lambda: context.write("PUT", *_where(pull), "merge", document=document))
    return payload(wanted, actor=None, pullRequest=_again(context, pull))


def _update(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    pull = named(context, wanted, "pullRequestId", "PullRequest")
    names = {
        "baseRefName": "base",
        "body": "body",
        "maintainerCanModify": "maintainer_can_modify",
        "state": "state",
        "title": "title",
    }
    document = {theirs: wanted.raw[name] for name, theirs in names.items() if wanted.given(name)}
    if "state" in document:
        document["state"] = str(document["state"]).lower()
    return _changed(context, wanted, pull, "UpdatePullRequest", document)


def _close(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    pull = named(context, wanted, "pullRequestId", "PullRequest")
    return _changed(context, wanted, pull, "ClosePullRequest", {"state": "closed"})


def _reopen(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    pull = named(context, wanted, "pullRequestId", "PullRequest")
    return _changed(context, wanted, pull, "ReopenPullRequest", {"state": "open"})


def _request_reviews(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    pull = named(context, wanted, "pullRequestId", "PullRequest")
    document: dict[str, JsonValue] = {}
    if wanted.given("userIds"):
        people = [named(context, Fields({"id": name}), "id", "User") for name in wanted.texts("userIds")]
        document["reviewers"] = [person.body.text("login") for person in people]
    if wanted.given("teamIds"):
        teams = [named(context, Fields({"id": name}), "id", "Team") for name in wanted.texts("teamIds")]
        document["team_reviewers"] = [team.body.text("slug") for team in teams]
    _may(
        context,
        "RequestReviews",
        lambda: context.write("POST", *_where(pull), "requested_reviewers", document=document),
    )
    return payload(wanted, actor=None, pullRequest=_again(context, pull))


def _update_branch(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    pull = named(context, wanted, "pullRequestId", "PullRequest")
    document: dict[str, JsonValue] = {}
    if wanted.given("expectedHeadOid"):
        document["expected_head_sha"] = wanted.text("expectedHeadOid")
    _may(
        context,
        "UpdatePullRequestBranch",
        lambda: context.write("PUT", *_where(pull), "update-branch", document=document),
    )
    return payload(wanted, pullRequest=_again(context, pull))


def _comment(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    pull = named(context, wanted, "subjectId", "PullRequest")
    where = (*place(pull.place()), "issues", pull.body.number("number"), "comments")
    made = context.write("POST", *where, document={"body": wanted.text("body")})
    comment = Thing("IssueComment", made, pull.home)
    return payload(wanted, commentEdge={"node": comment, "cursor": "Y3Vyc29yOnYyOjE="}, subject=pull, timelineEdge=None)


def _changed(context: Context, wanted: Fields, pull: Thing, name: str, document: dict[str, JsonValue]) -> object:
    made = _may(context, name, lambda: context.write("PATCH", *_where(pull), document=document))
    return payload(wanted, pullRequest=Thing("PullRequest", made, pull.home))


def _may(context: Context, name: str, write: Callable[[], Fields]) -> Fields:
    """Change something; a caller without the right is told so as GitHub's GraphQL tells people."""
    try:
        return write()
    except GitHubError as error:
        if error.status in _FORBIDDEN:
            login = context.call.caller().login
            message = f"{login} does not have the correct permissions to execute `{name}`"
            raise QueryError("FORBIDDEN", message) from error
        raise


def _again(context: Context, pull: Thing) -> Thing:
    found = context.body(*_where(pull))
    return pull if found is None else Thing("PullRequest", found, pull.home)


def _where(pull: Thing) -> tuple[str | int, ...]:
    return (*place(pull.place()), "pulls", pull.body.number("number"))


fields(
    "Mutation",
    {
        "addComment": _comment,
        "addPullRequestReview": _review,
        "closePullRequest": _close,
        "createPullRequest": _create,
        "mergePullRequest": _merge,
        "reopenPullRequest": _reopen,
        "requestReviews": _request_reviews,
        "updatePullRequest": _update,
        "updatePullRequestBranch": _update_branch,
    },
)
