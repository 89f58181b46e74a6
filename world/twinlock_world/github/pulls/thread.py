"""Remarks on lines of a change, and the conversations that they begin.

The first remark of a conversation is its record; replies name it. A conversation is open until somebody resolves it.
A remark must be on a line that the diff shows: GitHub's `pull_request_review_thread.line must be part of the diff`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.git_history import differences
from twinlock_world.github.access import Role, role_on
from twinlock_world.github.bodies.pull import simple_pull
from twinlock_world.github.bodies.review import remark_body
from twinlock_world.github.errors import GitHubError, forbidden, not_found, validation_failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twinlock_world.git_history import Difference
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject
    from twinlock_world.store import Record, Store

REMARK: Final = "review_comment"
_HUNK: Final = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_CONTEXT: Final = 4  # lines of a hunk that GitHub shows above a remark, the remarked one included


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark as it is made: on a line of one side of the diff, on several, or on a file as a whole."""

    path: str
    body: str
    line: int | None = None
    side: str = "RIGHT"
    start_line: int | None = None
    start_side: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A thread: the remark that began it, and the replies in order."""

    first: Record
    replies: Sequence[Record]

    @property
    def resolved_by(self) -> int | None:
        """Who resolved it, if anybody did."""
        fields = self.first.fields
        return fields.number("resolved_by") if fields.given("resolved_by") else None


def remarks_of(store: Store, pull: PullRequest) -> list[Record]:
    """Return all remarks on a pull request, oldest first, those of waiting reviews included."""
    return store.children(REMARK, pull.id)


def conversations(store: Store, pull: PullRequest) -> list[Conversation]:
    """Return the threads of a pull request, oldest first."""
    remarks = remarks_of(store, pull)
    return [
        Conversation(first, [reply for reply in remarks if _is_reply(reply, first.id)])
        for first in remarks
        if not first.fields.given("in_reply_to")
    ]


def unresolved(store: Store, pull: PullRequest) -> int:
    """Return how many threads of a pull request are open; one in a review that waits is not begun yet."""
    return sum(
        thread.resolved_by is None
        for thread in conversations(store, pull)
        if (review := store.get("review", thread.first.peer or 0)) is not None
        and review.fields.text("state") != "PENDING"
    )


def post_remarks(site: Site, pull: PullRequest, review: Record, remarks: Sequence[Remark]) -> list[Record]:
    """Store the remarks of a review.

    Raises:
        GitHubError: 422, one is on something that the diff does not show.
    """
    return [_store(site, pull, review, remark, _hunk(site, pull, remark)) for remark in remarks]


def post_reply(site: Site, pull: PullRequest, review: Record, to: Record, body: str) -> Record:
    """Store a reply to a remark, or to the one that it replies to itself."""
    first = to.fields.number("in_reply_to") if to.fields.given("in_reply_to") else to.id
    author = review.fields.number("author")
    document: JsonObject = {**to.data, "author": author, "body": body, "in_reply_to": first, "resolved_by": None}
    return site.store.insert(REMARK, _key(site.store, pull), document, parent=pull.id, peer=review.id)


def tell_of_remark(site: Site, pull: PullRequest, identity: Identity, remark: Record, action: str) -> None:
    """Publish that a remark was made, changed or deleted."""
    payload: JsonObject = {"comment": remark_body(site, pull, remark), "pull_request": simple_pull(site, pull)}
    site.publish("pull_request_review_comment", action, identity, payload)


def change_remark(site: Site, pull: PullRequest, identity: Identity, remark: Record, body: str) -> Record:
    """Change the text of a remark.

    Raises:
        GitHubError: 403, it is somebody else's, and they cannot write here.
    """
    _may_change(site, identity, remark)
    changed = site.store.update(remark, {**remark.data, "body": body})
    tell_of_remark(site, pull, identity, changed, "edited")
    return changed


def delete_remark(site: Site, pull: PullRequest, identity: Identity, remark: Record) -> None:
    """Delete a remark; the next one of its thread then begins it.

    Raises:
        GitHubError: 403, it is somebody else's, and they cannot write here.
    """
    _may_change(site, identity, remark)
    tell_of_remark(site, pull, identity, remark, "deleted")
    replies = [item for item in remarks_of(site.store, pull) if _is_reply(item, remark.id)]
    site.store.delete(remark)
    if replies:
        first, *others = replies
        heir = {**first.data, "in_reply_to": None, "resolved_by": remark.fields.raw["resolved_by"]}
        site.store.update(first, heir)
        for other in others:
            site.store.update(other, {**other.data, "in_reply_to": first.id})


def set_resolved(site: Site, pull: PullRequest, identity: Identity, first: Record, *, resolved: bool) -> Record:
    """Resolve or reopen a thread: whoever may write, and the author of the pull request.

    Raises:
        GitHubError: 403, they may not; 404, no thread begins there.
    """
    if first.parent != pull.id or first.fields.given("in_reply_to"):
        raise not_found()
    if role_on(site.store, site.repository, identity) < Role.PUSH and identity.id != pull.author:
        raise forbidden("You do not have permission to resolve this conversation.")  # unconfirmed
    if first.fields.given("resolved_by") == resolved:
        return first
    changed = site.store.update(first, {**first.data, "resolved_by": identity.id if resolved else None})
    thread = Conversation(changed, [item for item in remarks_of(site.store, pull) if _is_reply(item, first.id)])
    comments = [remark_body(site, pull, remark) for remark in (changed, *thread.replies)]
    payload: JsonObject = {"pull_request": simple_pull(site, pull), "thread": {"comments": comments}}
    site.publish("pull_request_review_thread", "resolved" if resolved else "unresolved", identity, payload)
    return changed


def _may_change(site: Site, identity: Identity, remark: Record) -> None:
    own = remark.fields.number("author") == identity.id
    if not own and role_on(site.store, site.repository, identity) < Role.PUSH:
        raise forbidden("Must have push access to Repository.")


def _is_reply(remark: Record, first: int) -> bool:
    return remark.fields.given("in_reply_to") and remark.fields.number("in_reply_to") == first


def _key(store: Store, pull: PullRequest) -> str:
    last = max((int(remark.key) for remark in remarks_of(store, pull)), default=0)
    return str(last + 1)


def _store(site: Site, pull: PullRequest, review: Record, remark: Remark, hunk: tuple[str, int]) -> Record:
    text, position = hunk
    document: JsonObject = {
        "author": review.fields.number("author"),
        "path": remark.path,
        "body": remark.body,
        "line": remark.line,
        "side": remark.side,
        "start_line": remark.start_line,
        "start_side": remark.start_side,
        "position": position,
        "commit_id": review.fields.text("commit_id"),
        "diff_hunk": text,
        "in_reply_to": None,
        "resolved_by": None,
    }
    return site.store.insert(REMARK, _key(site.store, pull), document, parent=pull.id, peer=review.id)


def _hunk(site: Site, pull: PullRequest, remark: Remark) -> tuple[str, int]:
    """Return the part of the diff above a remark, and how many lines below the first hunk's head it stands."""
    found = next((one for one in _differences(site, pull) if remark.path in {one.path, one.previous}), None)
    if found is None:
        raise _outside("path", "is invalid")
    lines = (found.patch or "").split("\n")
    if remark.line is None and remark.position is None:
        return "\n".join(lines[:_CONTEXT]), 1
    for at, old, new in _numbered(lines):
        wanted = old if remark.side == "LEFT" else new
        if at == remark.position or (remark.position is None and wanted == remark.line):
            head = max(above for above in range(at + 1) if lines[above].startswith("@@"))
            shown = [lines[head], *lines[max(head + 1, at + 1 - _CONTEXT) : at + 1]]
            return "\n".join(shown), at
    raise _outside("line", "must be part of the diff")


def _numbered(lines: Sequence[str]) -> Iterator[tuple[int, int | None, int | None]]:
    """Yield each line of a patch with its number on the old and on the new side."""
    old = new = 0
    for at, line in enumerate(lines):
        head = _HUNK.match(line)
        if head is not None:
            old, new = int(head[1]), int(head[2])
        elif line.startswith("-"):
            yield at, old, None
            old += 1
        elif line.startswith("+"):
            yield at, None, new
            new += 1
        elif line.startswith(" "):
            yield at, old, new
            old, new = old + 1, new + 1


def _differences(site: Site, pull: PullRequest) -> Sequence[Difference]:
    return differences(site.objects, pull.base_sha, pull.head_sha)


def _outside(name: str, problem: str) -> GitHubError:
    name = f"pull_request_review_thread.{name}"
    return validation_failed("PullRequestReviewComment", name, "custom", f"{name} {problem}")
