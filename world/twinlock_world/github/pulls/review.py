"""Reviews: begun, submitted, dismissed, and which of them counts.

A review is of the commit that was the head when it was made. Of each reviewer the newest one that is more than a
comment is their opinion; a dismissed one is an opinion of nothing. Wording of refusals: seen in GitHub's answers and in
`gh`'s by many (`Review Can not approve your own pull request`, `GitHub Actions is not permitted to approve pull
requests.`, `User can only have one pending review per pull request`, `Can not dismiss a commented pull request
review`); where a review lacks its text, unconfirmed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import Role, role_on
from twinlock_world.github.accounts import App
from twinlock_world.github.actions_policy import repository_policy
from twinlock_world.github.bodies.pull import simple_pull
from twinlock_world.github.bodies.review import review_body
from twinlock_world.github.errors import GitHubError, forbidden, not_found
from twinlock_world.github.pulls.reviewers import reviewed_by
from twinlock_world.github.pulls.rules import may_dismiss
from twinlock_world.github.pulls.thread import Remark, post_remarks, post_reply, remarks_of, tell_of_remark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.pulls.pull import PullRequest
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record, Store

REVIEW: Final = "review"
EVENTS: Final = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
PENDING: Final = "PENDING"
DISMISSED: Final = "DISMISSED"

_ACTIONS: Final = "github-actions"
_OPINIONS: Final = frozenset({"APPROVED", "CHANGES_REQUESTED", DISMISSED})
_NEEDS_TEXT: Final = {
    "REQUEST_CHANGES": "Review body can't be blank when requesting changes",
    "COMMENT": "Review body can't be blank when commenting",
}
_OWN: Final = {"APPROVE": "approve", "REQUEST_CHANGES": "request changes on"}


@dataclass(frozen=True, slots=True)
class AskedReview:
    """A review as it is asked for; without an event it waits until it is submitted."""

    event: str | None = None
    body: str = ""
    commit_id: str | None = None
    remarks: Sequence[Remark] = field(default=())


def reviews_of(store: Store, pull: PullRequest) -> list[Record]:
    """Return a pull request's reviews in the order in which they were submitted, those that wait last."""
    found = store.children(REVIEW, pull.id)
    return sorted(found, key=lambda review: (_waits(review), review.fields.number("place"), review.id))


def opinions(store: Store, pull: PullRequest) -> list[Record]:
    """Return the newest review of each reviewer that is more than a comment."""
    found: dict[int, Record] = {}
    for review in reviews_of(store, pull):
        if review.fields.text("state") in _OPINIONS:
            found[_author(review)] = review
    return list(found.values())


def begin_review(site: Site, pull: PullRequest, identity: Identity, asked: AskedReview) -> Record:
    """Make a review, and submit it if an event is asked for.

    Raises:
        GitHubError: 422, it is of their own pull request, has no text, or is of a foreign commit.
    """
    _may_submit(site, pull, identity, asked)
    held = site.store.children(REVIEW, pull.id)
    if asked.event is None and any(_waits(review) and _author(review) == identity.id for review in held):
        raise unprocessable("User can only have one pending review per pull request")
    commit = asked.commit_id or pull.head_sha
    if commit != pull.head_sha and not site.objects.is_ancestor(commit, pull.head_sha):
        raise unprocessable("Commit is not part of the pull request")
    review = _begun(site, pull, identity, asked.body, commit)
    post_remarks(site, pull, review, asked.remarks)
    return review if asked.event is None else _submitted(site, pull, identity, review, asked.event)


def submit_review(site: Site, pull: PullRequest, identity: Identity, review: Record, asked: AskedReview) -> Record:
    """Submit a review that waits, with another text if one is given.

    Raises:
        GitHubError: 404, it is somebody else's; 422, it does not wait, or as for a new one.
    """
    if _author(review) != identity.id:
        raise not_found()
    if not _waits(review) or asked.event is None:
        raise unprocessable("Could not submit review: it is not pending")
    text = asked.body or review.fields.text("body")
    remarks = [remark for remark in remarks_of(site.store, pull) if remark.peer == review.id]
    _may_submit(site, pull, identity, replace(asked, body=text or ("-" if remarks else "")))
    changed = site.store.update(review, {**review.data, "body": text})
    return _submitted(site, pull, identity, changed, asked.event)


def reply(site: Site, pull: PullRequest, identity: Identity, to: Record, body: str) -> Record:
    """Reply to a remark: as GitHub has it, by a review of its own."""
    review = _begun(site, pull, identity, "", pull.head_sha)
    made = post_reply(site, pull, review, to, body)
    _submitted(site, pull, identity, review, "COMMENT")
    tell_of_remark(site, pull, identity, made, "created")
    return made


