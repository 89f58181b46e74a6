"""Merges: of pull requests, of a base into a head, of one branch into another."""

from __future__ import annotations

from typing import Final

from twinlock_world.github.access import WRITE_CONTENTS, Level, RepositoryNeed, Role
from twinlock_world.github.bodies.commit import repository_commit
from twinlock_world.github.bodies.pull import pull_url
from twinlock_world.github.call import NO_CONTENT, Reply
from twinlock_world.github.errors import invalid, not_found
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.pulls.branches import merge_branch, update_head
from twinlock_world.github.pulls.merging import AskedMerge, merge_pull
from twinlock_world.github.pulls.rules import METHODS
from twinlock_world.github.routes.pulls import READ, the_pull
from twinlock_world.github.site import Site

_UPDATE: Final = RepositoryNeed("pull_requests", Level.WRITE, Role.PUSH)


def merge(call: RepositoryCall) -> Reply:
    """Merge a pull request."""
    body = call.body()
    asked = AskedMerge(
        body.choice("merge_method", METHODS) if body.given("merge_method") else "merge",
        body.optional_text("sha"),
        body.optional_text("commit_title"),
        body.optional_text("commit_message"),
    )
    merged = merge_pull(Site.of(call), the_pull(call), call.caller(), asked).merged
    sha = None if merged is None else merged.text("sha")
    return Reply(200, {"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


def show_merged(call: RepositoryCall) -> Reply:
    """Tell by the status whether a pull request was merged."""
    if the_pull(call).merged is None:
        raise not_found()
    return NO_CONTENT


def update(call: RepositoryCall) -> Reply:
    """Merge a pull request's base into its head."""
    site, pull = Site.of(call), the_pull(call)
    update_head(site, pull, call.caller(), call.body().optional_text("expected_head_sha"))
    return Reply(202, {"message": "Updating pull request branch.", "url": pull_url(site, pull)})


def merge_branches(call: RepositoryCall) -> Reply:
    """Merge a branch or commit into a branch."""
    body, site = call.body(), Site.of(call)
    base, head, message = body.text("base"), body.text("head"), body.optional_text("commit_message")
    made = merge_branch(site, call.caller(), base, head, message)
    commit = None if made is None else site.objects.commit(made)
    if commit is None:
        return NO_CONTENT
    return Reply(201, repository_commit(call.urls, call.store, call.repository, commit))


def merge_upstream(call: RepositoryCall) -> Reply:
    """Refuse: this world has no forks, so no repository has one above it."""
    call.body().text("branch")
    raise invalid(f"{call.repository.full_name} is not a fork.")  # unconfirmed


ROUTES: Final = (
    *REPOSITORY.get("/pulls/{number}/merge", READ, show_merged),
    *REPOSITORY.put("/pulls/{number}/merge", WRITE_CONTENTS, merge),
    *REPOSITORY.put("/pulls/{number}/update-branch", _UPDATE, update),
    *REPOSITORY.post("/merges", WRITE_CONTENTS, merge_branches),
    *REPOSITORY.post("/merge-upstream", WRITE_CONTENTS, merge_upstream),
)
