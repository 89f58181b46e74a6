"""Changes of an organization: its members and what members may do.

GitHub documents names for the settings below; others are recorded as `org.update`, which is unconfirmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.accounts import User, find_user
from twinlock_world.github.bodies.account import simple_account
from twinlock_world.github.changes.change import ORGANIZATION, Announced, Audited, Change, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock_world.github.changes.change import Told
    from twinlock_world.jsonvalue import JsonObject, JsonValue

_CREATION: Final = "members_can_create_"
_SWITCHES: Final[Mapping[str, str]] = {
    "members_can_change_repo_visibility": "repository_visibility_change.{}",
    "members_can_delete_repositories": "members_can_delete_repos.{}",
    "members_can_fork_private_repositories": "private_repository_forking.{}",
    "two_factor_requirement_enabled": "org.{}_two_factor_requirement",
}
_VOLATILE: Final = frozenset({"updated_at"})


def changed(change: Change) -> Iterator[Told]:
    """Tell of each setting that changed."""
    if change.differs("default_repository_permission"):
        name = "default_repository_permission"
        data = {"permission": change.new.raw.get(name), "old_permission": change.old.raw.get(name)}
        yield Audited("org.update_default_repository_permission", data)
    different = [name for name in change.new.raw if name not in _VOLATILE and change.differs(name)]
    creation = [name for name in different if name.startswith(_CREATION)]
    if creation:
        permission = {name: change.new.raw[name] for name in creation}
        yield Audited("org.update_member_repository_creation_permission", {"permission": permission})
    for name in different:
        if name in _SWITCHES:
            yield Audited(_SWITCHES[name].format("enable" if change.new.raw[name] is True else "disable"))
    known = {*creation, *_SWITCHES, "default_repository_permission", "members_allowed_repository_creation_type"}
    others = {name: change.new.raw[name] for name in different if name not in known}
    if others:
        yield Audited("org.update", {"changes": others, "old": {name: change.old.raw.get(name) for name in others}})


def member_set(change: Change) -> Iterator[Told]:
    """Tell of an invitation, or of another role than before."""
    data, role = _user(change), change.answer.fields.raw.get("role")
    if change.made:
        yield Audited("org.invite_member", {**data, "permission": role})
        yield Announced("organization", "member_invited", {"invitation": change.answer.fields.raw})
    elif change.old.raw.get("role") != role:
        yield Audited("org.update_member", {**data, "permission": role, "old_permission": change.old.raw.get("role")})


def member_removed(change: Change) -> Iterator[Told]:
    """Tell of somebody who went, or whose invitation was withdrawn."""
    if change.old.raw.get("state") == "pending":
        yield Audited("org.cancel_invitation", _user(change))
        return
    yield Audited("org.remove_member", _user(change))
    yield Announced("organization", "member_removed", {"membership": _membership(change)})


def outsider_removed(change: Change) -> Iterator[Told]:
    """Tell of somebody without membership who lost all access."""
    yield Audited("org.remove_outside_collaborator", _user(change))


def accepted(change: Change) -> Iterator[Told]:
    """Tell of somebody who accepted an invitation."""
    user = change.call.identity
    if isinstance(user, User) and change.old.raw.get("state") == "pending":
        role = change.answer.fields.raw.get("role")
        yield Audited("org.add_member", {"user": user.login, "user_id": user.id, "permission": role})
        yield Announced("organization", "member_added", {"membership": change.answer.fields.raw})


def _user(change: Change) -> JsonObject:
    user = find_user(change.call.store, change.parameter("username"))
    return {} if user is None else {"user": user.login, "user_id": user.id}


def _membership(change: Change) -> JsonValue:
    if change.old.raw:
        return change.old.raw
    user = find_user(change.call.store, change.parameter("username"))
    return {"user": None if user is None else simple_account(change.call.urls, user), "state": "active"}


CHANGES: Final[Table] = {
    ("PATCH", ORGANIZATION): changed,
    ("PUT", f"{ORGANIZATION}/memberships/{{username}}"): member_set,
    ("DELETE", f"{ORGANIZATION}/memberships/{{username}}"): member_removed,
    ("DELETE", f"{ORGANIZATION}/members/{{username}}"): member_removed,
    ("DELETE", f"{ORGANIZATION}/outside_collaborators/{{username}}"): outsider_removed,
    ("PATCH", "/user/memberships/orgs/{org}"): accepted,
}