def change_review(site: Site, pull: PullRequest, identity: Identity, review: Record, body: str) -> Record:
    """Change the text of one's own review.

    Raises:
        GitHubError: 403, it is somebody else's.
    """
    if _author(review) != identity.id:
        raise forbidden("You cannot edit this review")
    changed = site.store.update(review, {**review.data, "body": body})
    if not _waits(review):
        _tell(site, pull, identity, changed, "edited")
    return changed


def discard_review(site: Site, pull: PullRequest, identity: Identity, review: Record) -> None:
    """Delete one's own review that waits, with its remarks.

    Raises:
        GitHubError: 404, it is somebody else's; 422, it was submitted.
    """
    if review.parent != pull.id or _author(review) != identity.id:
        raise not_found()
    if not _waits(review):
        raise unprocessable("Can not delete a non-pending pull request review")
    site.store.delete(review)


def dismiss_review(site: Site, pull: PullRequest, identity: Identity, review: Record, message: str) -> Record:
    """Take away what a submitted review says.

    Raises:
        GitHubError: 403, they may not; 422, it says nothing that could be taken away.
    """
    if role_on(site.store, site.repository, identity) < Role.PUSH:
        raise forbidden("Must have push access to Repository.")
    if not may_dismiss(site, pull, identity):
        raise forbidden("You do not have permission to dismiss reviews on this pull request.")  # unconfirmed
    state = review.fields.text("state")
    if state not in {"APPROVED", "CHANGES_REQUESTED"}:
        raise unprocessable(f"Can not dismiss a {state.lower().replace('_', ' ')} pull request review")
    return _dismissed(site, pull, identity, review, message)


def dismiss_stale(site: Site, pull: PullRequest, actor: Identity | None) -> None:
    """Take away all approvals, since what they approved is no longer what there is to merge."""
    for review in opinions(site.store, pull):
        if review.fields.text("state") == "APPROVED":
            _dismissed(site, pull, actor, review, "")


def is_submitted(review: Record) -> bool:
    """Tell whether others see a review."""
    return not _waits(review)


def unprocessable(problem: str) -> GitHubError:
    """Return GitHub's answer for what the present state of a review does not allow."""
    return GitHubError(422, "Unprocessable Entity", [problem])


def _may_submit(site: Site, pull: PullRequest, identity: Identity, asked: AskedReview) -> None:
    event = asked.event
    if event in _OWN and identity.id == pull.author:
        raise unprocessable(f"Review Can not {_OWN[event]} your own pull request")
    if event == "APPROVE" and isinstance(identity, App) and identity.slug == _ACTIONS:
        policy = repository_policy(site.store, site.repository).object("workflow")
        if not policy.flag("can_approve_pull_request_reviews"):
            raise unprocessable("GitHub Actions is not permitted to approve pull requests.")
    if event in _NEEDS_TEXT and not asked.body.strip() and not asked.remarks:
        raise unprocessable(_NEEDS_TEXT[event])


def _begun(site: Site, pull: PullRequest, identity: Identity, body: str, commit: str) -> Record:
    """Store a review that waits."""
    document: JsonObject = {
        "author": identity.id,
        "state": PENDING,
        "body": body,
        "commit_id": commit,
        "submitted_at": None,
        "place": 0,
        "after_push": None,
        "dismissal": None,
    }
    last = max((int(review.key) for review in site.store.children(REVIEW, pull.id)), default=0)
    return site.store.insert(REVIEW, str(last + 1), document, parent=pull.id)


def _submitted(site: Site, pull: PullRequest, identity: Identity, review: Record, event: str) -> Record:
    store = site.store
    place = 1 + max((held.fields.number("place") for held in store.children(REVIEW, pull.id)), default=0)
    current = review.fields.text("commit_id") == pull.head_sha
    document: dict[str, JsonValue] = {
        **review.data,
        "state": EVENTS[event],
        "submitted_at": store.timestamp(),
        "place": place,
        "after_push": pull.fields.number("pushes") if current else None,
    }
    submitted = store.update(review, document)
    _tell(site, reviewed_by(site, pull, identity), identity, submitted, "submitted")
    return submitted


def _dismissed(site: Site, pull: PullRequest, actor: Identity | None, review: Record, message: str) -> Record:
    was = review.fields.text("state")
    dismissal: JsonObject = {"by": None if actor is None else actor.id, "message": message, "was": was}
    changed = site.store.update(review, {**review.data, "state": DISMISSED, "dismissal": dismissal})
    _tell(site, pull, actor, changed, "dismissed")
    return changed


def _author(review: Record) -> int:
    return review.fields.number("author")


def _waits(review: Record) -> bool:
    return review.fields.text("state") == PENDING


def _tell(site: Site, pull: PullRequest, actor: Identity | None, review: Record, action: str) -> None:
    body = review_body(site, pull, review)
    payload: JsonObject = {
        "review": {**body, "state": str(body["state"]).lower()},
        "pull_request": simple_pull(site, pull),
    }
    site.publish("pull_request_review", action, actor, payload)
