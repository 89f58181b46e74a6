"""What only GraphQL can do with a pull request: drafts, merging once it may be, conversations' ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.access import Role, role_on
from twinlock_world.github.pulls.auto_merge import disable_auto_merge, enable_auto_merge
from twinlock_world.github.pulls.merging import AskedMerge
from twinlock_world.github.pulls.opening import set_draft
from twinlock_world.github.pulls.pull import PullRequest, find_pull
from twinlock_world.github.pulls.thread import REMARK, set_resolved
from twinlock_world.github.repository import get_repository
from twinlock_world.github.site import Site
from twinlock_world.graphql.errors import not_found
from twinlock_world.graphql.identifiers import node, number_of
from twinlock_world.graphql.mutations.payload import asked, named, payload
from twinlock_world.graphql.thing import Thing, fields
from twinlock_world.graphql.types.review import thread_thing

if TYPE_CHECKING:
    from twinlock_world.graphql.context import Context
    from twinlock_world.graphql.thing import Resolver
    from twinlock_world.jsonvalue import Fields


def _enable_auto_merge(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    thing = named(context, wanted, "pullRequestId", "PullRequest")
    site, pull = _pull(context, thing)
    merge = AskedMerge(
        method=wanted.text("mergeMethod", "MERGE").lower(),
        sha=wanted.optional_text("expectedHeadOid"),
        title=wanted.optional_text("commitHeadline"),
        message=wanted.optional_text("commitBody"),
    )
    enable_auto_merge(site, pull, context.call.caller(), merge)
    return payload(wanted, actor=None, pullRequest=_again(context, thing))


def _disable_auto_merge(_root: Thing, context: Context, arguments: Fields) -> object:
    wanted = asked(arguments)
    thing = named(context, wanted, "pullRequestId", "PullRequest")
    disable_auto_merge(*_pull(context, thing), context.call.caller())
    return payload(wanted, actor=None, pullRequest=_again(context, thing))


def _draft(*, draft: bool) -> Resolver:
    def resolve(_root: Thing, context: Context, arguments: Fields) -> object:
        wanted = asked(arguments)
        thing = named(context, wanted, "pullRequestId", "PullRequest")
        set_draft(*_pull(context, thing), context.call.caller(), draft=draft)
        return payload(wanted, pullRequest=_again(context, thing))

    return resolve


def _thread(*, resolved: bool) -> Resolver:
    def resolve(_root: Thing, context: Context, arguments: Fields) -> object:
        wanted = asked(arguments)
        number = number_of(wanted.text("threadId"))
        record = None if number is None else context.store.get(REMARK, number)
        owner = None if record is None else context.store.lookup(record.parent or 0)
        if record is None or owner is None:
            raise not_found(f"Could not resolve to a node with the global id of '{wanted.text('threadId')}'")
        home = context.body("repositories", owner.parent or 0)
        pull = None if home is None else context.body("repositories", owner.parent or 0, "pulls", owner.key)
        if home is None or pull is None:
            raise not_found(f"Could not resolve to a node with the global id of '{wanted.text('threadId')}'")
        thing = Thing("PullRequest", pull, Thing("Repository", home))
        site, held = _pull(context, thing)
        set_resolved(site, held, context.call.caller(), record, resolved=resolved)
        context.known.clear()
        changed = context.store.get(REMARK, record.id) or record
        return payload(wanted, thread=thread_thing(thing, changed))

    return resolve


def _pull(context: Context, thing: Thing) -> tuple[Site, PullRequest]:
    """Return the records behind a pull request that the caller may see.

    Raises:
        QueryError: They may not see it.
    """
    repository = get_repository(context.store, thing.place().identifier)
    if repository is None or role_on(context.store, repository, context.call.identity) < Role.PULL:
        raise not_found("Could not resolve to a PullRequest")
    found = find_pull(context.store, repository, thing.body.number("number"))
    if found is None:
        raise not_found("Could not resolve to a PullRequest")
    return Site(context.store, context.call.git, context.urls, repository), found


def _again(context: Context, thing: Thing) -> Thing:
    context.known.clear()
    return node(context, thing.body.text("node_id"))


fields(
    "Mutation",
    {
        "convertPullRequestToDraft": _draft(draft=True),
        "disablePullRequestAutoMerge": _disable_auto_merge,
        "enablePullRequestAutoMerge": _enable_auto_merge,
        "markPullRequestReadyForReview": _draft(draft=False),
        "resolveReviewThread": _thread(resolved=True),
        "unresolveReviewThread": _thread(resolved=False),
    },
)
