"""A pull request as the rules on its base see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.github.access import Role, role_on
from twinlock_world.github.pulls.owners import changed_paths, owners_of
from twinlock_world.github.pulls.pull import HEADS, account
from twinlock_world.github.pulls.review import opinions
from twinlock_world.github.pulls.thread import unresolved
from twinlock_world.policy.facts import Access, PullFacts, ReviewFact, ReviewState

if TYPE_CHECKING:
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site
    from twinlock_world.store import Record


def pull_facts(site: Site, pull: PullRequest, method: str) -> PullFacts:
    """Return what rules may ask of a pull request that is to be merged by this method."""
    return PullFacts(
        number=pull.number,
        author=pull.author,
        base_ref=HEADS + pull.base_ref,
        head=pull.head_sha,
        last_pusher=pull.last_pusher,
        reviews=tuple(_review(site, pull, review) for review in opinions(site.store, pull)),
        files=changed_paths(site, pull),
        owners=owners_of(site, pull),
        unresolved_threads=unresolved(site.store, pull),
        merge_method=method,
    )


def _review(site: Site, pull: PullRequest, review: Record) -> ReviewFact:
    fields = review.fields
    reviewer = account(site.store, fields.number("author"))
    role = Role.NONE if reviewer is None else role_on(site.store, site.repository, reviewer)
    pushes = fields.number("after_push") if fields.given("after_push") else -1
    return ReviewFact(
        reviewer=fields.number("author"),
        state=ReviewState(fields.text("state")),
        commit=fields.text("commit_id"),
        access=Access(role),
        after_last_push=pushes == pull.fields.number("pushes"),
    )
