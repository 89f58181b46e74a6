"""What follows when a ref has moved: the one place that every way of moving one leads to.

A git push, the refs and contents of REST, a merge: each moves a ref in git and then says so here, inside the
transaction of its request. The repository's time of last push is noted, pull requests follow their branches, and
`push`, `create` and `delete` are told as GitHub's webhooks tell them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.git_history import pushed_commits, touched_files
from twinlock_world.git_objects import ABSENT
from twinlock_world.github.pulls.pusher import remember_pusher
from twinlock_world.github.pulls.synchronize import follow
from twinlock_world.github.repository import get_repository, mark_pushed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.git_objects import Commit, Signature
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue

_LISTED: Final = 20
"""GitHub lists up to 2,048 commits of a push; here the newest twenty, as a rehearsal needs no more."""
_KINDS: Final = {"refs/heads/": "branch", "refs/tags/": "tag"}


@dataclass(frozen=True, slots=True)
class RefMove:
    """A ref that has moved: from where, to where (`ABSENT` for a creation or a deletion), and who moved it."""

    ref: str
    before: str
    after: str
    actor: Identity | None


def ref_moved(site: Site, move: RefMove) -> None:
    """Let everything follow a ref that has just moved in git."""
    repository = get_repository(site.store, site.repository.id) or site.repository
    mark_pushed(site.store, repository)
    remember_pusher(site, move)
    follow(site, move.ref, move.after, move.actor)
    site.publish("push", None, move.actor, push_payload(site, move))
    kind = next((name for prefix, name in _KINDS.items() if move.ref.startswith(prefix)), None)
    if kind is not None and ABSENT in {move.before, move.after}:
        name = move.ref.split("/", 2)[2]
        payload: JsonObject = {"ref": name, "ref_type": kind, "pusher_type": "user"}
        if move.before == ABSENT:
            extra = {"master_branch": repository.default_branch, "description": repository.settings.raw["description"]}
            site.publish("create", None, move.actor, {**payload, **extra})
        else:
            site.publish("delete", None, move.actor, payload)


def push_payload(site: Site, move: RefMove) -> JsonObject:
    """Return what GitHub's webhooks tell of a push."""
    objects = site.objects
    branch = move.ref.startswith("refs/heads/")
    brought = pushed_commits(objects, move.ref, move.before, move.after, _LISTED) if branch else []
    commits = _listed(site, brought)
    whole = ABSENT not in {move.before, move.after}
    span = f"{move.before[:12]}...{move.after[:12]}" if whole else move.ref.split("/", 2)[-1]
    pusher: JsonObject = {"name": move.actor.login, "email": None} if move.actor else {"name": "none"}
    return {
        "ref": move.ref,
        "before": move.before,
        "after": move.after,
        "created": move.before == ABSENT,
        "deleted": move.after == ABSENT,
        "forced": whole and not objects.is_ancestor(move.before, move.after),
        "base_ref": None,
        "compare": site.urls.html(site.repository.full_name, "compare", span),
        "commits": commits,
        "head_commit": commits[-1] if brought and brought[-1].sha == move.after else _head(site, move),
        "pusher": pusher,
    }


def _head(site: Site, move: RefMove) -> JsonObject | None:
    found = None if move.after == ABSENT else site.objects.commit(move.after)
    return None if found is None else _listed(site, [found])[0]


def _listed(site: Site, commits: Sequence[Commit]) -> list[JsonObject]:
    touched = touched_files(site.objects, commits)
    return [_commit(site, commit, touched[commit.sha]) for commit in commits]


def _commit(site: Site, commit: Commit, touched: Sequence[tuple[str, str]]) -> JsonObject:
    files: dict[str, list[JsonValue]] = {"added": [], "removed": [], "modified": []}
    for letter, path in touched:
        files[{"A": "added", "D": "removed"}.get(letter, "modified")].append(path)
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "distinct": True,
        "message": commit.message.removesuffix("\n"),
        "timestamp": commit.committer.date,
        "url": site.urls.html(site.repository.full_name, "commit", commit.sha),
        "author": _person(commit.author),
        "committer": _person(commit.committer),
        **files,
    }


def _person(who: Signature) -> JsonObject:
    return {"name": who.name, "email": who.email, "date": who.date}
