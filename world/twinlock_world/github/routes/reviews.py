"""Reviews of pull requests, and the remarks on lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.bodies.review import remark_body, review_body
from twinlock_world.github.call import NO_CONTENT, Reply
from twinlock_world.github.errors import not_found
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.pulls.pull import PULL, PullRequest, pulls_of
from twinlock_world.github.pulls.review import (
    EVENTS,
    REVIEW,
    AskedReview,
    begin_review,
    change_review,
    discard_review,
    dismiss_review,
    is_submitted,
    reply,
    reviews_of,
    submit_review,
)
from twinlock_world.github.pulls.thread import (
    REMARK,
    Remark,
    change_remark,
    delete_remark,
    remarks_of,
    tell_of_remark,
)
from twinlock_world.github.routes.pulls import READ, WRITE, the_pull
from twinlock_world.github.site import Site

if TYPE_CHECKING:
    from twinlock_world.jsonvalue import Fields
    from twinlock_world.store import Record

_SIDES: Final = ("LEFT", "RIGHT")


def list_reviews(call: RepositoryCall) -> Reply:
    """Return a pull request's reviews in order; one that waits is shown to its author alone."""
    site, pull = Site.of(call), the_pull(call)
    found = [review for review in reviews_of(call.store, pull) if _sees(call, review)]
    return call.page(found, lambda review: review_body(site, pull, review))


def create_review(call: RepositoryCall) -> Reply:
    """Make a review, and submit it if an event is given."""
    body, site, pull = call.body(), Site.of(call), the_pull(call)
    asked = AskedReview(
        body.choice("event", tuple(EVENTS)) if body.given("event") else None,
        body.optional_text("body") or "",
        body.optional_text("commit_id"),
        [_remark(item) for item in body.objects("comments", [])],
    )
    return Reply(200, review_body(site, pull, begin_review(site, pull, call.caller(), asked)))


def show_review(call: RepositoryCall) -> Reply:
    """Return a review."""
    pull = the_pull(call)
    return Reply(200, review_body(Site.of(call), pull, _review(call, pull)))


def change(call: RepositoryCall) -> Reply:
    """Change the text of one's own review."""
    site, pull = Site.of(call), the_pull(call)
    changed = change_review(site, pull, call.caller(), _review(call, pull), call.body().text("body"))
    return Reply(200, review_body(site, pull, changed))


def discard(call: RepositoryCall) -> Reply:
    """Delete one's own review that waits."""
    site, pull = Site.of(call), the_pull(call)
    review = _review(call, pull)
    body = review_body(site, pull, review)
    discard_review(site, pull, call.caller(), review)
    return Reply(200, body)


def submit(call: RepositoryCall) -> Reply:
    """Submit a review that waits."""
    body, site, pull = call.body(), Site.of(call), the_pull(call)
    asked = AskedReview(body.choice("event", tuple(EVENTS)), body.optional_text("body") or "")
    made = submit_review(site, pull, call.caller(), _review(call, pull), asked)
    return Reply(200, review_body(site, pull, made))


def dismiss(call: RepositoryCall) -> Reply:
    """Take away what a review says."""
    body, site, pull = call.body(), Site.of(call), the_pull(call)
    changed = dismiss_review(site, pull, call.caller(), _review(call, pull), body.text("message"))
    return Reply(200, review_body(site, pull, changed))


def list_remarks_of_review(call: RepositoryCall) -> Reply:
    """Return the remarks of a review."""
    site, pull = Site.of(call), the_pull(call)
    review = _review(call, pull)
    found = [remark for remark in remarks_of(call.store, pull) if remark.peer == review.id]
    return call.page(found, lambda remark: remark_body(site, pull, remark))


def list_remarks(call: RepositoryCall) -> Reply:
    """Return the remarks on a pull request, oldest first."""
    site, pull = Site.of(call), the_pull(call)
    return call.page(_seen(call, pull), lambda remark: remark_body(site, pull, remark))


def list_all_remarks(call: RepositoryCall) -> Reply:
    """Return the remarks on all pull requests of a repository."""
    site = Site.of(call)
    found = [(pull, remark) for pull in pulls_of(call.store, call.repository) for remark in _seen(call, pull)]
    return call.page(found, lambda item: remark_body(site, *item))


def create_remark(call: RepositoryCall) -> Reply:
    """Make a remark: a review of its own, submitted as a comment."""
    body, site, pull = call.body(), Site.of(call), the_pull(call)
    if body.given("in_reply_to"):
        return _replied(call, pull, body.number("in_reply_to"))
    asked = AskedReview("COMMENT", "", body.text("commit_id"), [_remark(body)])
    review = begin_review(site, pull, call.caller(), asked)
    made = next(remark for remark in remarks_of(call.store, pull) if remark.peer == review.id)
    tell_of_remark(site, pull, call.caller(), made, "created")
    return Reply(201, remark_body(site, pull, made))


