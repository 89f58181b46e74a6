"""Issues, as far as pull requests are some: shown and changed as such, commented on, labelled.

Issues of their own are not part of this world: making one is a route that isn't there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import Level, RepositoryNeed, Role
from twinlock_world.github.bodies.issue import comment_body, issue_body
from twinlock_world.github.bodies.label import label_body
from twinlock_world.github.call import NO_CONTENT, Reply
from twinlock_world.github.errors import not_found, validation_failed
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.pulls.comment import COMMENT, change_comment, comments_of, delete_comment, post_comment
from twinlock_world.github.pulls.label import (
    LABEL,
    change_label,
    find_label,
    labels_of,
    make_label,
)
from twinlock_world.github.pulls.labelling import set_labels
from twinlock_world.github.pulls.opening import Edit, edit_pull
from twinlock_world.github.pulls.pull import PULL, PullRequest, pulls_of
from twinlock_world.github.routes.pulls import the_pull
from twinlock_world.github.site import Site

if TYPE_CHECKING:
    from twinlock_world.store import Record

_READ: Final = RepositoryNeed("pull_requests", Level.READ, Role.PULL)
_WRITE: Final = RepositoryNeed("pull_requests", Level.WRITE, Role.PULL)
_TRIAGE: Final = RepositoryNeed("pull_requests", Level.WRITE, Role.TRIAGE)
_LABELS: Final = RepositoryNeed("pull_requests", Level.WRITE, Role.PUSH)


def list_issues(call: RepositoryCall) -> Reply:
    """Return the pull requests as issues, newest first."""
    site, state = Site.of(call), call.query.get("state", "open")
    found = [pull for pull in pulls_of(call.store, call.repository) if state in {"all", pull.fields.text("state")}]
    return call.page(found[::-1], lambda pull: issue_body(site, pull))


def show_issue(call: RepositoryCall) -> Reply:
    """Return a pull request as an issue."""
    return Reply(200, issue_body(Site.of(call), the_pull(call)))


def change_issue(call: RepositoryCall) -> Reply:
    """Change a pull request's title, text, state or labels."""
    body, site, pull = call.body(), Site.of(call), the_pull(call)
    edit = Edit(
        body.optional_text("title"),
        (body.optional_text("body") or "") if "body" in body else None,
        None,
        body.choice("state", ("open", "closed")) if body.given("state") else None,
    )
    changed = edit_pull(site, pull, call.caller(), edit)
    if body.given("labels"):
        changed = set_labels(site, changed, call.caller(), body.texts("labels"))
    return Reply(200, issue_body(site, changed))


def list_comments(call: RepositoryCall) -> Reply:
    """Return the comments on a pull request, oldest first."""
    site, pull = Site.of(call), the_pull(call)
    return call.page(comments_of(call.store, pull), lambda comment: comment_body(site, pull, comment))


def create_comment(call: RepositoryCall) -> Reply:
    """Comment on a pull request."""
    site, pull = Site.of(call), the_pull(call)
    return Reply(201, comment_body(site, pull, post_comment(site, pull, call.caller(), call.body().text("body"))))


def show_comment(call: RepositoryCall) -> Reply:
    """Return a comment."""
    pull, comment = _comment(call)
    return Reply(200, comment_body(Site.of(call), pull, comment))


def edit_comment(call: RepositoryCall) -> Reply:
    """Change the text of a comment."""
    (pull, comment), site = _comment(call), Site.of(call)
    changed = change_comment(site, pull, call.caller(), comment, call.body().text("body"))
    return Reply(200, comment_body(site, pull, changed))


def remove_comment(call: RepositoryCall) -> Reply:
    """Delete a comment."""
    pull, comment = _comment(call)
    delete_comment(Site.of(call), pull, call.caller(), comment)
    return NO_CONTENT


def list_labels(call: RepositoryCall) -> Reply:
    """Return a repository's labels."""
    site = Site.of(call)
    return call.page(call.store.children(LABEL, call.repository.id), lambda label: label_body(site, label))


def create_label(call: RepositoryCall) -> Reply:
    """Make a label."""
    body, site = call.body(), Site.of(call)
    made = make_label(site, body.text("name"), body.optional_text("color"), body.optional_text("description"))
    return Reply(201, label_body(site, made))


def show_label(call: RepositoryCall) -> Reply:
    """Return a label."""
    return Reply(200, label_body(Site.of(call), _label(call)))


