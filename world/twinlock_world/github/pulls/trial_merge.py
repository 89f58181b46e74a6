"""What merging a pull request would give now: `refs/pull/N/merge`, which GitHub keeps and workflows run on.

The same base and head always give the same commit, so it is made once; what the ref names is remembered, so that a list
of pull requests asks git nothing that it has asked before.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from twinlock_world.git_history import merged_tree
from twinlock_world.git_objects import ABSENT, Signature

if TYPE_CHECKING:
    from twinlock_world.git_objects import GitRepository
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site

_named: Final[dict[tuple[GitRepository, int], str | None]] = {}
"""What the ref of each pull request was last seen to name, in this process."""


def web_flow(date: str) -> Signature:
    """Return who commits what GitHub itself writes."""
    return Signature("GitHub", "noreply@github.com", date)


def update_test_merge(site: Site, pull: PullRequest) -> str | None:
    """Let `refs/pull/N/merge` name what merging would give now; there is none on a conflict. Return its commit."""
    objects, key = site.objects, (site.objects, pull.number)
    commit = _merge(objects, pull.base_sha, pull.head_sha)
    if key not in _named or _named[key] != commit:
        name = f"refs/pull/{pull.number}/merge"
        if commit is not None:
            objects.update_ref(name, commit)
        elif objects.ref(name) is not None:
            objects.update_ref(name, ABSENT)
        _named[key] = commit
    return commit


@lru_cache(4096)
def _merge(objects: GitRepository, base: str, head: str) -> str | None:
    tree, last = merged_tree(objects, base, head), objects.commit(head)
    if tree is None or last is None:
        return None
    who = web_flow(last.committer.date)
    return objects.write_commit(tree, (base, head), f"Merge {head} into {base}", who, who)
