"""Auto-merge: a pull request that merges itself as soon as nothing stands against it.

It merges as whoever asked for it, with what they may do then. Wording: `Pull request Auto merge is not allowed for this
repository` and `Pull request Pull request is in clean status` as seen in GitHub's answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.git_objects import GitError
from twinlock_world.github.access import Role, role_on
from twinlock_world.github.errors import GitHubError, forbidden, invalid
from twinlock_world.github.pulls.mergeability import mergeability
from twinlock_world.github.pulls.merging import AskedMerge, merge_pull
from twinlock_world.github.pulls.opening import tell
from twinlock_world.github.pulls.pull import account, open_pulls
from twinlock_world.github.pulls.rules import allowed_methods
from twinlock_world.github.pulls.synchronize import caught_up
from twinlock_world.github.repository import get_repository
from twinlock_world.github.site import Site

if TYPE_CHECKING:
    from twinlock_world.events import Event
    from twinlock_world.git_objects import GitRepositories
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.urls import Urls
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Store

_MAY_HELP: Final = frozenset(
    {
        "check_run",
        "check_suite",
        "deployment_status",
        "pull_request",
        "pull_request_review",
        "pull_request_review_thread",
        "push",
        "status",
        "workflow_run",
    }
)
"""Events after which a merge may have become possible."""


def enable_auto_merge(site: Site, pull: PullRequest, identity: Identity, asked: AskedMerge) -> PullRequest:
    """Let a pull request be merged as soon as it may be.

    Raises:
        GitHubError: 403, they may not merge; 422, it could be merged now, or never, or the repository has it off.
    """
    pull = caught_up(site, pull)
    if role_on(site.store, site.repository, identity) < Role.PUSH:
        raise forbidden("Must have push access to Repository.")
    if not site.repository.settings.flag("allow_auto_merge"):
        raise invalid("Pull request Auto merge is not allowed for this repository")
    if asked.method not in allowed_methods(site, pull):
        raise invalid(f"Merge method {asked.method} merging is not allowed on this repository")  # unconfirmed
    able = mergeability(site, pull, identity)
    if not pull.is_open or able.state in {"clean", "unstable", "draft"}:
        state = able.state if pull.is_open else "closed"
        raise invalid(f"Pull request Pull request is in {state} status")
    document: JsonObject = {
        "by": identity.id,
        "method": asked.method,
        "title": asked.title,
        "message": asked.message,
    }
    changed = pull.changed(site.store, auto_merge=document)
    tell(site, changed, identity, "auto_merge_enabled")
    return changed


def disable_auto_merge(site: Site, pull: PullRequest, identity: Identity) -> PullRequest:
    """Let a pull request wait for somebody to merge it.

    Raises:
        GitHubError: 403, they may not; 422, it waits for nobody else already.
    """
    if role_on(site.store, site.repository, identity) < Role.PUSH and identity.id != pull.author:
        raise forbidden("Must have push access to Repository.")
    if pull.auto_merge is None:
        raise invalid("Can't disable auto-merge for this pull request")
    changed = pull.changed(site.store, auto_merge=None)
    tell(site, changed, identity, "auto_merge_disabled", reason="")
    return changed


def watch(store: Store, git: GitRepositories, urls: Urls) -> None:
    """Try again to merge what waits, after each event that may have removed an obstacle."""

    def heard(event: Event) -> None:
        if event.name not in _MAY_HELP or event.repository_id is None:
            return
        repository = get_repository(store, event.repository_id)
        if repository is None:
            return
        site = Site(store, git, urls, repository)
        for pull in open_pulls(store, repository):
            if pull.auto_merge is not None:
                _try(site, pull)

    store.events.subscribe(heard)


def _try(site: Site, pull: PullRequest) -> None:
    wanted = pull.auto_merge
    who = None if wanted is None else account(site.store, wanted.number("by"))
    if wanted is None or who is None or role_on(site.store, site.repository, who) < Role.PUSH:
        return
    asked = AskedMerge(wanted.text("method"), None, wanted.optional_text("title"), wanted.optional_text("message"))
    able = mergeability(site, pull, who)
    if able.state not in {"clean", "unstable"}:
        return
    try:
        with site.store.transaction():
            merge_pull(site, pull, who, asked)
    except (GitHubError, GitError):
        return  # something stands against it still; the next event may change that