def edit_label(call: RepositoryCall) -> Reply:
    """Change a label."""
    body, site, label = call.body(), Site.of(call), _label(call)
    held = label.fields
    name, color = body.text("new_name", held.text("name")), body.text("color", held.text("color"))
    text = body.optional_text("description") if "description" in body else held.optional_text("description")
    return Reply(200, label_body(site, change_label(site, label, name, color, text)))


def remove_label(call: RepositoryCall) -> Reply:
    """Delete a label."""
    call.store.delete(_label(call))
    return NO_CONTENT


def list_labels_of_issue(call: RepositoryCall) -> Reply:
    """Return the labels of a pull request."""
    site = Site.of(call)
    return call.page(labels_of(site, the_pull(call)), lambda label: label_body(site, label))


def add_labels(call: RepositoryCall) -> Reply:
    """Add labels to a pull request."""
    pull, held = the_pull(call), labels_of(Site.of(call), the_pull(call))
    return _labelled(call, pull, [*(label.fields.text("name") for label in held), *_names(call)])


def replace_labels(call: RepositoryCall) -> Reply:
    """Let a pull request carry exactly these labels."""
    return _labelled(call, the_pull(call), _names(call))


def clear_labels(call: RepositoryCall) -> Reply:
    """Take all labels off a pull request."""
    set_labels(Site.of(call), the_pull(call), call.caller(), [])
    return NO_CONTENT


def take_label(call: RepositoryCall) -> Reply:
    """Take a label off a pull request."""
    label, pull = _label(call), the_pull(call)
    held = labels_of(Site.of(call), pull)
    if label.id not in {one.id for one in held}:
        raise not_found("Label does not exist")
    return _labelled(call, pull, [one.fields.text("name") for one in held if one.id != label.id])


def _labelled(call: RepositoryCall, pull: PullRequest, names: list[str]) -> Reply:
    site = Site.of(call)
    changed = set_labels(site, pull, call.caller(), names)
    return Reply(200, [label_body(site, label) for label in labels_of(site, changed)])


def _names(call: RepositoryCall) -> list[str]:
    names = call.body().texts("labels", [])
    if not names:
        raise validation_failed("Label", "labels", "missing_field")
    return names


def _label(call: RepositoryCall) -> Record:
    found = find_label(Site.of(call), call.params["name"])
    if found is None:
        raise not_found()
    return found


def _comment(call: RepositoryCall) -> tuple[PullRequest, Record]:
    comment = call.store.get(COMMENT, call.parameter_number("comment_id"))
    record = None if comment is None else call.store.get(PULL, comment.parent or 0)
    if comment is None or record is None or record.parent != call.repository.id:
        raise not_found()
    return PullRequest(record, call.repository), comment


ROUTES: Final = (
    *REPOSITORY.get("/issues", _READ, list_issues),
    *REPOSITORY.get("/issues/{number}", _READ, show_issue),
    *REPOSITORY.patch("/issues/{number}", _WRITE, change_issue),
    *REPOSITORY.get("/issues/{number}/comments", _READ, list_comments),
    *REPOSITORY.post("/issues/{number}/comments", _WRITE, create_comment),
    *REPOSITORY.get("/issues/comments/{comment_id}", _READ, show_comment),
    *REPOSITORY.patch("/issues/comments/{comment_id}", _WRITE, edit_comment),
    *REPOSITORY.delete("/issues/comments/{comment_id}", _WRITE, remove_comment),
    *REPOSITORY.get("/issues/{number}/labels", _READ, list_labels_of_issue),
    *REPOSITORY.post("/issues/{number}/labels", _TRIAGE, add_labels),
    *REPOSITORY.put("/issues/{number}/labels", _TRIAGE, replace_labels),
    *REPOSITORY.delete("/issues/{number}/labels", _TRIAGE, clear_labels),
    *REPOSITORY.delete("/issues/{number}/labels/{name}", _TRIAGE, take_label),
    *REPOSITORY.get("/labels", _READ, list_labels),
    *REPOSITORY.post("/labels", _LABELS, create_label),
    *REPOSITORY.get("/labels/{name}", _READ, show_label),
    *REPOSITORY.patch("/labels/{name}", _LABELS, edit_label),
    *REPOSITORY.delete("/labels/{name}", _LABELS, remove_label),
)
