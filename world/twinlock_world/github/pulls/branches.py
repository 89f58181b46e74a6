"""Merges of branches without a pull request: the base into a head, one branch into another.

Wording: `There are no new commits on the base branch.`, `merge conflict between base and head`, `expected head sha
didn't match current head ref.` (with a typographic apostrophe), `Merge conflict`, `Base does not exist` as seen in
GitHub's answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock_world.git_history import is_behind, merged_tree
from twinlock_world.git_incoming import incoming
from twinlock_world.git_objects import ConflictError
from twinlock_world.github.commits import signature_of
from twinlock_world.github.errors import conflict, invalid, not_found
from twinlock_world.github.pulls.pull import HEADS
from twinlock_world.github.pulls.synchronize import caught_up
from twinlock_world.github.pulls.trial_merge import web_flow
from twinlock_world.github.ref_changes import change_ref
from twinlock_world.github.ruling import Change
from twinlock_world.policy.attempt import How

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site


@dataclass(frozen=True, slots=True)
class _Merge:
    """A merge commit that a ref is to name."""

    ref: str
    tree: str
    ours: str
    theirs: str
    message: str


def update_head(site: Site, pull: PullRequest, identity: Identity, expected: str | None) -> None:
    """Merge a pull request's base into its head.

    Raises:
        GitHubError: 422, there is nothing to merge, it conflicts, or the head is another than expected.
    """
    pull = caught_up(site, pull)
    if not pull.is_open:
        raise invalid("Cannot update the branch of a closed pull request.")  # unconfirmed
    if expected is not None and expected != pull.head_sha:
        raise invalid("expected head sha didn\N{RIGHT SINGLE QUOTATION MARK}t match current head ref.")
    if not is_behind(site.objects, pull.base_sha, pull.head_sha):
        raise invalid("There are no new commits on the base branch.")
    tree = merged_tree(site.objects, pull.head_sha, pull.base_sha)
    if tree is None:
        raise invalid("merge conflict between base and head")
    message = f"Merge branch '{pull.base_ref}' into {pull.head_ref}"
    merge = _Merge(HEADS + pull.head_ref, tree, pull.head_sha, pull.base_sha, message)
    _move(site, identity, merge, How.UPDATE_BRANCH, 422)


def merge_branch(site: Site, identity: Identity, base: str, head: str, message: str | None) -> str | None:
    """Merge a branch or commit into a branch; return the merge, or nothing where it has it all already.

    Raises:
        GitHubError: 404, one of them isn't there; 409, they conflict, or the rules forbid it.
    """
    held = site.objects.ref(HEADS + base)
    if held is None:
        raise not_found("Base does not exist")
    tip = site.objects.resolve(head)
    if tip is None:
        raise not_found("Head does not exist")
    if site.objects.is_ancestor(tip, held.sha):
        return None
    tree = merged_tree(site.objects, held.sha, tip)
    if tree is None:
        raise conflict("Merge conflict")
    text = message if message is not None else f"Merge {head} into {base}"
    return _move(site, identity, _Merge(held.name, tree, held.sha, tip, text), How.BRANCH_MERGE, 409)


def _move(site: Site, identity: Identity, merge: _Merge, how: How, status: int) -> str:
    """Make the merge, and let its branch name it; `status` is how GitHub refuses what the rules forbid."""
    author = signature_of(identity, site.store.timestamp())
    with incoming(site.objects) as room:
        parents = (merge.ours, merge.theirs)
        commit = room.objects.write_commit(merge.tree, parents, merge.message, author, web_flow(site.store.timestamp()))
        change = Change(merge.ref, merge.ours, commit, how, signed=True)
        try:
            change_ref(site, identity, change, room, status=status)
        except ConflictError as error:
            raise conflict("Base branch was modified. Review and try the merge again.") from error
    return commit
