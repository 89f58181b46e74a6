"""How a pull request ends well: merged, squashed or rebased onto its base, as real commits.

Wording of refusals: `Pull Request is not mergeable`, `Pull Request is still a draft`, `This branch can't be rebased`,
`Head branch was modified. Review and try the merge again.` (409), `Base branch was modified. Review and try the merge
again.`, `Merge commits are not allowed on this repository.` (also where a rule's `allowed_merge_methods` leaves it out)
stand in many public logs; what rules say is the policy kernel's. In which order GitHub asks is unconfirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.git_history import merged_tree, replay
from twinlock_world.git_incoming import incoming
from twinlock_world.git_objects import ABSENT, ConflictError
from twinlock_world.github.commits import signature_of
from twinlock_world.github.errors import GitHubError, conflict
from twinlock_world.github.pulls.facts import pull_facts
from twinlock_world.github.pulls.mergeability import commits_of
from twinlock_world.github.pulls.message import merge_message, squash_message
from twinlock_world.github.pulls.opening import retarget, tell
from twinlock_world.github.pulls.pull import HEADS, account, merged_as, open_pulls
from twinlock_world.github.pulls.rules import allowed_methods
from twinlock_world.github.pulls.synchronize import caught_up
from twinlock_world.github.pulls.trial_merge import web_flow
from twinlock_world.github.ref_moves import RefMove, ref_moved
from twinlock_world.github.ruling import Change, enforce, judged
from twinlock_world.policy.attempt import How

if TYPE_CHECKING:
    from twinlock_world.git_objects import GitRepository
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site

_NOT_ALLOWED: Final = {
    "merge": "Merge commits are not allowed on this repository.",
    "squash": "Squash merges are not allowed on this repository.",
    "rebase": "Rebase merges are not allowed on this repository.",
}


@dataclass(frozen=True, slots=True)
class AskedMerge:
    """A merge as it is asked for: how, of which head, and with what message."""

    method: str = "merge"
    sha: str | None = None
    title: str | None = None
    message: str | None = None


def merge_pull(site: Site, pull: PullRequest, identity: Identity, asked: AskedMerge) -> PullRequest:
    """Merge a pull request, and return it as it is then.

    Raises:
        GitHubError: 405, it cannot be merged, or the rules forbid it; 409, it has another head than asked for.
    """
    pull = caught_up(site, pull)
    if not pull.is_open:
        raise _not_allowed("Pull Request is not mergeable")
    if pull.draft:
        raise _not_allowed("Pull Request is still a draft")
    if asked.sha is not None and asked.sha != pull.head_sha:
        raise conflict("Head branch was modified. Review and try the merge again.")
    if asked.method not in allowed_methods(site, pull):
        raise _not_allowed(_NOT_ALLOWED[asked.method])
    base = HEADS + pull.base_ref
    with incoming(site.objects) as new:  # a refused merge leaves nothing to read
        commit = _written(site, new.objects, pull, identity, asked)
        change = Change(base, pull.base_sha, commit, How.MERGE, signed=asked.method != "rebase")
        enforce(site, identity, change, pull_facts(site, pull, asked.method), new.objects, status=405)
        new.adopt()
    try:
        site.objects.update_ref(base, commit, pull.base_sha)
    except ConflictError as error:
        raise _not_allowed("Base branch was modified. Review and try the merge again.") from error
    merged = merged_as(site.store, pull, identity, commit)
    ref_moved(site, RefMove(base, change.old, commit, identity))
    tell(site, merged, identity, "closed")
    if site.repository.settings.flag("delete_branch_on_merge"):
        _delete_head(site, merged, identity)
    return merged


def _written(site: Site, objects: GitRepository, pull: PullRequest, identity: Identity, asked: AskedMerge) -> str:
    """Store the commits of a merge, and return the one that the base is to name."""
    now = site.store.timestamp()
    tree = merged_tree(objects, pull.base_sha, pull.head_sha)
    if tree is None:
        raise _not_allowed("Pull Request is not mergeable")
    merger, shas = signature_of(identity, now), commits_of(site, pull)
    if asked.method == "rebase":
        copy = replay(objects, pull.base_sha, shas, merger)
        if copy is None or copy == pull.base_sha:
            raise _not_allowed("This branch can't be rebased")
        return copy
    if asked.method == "merge":
        message = merge_message(pull, asked.title, asked.message)
        return objects.write_commit(
            tree, (pull.base_sha, pull.head_sha), message, merger, web_flow(site.store.timestamp())
        )
    author = signature_of(account(site.store, pull.author) or identity, now)
    commits = [commit for sha in shas if (commit := objects.commit(sha)) is not None and len(commit.parents) < 2]  # noqa: PLR2004 - merges are left out of a squash's text
    message = squash_message(pull, commits, author, asked.title, asked.message)
    return objects.write_commit(tree, (pull.base_sha,), message, author, web_flow(now))


def _delete_head(site: Site, pull: PullRequest, identity: Identity) -> None:
    """Delete the merged branch where the rules let it go; pull requests that stood on it move to its base."""
    ref = site.objects.ref(HEADS + pull.head_ref)
    others = open_pulls(site.store, site.repository)
    needed = pull.head_ref == site.repository.default_branch or any(other.head_ref == pull.head_ref for other in others)
    if ref is None or ref.sha != pull.head_sha or needed:
        return
    change = Change(ref.name, ref.sha, ABSENT, How.REF)
    if not judged(site, identity, change).allowed:
        return
    for other in others:
        if other.base_ref == pull.head_ref:
            retarget(site, other, pull.base_ref, identity)
    site.objects.update_ref(ref.name, ABSENT, ref.sha)
    ref_moved(site, RefMove(ref.name, ref.sha, ABSENT, identity))


def _not_allowed(message: str) -> GitHubError:
    return GitHubError(405, message)