def create_reply(call: RepositoryCall) -> Reply:
    """Reply to a remark."""
    return _replied(call, the_pull(call), call.parameter_number("comment_id"))


def show_remark(call: RepositoryCall) -> Reply:
    """Return a remark."""
    pull, remark = _remark_of_path(call)
    return Reply(200, remark_body(Site.of(call), pull, remark))


def edit_remark(call: RepositoryCall) -> Reply:
    """Change the text of a remark."""
    (pull, remark), site = _remark_of_path(call), Site.of(call)
    changed = change_remark(site, pull, call.caller(), remark, call.body().text("body"))
    return Reply(200, remark_body(site, pull, changed))


def remove_remark(call: RepositoryCall) -> Reply:
    """Delete a remark."""
    pull, remark = _remark_of_path(call)
    delete_remark(Site.of(call), pull, call.caller(), remark)
    return NO_CONTENT


def _replied(call: RepositoryCall, pull: PullRequest, to: int) -> Reply:
    site, text = Site.of(call), call.body().text("body")
    first = call.store.get(REMARK, to)
    if first is None or first.parent != pull.id:
        raise not_found()
    return Reply(201, remark_body(site, pull, reply(site, pull, call.caller(), first, text)))


def _review(call: RepositoryCall, pull: PullRequest) -> Record:
    found = call.store.get(REVIEW, call.parameter_number("review_id"))
    if found is None or found.parent != pull.id or not _sees(call, found):
        raise not_found()
    return found


def _sees(call: RepositoryCall, review: Record) -> bool:
    own = call.identity is not None and review.fields.number("author") == call.identity.id
    return own or is_submitted(review)


def _seen(call: RepositoryCall, pull: PullRequest) -> list[Record]:
    found = ((remark, call.store.get(REVIEW, remark.peer or 0)) for remark in remarks_of(call.store, pull))
    return [remark for remark, review in found if review is not None and is_submitted(review)]


def _remark_of_path(call: RepositoryCall) -> tuple[PullRequest, Record]:
    remark = call.store.get(REMARK, call.parameter_number("comment_id"))
    record = None if remark is None else call.store.get(PULL, remark.parent or 0)
    if remark is None or record is None or record.parent != call.repository.id:
        raise not_found()
    return PullRequest(record, call.repository), remark


def _remark(item: Fields) -> Remark:
    whole = item.given("subject_type") and item.choice("subject_type", ("line", "file")) == "file"
    return Remark(
        path=item.text("path"),
        body=item.text("body"),
        line=item.number("line") if item.given("line") and not whole else None,
        side=item.choice("side", _SIDES) if item.given("side") else "RIGHT",
        start_line=item.number("start_line") if item.given("start_line") else None,
        start_side=item.choice("start_side", _SIDES) if item.given("start_side") else None,
        position=item.number("position") if item.given("position") and not whole else None,
    )


ROUTES: Final = (
    *REPOSITORY.get("/pulls/{number}/reviews", READ, list_reviews),
    *REPOSITORY.post("/pulls/{number}/reviews", WRITE, create_review),
    *REPOSITORY.get("/pulls/{number}/reviews/{review_id}", READ, show_review),
    *REPOSITORY.put("/pulls/{number}/reviews/{review_id}", WRITE, change),
    *REPOSITORY.delete("/pulls/{number}/reviews/{review_id}", WRITE, discard),
    *REPOSITORY.post("/pulls/{number}/reviews/{review_id}/events", WRITE, submit),
    *REPOSITORY.put("/pulls/{number}/reviews/{review_id}/dismissals", WRITE, dismiss),
    *REPOSITORY.get("/pulls/{number}/reviews/{review_id}/comments", READ, list_remarks_of_review),
    *REPOSITORY.get("/pulls/{number}/comments", READ, list_remarks),
    *REPOSITORY.post("/pulls/{number}/comments", WRITE, create_remark),
    *REPOSITORY.post("/pulls/{number}/comments/{comment_id}/replies", WRITE, create_reply),
    *REPOSITORY.get("/pulls/comments", READ, list_all_remarks),
    *REPOSITORY.get("/pulls/comments/{comment_id}", READ, show_remark),
    *REPOSITORY.patch("/pulls/comments/{comment_id}", WRITE, edit_remark),
    *REPOSITORY.delete("/pulls/comments/{comment_id}", WRITE, remove_remark),
)
