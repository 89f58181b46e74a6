"""Pull requests as GraphQL shows them: REST's body, with its checks, reviews and commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.errors import GitHubError
from twinlock_world.graphql.connection import connect
from twinlock_world.graphql.thing import Thing, always, fields, path_of, renamed, rest, same, upper
from twinlock_world.graphql.types.account import actor_of
from twinlock_world.graphql.types.check import rollup_of
from twinlock_world.graphql.types.commit import commit_at
from twinlock_world.graphql.types.repository import place, ref_thing, state_of
from twinlock_world.graphql.types.review import threads

if TYPE_CHECKING:
    from twinlock_world.graphql.context import Context
    from twinlock_world.graphql.thing import Resolver
    from twinlock_world.jsonvalue import Fields

_NO: Final = False
_NO_ROUTE: Final = 501
_OPINIONS: Final = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")


def _where(pull: Thing) -> tuple[str | int, ...]:
    return (*place(pull.place()), "pulls", pull.body.number("number"))


def _state(pull: Thing, _context: Context, _arguments: Fields) -> str:
    return state_of(pull.body.raw)


def _closed(pull: Thing, _context: Context, _arguments: Fields) -> bool:
    return pull.body.text("state") == "closed"


def _mergeable(pull: Thing, _context: Context, _arguments: Fields) -> str:
    found = pull.body.raw.get("mergeable")
    return "UNKNOWN" if found is None else "MERGEABLE" if found is True else "CONFLICTING"


def _merge_state(pull: Thing, _context: Context, _arguments: Fields) -> str:
    return pull.body.text("mergeable_state", "unknown").upper()


def _repository(side: str) -> Resolver:
    def resolve(pull: Thing, context: Context, _arguments: Fields) -> Thing | None:
        held = pull.body.object(side)
        if not held.given("repo"):
            return None
        found = context.body("repositories", held.object("repo").number("id"))
        return None if found is None else Thing("Repository", found)

    return resolve


def _head_owner(pull: Thing, context: Context, _arguments: Fields) -> Thing | None:
    head = pull.body.object("head")
    if not head.given("user"):
        return None
    login, kind = head.object("user").text("login"), head.object("user").text("type")
    found = context.body("orgs" if kind == "Organization" else "users", login)
    return None if found is None else Thing(kind, found)


def _crosses(pull: Thing, _context: Context, _arguments: Fields) -> bool:
    head, base = pull.body.object("head"), pull.body.object("base")
    return not head.given("repo") or head.object("repo").raw.get("id") != base.object("repo").raw.get("id")


def _ref(side: str) -> Resolver:
    def resolve(pull: Thing, context: Context, _arguments: Fields) -> Thing | None:
        name = pull.body.object(side).text("ref")
        found = context.body(*place(pull.place()), "git", "ref", "heads", *name.split("/"))
        if found is None:
            return None
        return ref_thing(pull.place(), f"refs/heads/{name}", found.object("object").text("sha"))

    return resolve


def _commits(pull: Thing, context: Context, arguments: Fields) -> object:
    found = [
        {
            "commit": Thing("Commit", body, pull.home),
            "id": f"PRC_{pull.identifier}_{body.text('sha')}",
            "pullRequest": pull,
            "url": body.raw.get("html_url"),
        }
        for body in context.items(*_where(pull), "commits")
    ]
    return connect("commits", found, arguments)


def _files(pull: Thing, context: Context, arguments: Fields) -> object:
    kinds = {"added": "ADDED", "removed": "DELETED", "renamed": "RENAMED", "copied": "COPIED"}
    found = [
        {
            "path": item.text("filename"),
            "additions": item.number("additions"),
            "deletions": item.number("deletions"),
            "changeType": kinds.get(item.text("status"), "MODIFIED"),
            "viewerViewedState": "UNVIEWED",
        }
        for item in context.items(*_where(pull), "files")
    ]
    return connect("files", found, arguments)


def reviews_of(pull: Thing, context: Context) -> list[Thing]:
    """Return the reviews of a pull request, oldest first."""
    return context.things("PullRequestReview", pull.home, *_where(pull), "reviews")


def _reviews(pull: Thing, context: Context, arguments: Fields) -> object:
    found = reviews_of(pull, context)
    if arguments.given("states"):
        found = [one for one in found if one.body.text("state").upper() in arguments.texts("states")]
    if arguments.given("author"):
        found = [one for one in found if one.body.object("user").text("login") == arguments.text("author")]
    return connect("reviews", found, arguments)


def _latest(pull: Thing, context: Context, opinions: tuple[str, ...]) -> list[Thing]:
    newest: dict[object, Thing] = {}
    for review in reviews_of(pull, context):
        if review.body.text("state").upper() in opinions and review.body.given("user"):
            newest[review.body.object("user").raw.get("id")] = review
    return list(newest.values())


def _latest_reviews(pull: Thing, context: Context, arguments: Fields) -> object:
    return connect("latestReviews", _latest(pull, context, (*_OPINIONS, "COMMENTED")), arguments)


def _latest_opinions(pull: Thing, context: Context, arguments: Fields) -> object:
    return connect("latestOpinionatedReviews", _latest(pull, context, _OPINIONS), arguments)


def _requests(pull: Thing, _context: Context, arguments: Fields) -> object:
    asked = [Thing("User", body, pull.home) for body in pull.body.objects("requested_reviewers", [])]
    asked += [Thing("Team", body, pull.home) for body in pull.body.objects("requested_teams", [])]
    found = [
        {"asCodeOwner": False, "id": f"RR_{pull.identifier}_{one.identifier}", "requestedReviewer": one}
        for one in asked
    ]
    return connect("reviewRequests", found, arguments)


def _decision(pull: Thing, context: Context, _arguments: Fields) -> str | None:
    """Return whether the reviews that the base branch asks for are there; nothing where it asks for none."""
    where = place(pull.place())
    rules = list(context.items(*where, "rules", "branches", *pull.body.object("base").text("ref").split("/")))
    needed = [rule.object("parameters") for rule in rules if rule.text("type") == "pull_request"]
    if not any(rule.raw.get("required_approving_review_count") for rule in needed):
        return None
    states = [review.body.text("state").upper() for review in _latest(pull, context, _OPINIONS)]
    if "CHANGES_REQUESTED" in states:
        return "CHANGES_REQUESTED"
    count = max(rule.number("required_approving_review_count", 0) for rule in needed)
    return "APPROVED" if states.count("APPROVED") >= count else "REVIEW_REQUIRED"


def _comments(pull: Thing, context: Context, arguments: Fields) -> object:
    where = (*place(pull.place()), "issues", pull.body.number("number"), "comments")
    try:
        found = context.things("IssueComment", pull.home, *where)
    except GitHubError as error:
        if error.status != _NO_ROUTE:
            raise
        found = []  # nobody can make one in a world without the route
    return connect("comments", found, arguments)


def _users(name: str, theirs: str) -> Resolver:
    def resolve(pull: Thing, _context: Context, arguments: Fields) -> object:
        found = [Thing("User", body, pull.home) for body in pull.body.objects(theirs, [])]
        return connect(name, found, arguments)

    return resolve


def _labels(pull: Thing, _context: Context, arguments: Fields) -> object:
    found = [
        {**item.only(("color", "description", "name")), "id": item.raw.get("node_id")}
        for item in pull.body.objects("labels", [])
    ]
    return connect("labels", found, arguments)


def _none(name: str) -> Resolver:
    return lambda _thing, _context, arguments: connect(name, [], arguments)


def _auto_merge(pull: Thing, _context: Context, _arguments: Fields) -> dict[str, object] | None:
    if not pull.body.given("auto_merge"):
        return None
    held = pull.body.object("auto_merge")
    return {
        "authorEmail": None,
        "commitBody": held.raw.get("commit_message"),
        "commitHeadline": held.raw.get("commit_title"),
        "enabledAt": None,
        "enabledBy": Thing("User", held.object("enabled_by")) if held.given("enabled_by") else None,
        "mergeMethod": held.text("merge_method").upper(),
        "pullRequest": pull,
    }


def _merge_commit(pull: Thing, context: Context, _arguments: Fields) -> Thing | None:
    if not pull.body.given("merged_at") or not pull.body.given("merge_commit_sha"):
        return None
    return commit_at(pull.place(), context, pull.body.text("merge_commit_sha"))


def _rollup(pull: Thing, context: Context, _arguments: Fields) -> object:
    return rollup_of(pull.place(), context, pull.body.object("head").text("sha"))


def _base(pull: Thing, _context: Context, _arguments: Fields) -> Thing:
    return pull.place()


def _may_push(pull: Thing, _context: Context, _arguments: Fields) -> bool:
    held = pull.place().body.raw.get("permissions")
    return isinstance(held, dict) and held.get("push") is True


def _may_administer(pull: Thing, _context: Context, _arguments: Fields) -> bool:
    held = pull.place().body.raw.get("permissions")
    return isinstance(held, dict) and held.get("admin") is True


def _mine(pull: Thing, context: Context, _arguments: Fields) -> bool:
    return pull.body.given("user") and pull.body.object("user").raw.get("id") == context.call.caller().id


def _headline(pull: Thing, _context: Context, arguments: Fields) -> str:
    title, number = pull.body.text("title"), pull.body.number("number")
    if arguments.text("mergeType", "MERGE") == "SQUASH":
        return f"{title} (#{number})"
    owner = pull.body.object("head").object("user").text("login")
    return f"Merge pull request #{number} from {owner}/{pull.body.object('head').text('ref')}"


def _body_text(pull: Thing, _context: Context, arguments: Fields) -> str:
    return "" if arguments.text("mergeType", "MERGE") == "SQUASH" else pull.body.text("title")


fields(
    "PullRequest",
    {
        **same(
            "additions",
            "changedFiles",
            "closedAt",
            "createdAt",
            "deletions",
            "locked",
            "mergedAt",
            "number",
            "title",
            "updatedAt",
        ),
        **renamed(
            {
                "databaseId": "id",
                "fullDatabaseId": "id",
                "id": "node_id",
                "isDraft": "draft",
                "maintainerCanModify": "maintainer_can_modify",
                "merged": "merged",
                "permalink": "html_url",
                "url": "html_url",
            }
        ),
        "activeLockReason": always(None),
        "assignees": _users("assignees", "assignees"),
        "author": actor_of("user"),
        "authorAssociation": upper("author_association"),
        "autoMergeRequest": _auto_merge,
        "baseRef": _ref("base"),
        "baseRefName": rest("base.ref"),
        "baseRefOid": rest("base.sha"),
        "baseRepository": _base,
        "body": lambda pull, _context, _arguments: pull.body.optional_text("body") or "",
        "bodyText": lambda pull, _context, _arguments: pull.body.optional_text("body") or "",
        "closed": _closed,
        "closingIssuesReferences": _none("closingIssuesReferences"),
        "comments": _comments,
        "commits": _commits,
        "files": _files,
        "headRef": _ref("head"),
        "headRefName": rest("head.ref"),
        "headRefOid": rest("head.sha"),
        "headRepository": _repository("head"),
        "headRepositoryOwner": _head_owner,
        "isCrossRepository": _crosses,
        "isInMergeQueue": always(_NO),
        "isMergeQueueEnabled": always(_NO),
        "labels": _labels,
        "latestOpinionatedReviews": _latest_opinions,
        "latestReviews": _latest_reviews,
        "mergeCommit": _merge_commit,
        "mergeStateStatus": _merge_state,
        "mergeable": _mergeable,
        "mergedBy": actor_of("merged_by"),
        "milestone": always(None),
        "projectCards": _none("projectCards"),
        "projectItems": _none("projectItems"),
        "reactionGroups": always([]),
        "repository": _base,
        "resourcePath": path_of(),
        "reviewDecision": _decision,
        "reviewRequests": _requests,
        "reviewThreads": threads,
        "reviews": _reviews,
        "state": _state,
        "statusCheckRollup": _rollup,
        "viewerCanMergeAsAdmin": _may_administer,
        "viewerCanUpdate": _may_push,
        "viewerDidAuthor": _mine,
        "viewerMergeBodyText": _body_text,
        "viewerMergeHeadlineText": _headline,
    },
)
