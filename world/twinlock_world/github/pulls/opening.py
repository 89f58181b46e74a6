"""A pull request's life but for its merge: opened, changed, closed, opened again, made a draft and ready.

Wording of refusals: `No commits between A and B`, `A pull request already exists for O:B.`, an `invalid` head or base,
`must be a collaborator` and `GitHub Actions is not permitted to create or approve pull requests.` stand in many public
logs; those of a changed base and of reopening are unconfirmed in part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.git_history import between, merge_base
from twinlock_world.git_objects import ABSENT
from twinlock_world.github.access import Role, role_on
from twinlock_world.github.accounts import App, User
from twinlock_world.github.actions_policy import repository_policy
from twinlock_world.github.bodies.pull import full_pull
from twinlock_world.github.errors import GitHubError, forbidden, validation_failed
from twinlock_world.github.pulls.owners import ask_owners
from twinlock_world.github.pulls.pull import HEADS, PullRequest, new_pull, open_pulls
from twinlock_world.github.pulls.pusher import pusher_of
from twinlock_world.github.pulls.review import dismiss_stale
from twinlock_world.github.pulls.rules import reviews_go_stale
from twinlock_world.github.pulls.trial_merge import update_test_merge

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.site import Site
    from twinlock_world.jsonvalue import JsonObject, JsonValue

_ACTIONS: Final = "github-actions"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pull request as it is asked for. `head` is a branch, perhaps with its owner and a colon before it."""

    title: str
    head: str
    base: str
    body: str | None = None
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to change of a pull request; nothing where a field is none."""

    title: str | None = None
    body: str | None = None
    base: str | None = None
    state: str | None = None


def open_pull(site: Site, identity: Identity, asked: Proposal) -> PullRequest:
    """Open a pull request.

    Raises:
        GitHubError: 403, Actions may not; 422, there is nothing to merge, or it is proposed already.
    """
    _may_open(site, identity)
    if not asked.title.strip():
        raise validation_failed("Issue", "title", "missing_field")
    head = _head_branch(site, asked.head)
    head_sha, base_sha = _tip(site, head), _tip(site, asked.base)
    if base_sha is None:
        raise validation_failed("PullRequest", "base", "invalid")
    if head_sha is None:
        raise validation_failed("PullRequest", "head", "invalid")
    _comparable(site, asked.base, head)
    if any((pull.head_ref, pull.base_ref) == (head, asked.base) for pull in open_pulls(site.store, site.repository)):
        raise _custom(f"A pull request already exists for {site.repository.owner.login}:{head}.")
    pull = new_pull(
        site.store,
        site.repository,
        {
            "title": asked.title,
            "body": asked.body,
            "state": "open",
            "draft": asked.draft,
            "locked": False,
            "author": identity.id,
            "head_ref": head,
            "head_sha": head_sha,
            "base_ref": asked.base,
            "base_sha": base_sha,
            "last_pusher": pusher_of(site, head, head_sha) or identity.id,
            "pushes": 0,
            "requested_users": [],
            "requested_teams": [],
            "labels": [],
            "assignees": [],
            "auto_merge": None,
            "merged": None,
            "closed_at": None,
        },
    )
    site.objects.update_ref(f"refs/pull/{pull.number}/head", head_sha)
    update_test_merge(site, pull)
    tell(site, pull, identity, "opened")
    return pull if pull.draft else ask_owners(site, pull, identity)


def edit_pull(site: Site, pull: PullRequest, identity: Identity, edit: Edit) -> PullRequest:
    """Change title, text, base or state.

    Raises:
        GitHubError: 403, they may not; 422, the new base or state is impossible.
    """
    _may_edit(site, pull, identity)
    if edit.title is not None and not edit.title.strip():
        raise validation_failed("Issue", "title", "missing_field")
    changes: dict[str, JsonValue] = {}
    fields: dict[str, JsonValue] = {}
    for name, new, old in (("title", edit.title, pull.title), ("body", edit.body, pull.body)):
        if new is not None and new != old:
            fields[name], changes[name] = new, {"from": old}
    retargeted = edit.base is not None and edit.base != pull.base_ref
    if edit.base is not None and retargeted:
        changes["base"] = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
        pull = _retargeted(site, pull, edit.base)
    if changes:
        pull = pull.changed(site.store, **fields)
        tell(site, pull, identity, "edited", changes=changes)
    if retargeted:
        follow_base(site, pull, identity)
    if edit.state == "closed" and pull.is_open:
        return close_pull(site, pull, identity)
    if edit.state == "open" and not pull.is_open:
        return _reopened(site, pull, identity)
    return pull


def close_pull(site: Site, pull: PullRequest, identity: Identity | None) -> PullRequest:
    """Close a pull request without merging it."""
    changed = pull.changed(site.store, state="closed", closed_at=site.store.timestamp(), auto_merge=None)
    tell(site, changed, identity, "closed")
    return changed


def set_draft(site: Site, pull: PullRequest, identity: Identity, *, draft: bool) -> PullRequest:
    """Make a pull request a draft, or ready for review.

    Raises:
        GitHubError: 403, they may not.
    """
    _may_edit(site, pull, identity)
    if pull.draft == draft:
        return pull
    changed = pull.changed(site.store, draft=draft)
    tell(site, changed, identity, "converted_to_draft" if draft else "ready_for_review")
    return changed if draft else ask_owners(site, changed, identity)


def retarget(site: Site, pull: PullRequest, base: str, actor: Identity | None) -> PullRequest:
    """Point a pull request at another base, since its own was merged there and is gone."""
    changes: JsonObject = {"base": {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}}
    tip = _tip(site, base)
    if tip is None:
        return close_pull(site, pull, actor)
    changed = pull.changed(site.store, base_ref=base, base_sha=tip)
    tell(site, changed, actor, "edited", changes=changes)
    follow_base(site, changed, actor)
    return changed


def follow_base(site: Site, pull: PullRequest, actor: Identity | None) -> None:
    """Let reviews and the test merge follow another base: what there is to review may be something else."""
    if reviews_go_stale(site, pull):
        dismiss_stale(site, pull, actor)
    update_test_merge(site, pull)


def tell(site: Site, pull: PullRequest, actor: Identity | None, action: str, **more: JsonValue) -> None:
    """Publish what has become of a pull request."""
    payload: JsonObject = {"number": pull.number, "pull_request": full_pull(site, pull), **more}
    site.publish("pull_request", action, actor, payload)


def _may_open(site: Site, identity: Identity) -> None:
    if isinstance(identity, App) and identity.slug == _ACTIONS:
        policy = repository_policy(site.store, site.repository).object("workflow")
        if not policy.flag("can_approve_pull_request_reviews"):
            raise forbidden("GitHub Actions is not permitted to create or approve pull requests.")
    if isinstance(identity, User) and role_on(site.store, site.repository, identity) < Role.PUSH:
        raise _custom("must be a collaborator")


def _may_edit(site: Site, pull: PullRequest, identity: Identity) -> None:
    if identity.id == pull.author or isinstance(identity, App):  # an app's permission was asked for already
        return
    if role_on(site.store, site.repository, identity) < Role.PUSH:
        raise forbidden("Must have push access to Repository.")


def _head_branch(site: Site, head: str) -> str:
    owner, colon, branch = head.rpartition(":")
    if colon and owner.casefold() != site.repository.owner.login.casefold():
        raise validation_failed("PullRequest", "head", "invalid")
    return branch


def _tip(site: Site, branch: str) -> str | None:
    found = site.objects.ref(HEADS + branch)
    return None if found is None else found.sha


def _comparable(site: Site, base: str, head: str) -> None:
    base_sha, head_sha = _tip(site, base) or ABSENT, _tip(site, head) or ABSENT
    if merge_base(site.objects, base_sha, head_sha) is None:
        raise _custom(f"The {head} branch has no history in common with {base}")
    if not between(site.objects, base_sha, head_sha):
        raise _custom(f"No commits between {base} and {head}")


def _retargeted(site: Site, pull: PullRequest, base: str) -> PullRequest:
    tip = _tip(site, base)
    if not pull.is_open:
        raise _refused("base", "Cannot change the base branch of a closed pull request.")
    if tip is None:
        raise _refused("base", f"Proposed base branch '{base}' was not found")
    if not between(site.objects, tip, pull.head_sha):
        raise _refused(
            "base", f"There are no new commits between base branch '{base}' and head branch '{pull.head_ref}'"
        )
    twins = open_pulls(site.store, site.repository)
    if any((twin.head_ref, twin.base_ref) == (pull.head_ref, base) for twin in twins):
        message = f"A pull request already exists for base branch '{base}' and head branch '{pull.head_ref}'"
        raise _refused("base", message)
    return pull.changed(site.store, base_ref=base, base_sha=tip, auto_merge=None)


def _reopened(site: Site, pull: PullRequest, identity: Identity) -> PullRequest:
    tip, base = _tip(site, pull.head_ref), _tip(site, pull.base_ref)
    if pull.merged is not None:
        raise _refused("state", "state cannot be changed. The pull request was merged.")
    for branch, held in ((pull.head_ref, tip), (pull.base_ref, base)):
        if held is None:
            raise _refused("state", f"state cannot be changed. The {branch} branch has been deleted.")
    if tip is None or base is None or not between(site.objects, base, tip):
        raise _refused("state", f"state cannot be changed. There are no new commits on the {pull.head_ref} branch.")
    if tip != pull.head_sha and not site.objects.is_ancestor(pull.head_sha, tip):
        message = f"state cannot be changed. The {pull.head_ref} branch was force-pushed or recreated."
        raise _refused("state", message)
    twins = open_pulls(site.store, site.repository)
    if any((twin.head_ref, twin.base_ref) == (pull.head_ref, pull.base_ref) for twin in twins):
        raise _refused("state", f"state cannot be changed. A pull request already exists for {pull.head_ref}.")
    moved = tip != pull.head_sha
    pusher = pusher_of(site, pull.head_ref, tip)
    changed = pull.changed(
        site.store,
        state="open",
        closed_at=None,
        head_sha=tip,
        base_sha=base,
        pushes=pull.fields.number("pushes") + moved,
        last_pusher=pusher if moved else pull.last_pusher,
    )
    site.objects.update_ref(f"refs/pull/{pull.number}/head", tip)
    tell(site, changed, identity, "reopened")
    if moved and reviews_go_stale(site, changed):
        dismiss_stale(site, changed, identity)
    update_test_merge(site, changed)
    return changed


def _custom(message: str) -> GitHubError:
    return GitHubError(422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": message}])


def _refused(field: str, message: str) -> GitHubError:
    return validation_failed("PullRequest", field, "invalid", message)
