"""What a moved branch does to pull requests: new commits on the head, a base that went on, a branch that is gone.

Approvals are dismissed as stale only when what there is to review has changed, not when the base is merely merged in
(https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets:
"new, reviewable commits"). Called for each moved ref, and before a merge for what moved unseen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.git_history import between, differences, merge_base
from twinlock_world.git_objects import ABSENT
from twinlock_world.github.access import Role, role_on
from twinlock_world.github.pulls.opening import close_pull, tell
from twinlock_world.github.pulls.owners import ask_owners
from twinlock_world.github.pulls.pull import HEADS, merged_as, open_pulls
from twinlock_world.github.pulls.review import dismiss_stale
from twinlock_world.github.pulls.rules import reviews_go_stale
from twinlock_world.github.pulls.trial_merge import update_test_merge

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site


def follow(site: Site, ref: str, after: str, actor: Identity | None) -> None:
    """Let the open pull requests of a branch that has moved follow it."""
    if not ref.startswith(HEADS):
        return
    branch = ref.removeprefix(HEADS)
    for pull in open_pulls(site.store, site.repository):
        if branch not in {pull.head_ref, pull.base_ref}:
            continue
        if after == ABSENT:
            close_pull(site, pull, actor)
        elif branch == pull.head_ref:
            _head_moved(site, pull, after, actor)
        else:
            _base_moved(site, pull, after, actor)


def follow_rename(site: Site, old: str, new: str, actor: Identity | None) -> None:
    """Let pull requests into a renamed branch go into it still; those out of it are closed once the old name is gone.

    As documented: https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-branches-in-your-repository/renaming-a-branch
    """
    for pull in open_pulls(site.store, site.repository):
        if pull.base_ref == old:
            changes = {"base": {"ref": {"from": old}, "sha": {"from": pull.base_sha}}}
            tell(site, pull.changed(site.store, base_ref=new), actor, "edited", changes=changes)


def caught_up(site: Site, pull: PullRequest) -> PullRequest:
    """Return a pull request that is where its branches are, also when one moved and nobody said so.

    A process that was killed between moving a ref and noting it leaves such a gap; who pushed is unknown then.
    """
    pull = pull.reread(site.store)
    if not pull.is_open:
        return pull
    at = {ref.name.removeprefix(HEADS): ref.sha for ref in site.objects.refs(HEADS)}
    head, base = at.get(pull.head_ref), at.get(pull.base_ref)
    if head is None or base is None:
        return close_pull(site, pull, None)
    if base != pull.base_sha:
        _base_moved(site, pull, base, None)
        pull = pull.reread(site.store)
    if head != pull.head_sha and pull.is_open:
        _head_moved(site, pull, head, None)
        pull = pull.reread(site.store)
    return pull


def _head_moved(site: Site, pull: PullRequest, after: str, actor: Identity | None) -> None:
    before = pull.head_sha
    if before == after:
        return
    site.objects.update_ref(f"refs/pull/{pull.number}/head", after)
    moved = pull.changed(site.store, head_sha=after)
    reviewable = _to_review(site, pull) != _to_review(site, moved)
    if reviewable:
        pusher = None if actor is None else actor.id
        moved = moved.changed(site.store, pushes=pull.fields.number("pushes") + 1, last_pusher=pusher)
    if moved.auto_merge is not None and (actor is None or role_on(site.store, site.repository, actor) < Role.PUSH):
        moved = moved.changed(site.store, auto_merge=None)
    if not between(site.objects, moved.base_sha, after):
        close_pull(site, moved, actor)  # nothing is left to merge
        return
    update_test_merge(site, moved)
    tell(site, moved, actor, "synchronize", before=before, after=after)
    if reviewable and reviews_go_stale(site, moved):
        dismiss_stale(site, moved, actor)
    if not moved.draft:
        ask_owners(site, moved, actor)


def _base_moved(site: Site, pull: PullRequest, after: str, actor: Identity | None) -> None:
    """The base has it all: somebody merged by pushing. Otherwise only what there is to review may have changed.

    That is what the head has beyond their common ancestor, so it changes only where the ancestor does.
    """
    objects, head = site.objects, pull.head_sha
    ancestor = merge_base(objects, after, head)
    if ancestor == head:
        tell(site, merged_as(site.store, pull, actor, after), actor, "closed")
        return
    moved = pull.changed(site.store, base_sha=after)
    if (
        ancestor != merge_base(objects, pull.base_sha, head)
        and _to_review(site, pull) != _to_review(site, moved)
        and reviews_go_stale(site, moved)
    ):
        dismiss_stale(site, moved, actor)


def _to_review(site: Site, pull: PullRequest) -> list[tuple[str, str | None, str, str]]:
    """Return what a reviewer sees of each file: its lines without their numbers, of a binary its object."""
    return [
        (found.path, found.previous, found.status, found.sha if found.patch is None else _lines(found.patch))
        for found in differences(site.objects, pull.base_sha, pull.head_sha)
    ]


def _lines(patch: str) -> str:
    return "\n".join("@@" if line.startswith("@@ ") else line for line in patch.split("\n"))
