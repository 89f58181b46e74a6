"""Changes of who has access to one repository: collaborators, invitations, deploy keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import COLLABORATOR, ROLES
from twinlock_world.github.accounts import User, find_user
from twinlock_world.github.bodies.account import simple_account
from twinlock_world.github.changes.change import REPOSITORY, Announced, Audited, Beside, Change, Table, View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.github.call import Call
    from twinlock_world.github.changes.change import Told
    from twinlock_world.github.repository import Repository
    from twinlock_world.jsonvalue import JsonObject


def collaborator_set(change: Change) -> Iterator[Told]:
    """Tell of somebody who was given access, was invited to it, or has another role than before."""
    user = find_user(change.call.store, change.parameter("username"))
    if user is None or change.repository is None:
        return
    if change.answer.body is not None:
        yield Audited("repository_invitation.create", {"invitee": user.login, **_actor(change)})
        return
    permission = change.new.text("permission")
    if change.old.raw == change.new.raw:
        return
    action, event = ("repo.add_member", "added") if change.made else ("repo.update_member", "edited")
    yield Audited(action, {"user": user.login, "user_id": user.id, "permission": permission})
    changes: JsonObject = {"permission": {"to": ROLES[permission].role_name}}
    member = {"member": simple_account(change.call.urls, user), "changes": changes}
    yield Announced("member", event, member)


def collaborator_removed(change: Change) -> Iterator[Told]:
    """Tell of somebody who lost access."""
    user = find_user(change.call.store, change.parameter("username"))
    if user is not None and change.before.there:
        yield Audited("repo.remove_member", {"user": user.login, "user_id": user.id})
        yield Announced("member", "removed", {"member": simple_account(change.call.urls, user)})


def invitation_changed(change: Change) -> Iterator[Told]:
    """Tell of an invitation to something else than before."""
    yield Audited("repository_invitation.update", {"permission": change.answer.fields.raw.get("permissions")})


def invitation_cancelled(change: Change) -> Iterator[Told]:
    """Tell of an invitation that was withdrawn."""
    yield Audited("repository_invitation.cancel", _actor(change))


def invitation_accepted(change: Change) -> Iterator[Told]:
    """Tell of somebody who took the access offered."""
    user = change.call.identity
    if isinstance(user, User):
        yield Audited("repository_invitation.accept", {"invitee": user.login})
        yield Audited("repo.add_member", {"user": user.login, "user_id": user.id})
        yield Announced("member", "added", {"member": simple_account(change.call.urls, user)})


def invitation_declined(change: Change) -> Iterator[Told]:
    """Tell of somebody who refused the access offered."""
    user = change.call.identity
    yield Audited("repository_invitation.reject", {"invitee": None if user is None else user.login})


def key_created(change: Change) -> Iterator[Told]:
    """Tell of a new deploy key."""
    key = change.answer.fields
    yield Audited("public_key.create", key.only(("title", "read_only", "key")))
    yield Announced("deploy_key", "created", {"key": key.raw})


def key_deleted(change: Change) -> Iterator[Told]:
    """Tell of a deploy key that is no more."""
    yield Audited("public_key.delete", change.old.only(("title", "read_only", "key")))
    yield Announced("deploy_key", "deleted", {"key": change.old.raw})


def _direct(call: Call, repository: Repository | None) -> View:
    """Return what somebody was given on the repository itself: GET tells of access from anywhere."""
    user = find_user(call.store, call.params["username"])
    if user is None or repository is None:
        return View()
    held = call.store.find(COLLABORATOR, str(user.id), parent=repository.id)
    return View() if held is None else View(there=True, body=held.data)


def _actor(change: Change) -> JsonObject:
    return {} if change.call.identity is None else {"inviter": change.call.identity.login}


CHANGES: Final[Table] = {
    ("PUT", f"{REPOSITORY}/collaborators/{{username}}"): Beside(collaborator_set, _direct),
    ("DELETE", f"{REPOSITORY}/collaborators/{{username}}"): Beside(collaborator_removed, _direct),
    ("PATCH", f"{REPOSITORY}/invitations/{{invitation_id}}"): invitation_changed,
    ("DELETE", f"{REPOSITORY}/invitations/{{invitation_id}}"): invitation_cancelled,
    ("PATCH", "/user/repository_invitations/{invitation_id}"): invitation_accepted,
    ("DELETE", "/user/repository_invitations/{invitation_id}"): invitation_declined,
    ("POST", f"{REPOSITORY}/keys"): key_created,
    ("DELETE", f"{REPOSITORY}/keys/{{id}}"): key_deleted,
}
