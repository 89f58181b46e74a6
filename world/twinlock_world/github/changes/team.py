"""Changes of teams, their members and their repositories: `team.*`, `membership` and `team_add`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import ROLES
from twinlock_world.github.accounts import find_user
from twinlock_world.github.bodies.account import simple_account
from twinlock_world.github.bodies.team import simple_team
from twinlock_world.github.changes.change import ORGANIZATION, TEAM, Announced, Audited, Change, Table
from twinlock_world.github.errors import GitHubError
from twinlock_world.github.team import find_team, get_team

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.github.changes.change import Told
    from twinlock_world.github.team import Team
    from twinlock_world.jsonvalue import JsonObject, JsonValue


def created(change: Change) -> Iterator[Told]:
    """Tell of a new team."""
    team = change.answer.fields
    yield Audited("team.create", {"team": f"{change.organization.login}/{team.text('slug')}"})
    yield Announced("team", "created", {"team": team.raw})


def changed(change: Change) -> Iterator[Told]:
    """Tell what of a team changed."""
    new = change.answer.fields
    team: JsonObject = {"team": f"{change.organization.login}/{new.text('slug')}"}
    was = {name: change.old.raw.get(name) for name in ("name", "privacy", "description")}
    now = {name: new.raw.get(name) for name in was}
    if was["name"] != now["name"]:
        yield Audited("team.rename", {**team, "name": now["name"], "old_name": was["name"]})
    if was["privacy"] != now["privacy"]:
        yield Audited("team.change_privacy", {**team, "privacy": now["privacy"], "privacy_was": was["privacy"]})
    if _parent(change.old.raw) != _parent(new.raw):
        parents = {"parent_team": _parent(new.raw), "parent_team_was": _parent(change.old.raw)}
        yield Audited("team.change_parent_team", {**team, **parents})
    if was != now:
        changes = {name: {"from": value} for name, value in was.items() if value != now[name]}
        yield Announced("team", "edited", {"team": new.raw, "changes": changes})


def deleted(change: Change) -> Iterator[Told]:
    """Tell of a team that is no more."""
    yield Audited("team.destroy", {"team": f"{change.organization.login}/{change.old.text('slug')}"})
    yield Announced("team", "deleted", {"team": change.old.raw})


def member_set(change: Change) -> Iterator[Told]:
    """Tell of somebody who came, or has another role than before."""
    data, payload = _member(change)
    was, now = change.old.raw.get("role"), change.answer.fields.raw.get("role")
    if change.made:
        yield Audited("team.add_member", data)
        yield Announced("membership", "added", payload)
    if was != now and "maintainer" in {was, now}:
        yield Audited("team.promote_maintainer" if now == "maintainer" else "team.demote_maintainer", data)


def member_removed(change: Change) -> Iterator[Told]:
    """Tell of somebody who went."""
    data, payload = _member(change)
    yield Audited("team.remove_member", data)
    yield Announced("membership", "removed", payload)


def repository_given(change: Change) -> Iterator[Told]:
    """Tell of a repository that a team got, or has another role on than before."""
    team = _team(change)
    if team is None:
        return
    was, now = _role(change.old.raw), _role(change.after.fields.raw)
    data: JsonObject = {"team": f"{change.organization.login}/{team.record.key}", "permission": now}
    payload: JsonObject = {"team": simple_team(change.call.urls, team)}
    if change.made:
        yield Audited("team.add_repository", data)
        yield Announced("team", "added_to_repository", payload)
        yield Announced("team_add", None, payload)
    elif was != now:
        yield Audited("team.update_repository_permission", {**data, "old_permission": was})
        yield Announced("team", "edited", {**payload, "changes": {"repository": {"permissions": {"from": was}}}})


def repository_taken(change: Change) -> Iterator[Told]:
    """Tell of a repository that a team lost."""
    team = _team(change)
    if team is not None:
        yield Audited("team.remove_repository", {"team": f"{change.organization.login}/{team.record.key}"})
        yield Announced("team", "removed_from_repository", {"team": simple_team(change.call.urls, team)})


def _member(change: Change) -> tuple[JsonObject, JsonObject]:
    team, user = _team(change), find_user(change.call.store, change.parameter("username"))
    slug = None if team is None else f"{change.organization.login}/{team.record.key}"
    data: dict[str, JsonValue] = {"team": slug}
    payload: dict[str, JsonValue] = {"scope": "team"}
    if user is not None:
        data |= {"user": user.login, "user_id": user.id}
        payload["member"] = simple_account(change.call.urls, user)
    if team is not None:
        payload["team"] = simple_team(change.call.urls, team)
    return data, payload


def _team(change: Change) -> Team | None:
    call = change.call
    if "team_slug" in call.params:
        return find_team(call.store, change.organization, call.params["team_slug"])
    try:
        return get_team(call.store, call.parameter_number("team_id"))
    except GitHubError:
        return None


def _role(body: JsonObject) -> JsonValue:
    name = body.get("role_name")
    return ROLES[name].permission if isinstance(name, str) and name in ROLES else None


def _parent(body: JsonObject) -> JsonValue:
    parent = body.get("parent")
    return parent.get("slug") if isinstance(parent, dict) else None


CHANGES: Final[Table] = {
    ("POST", f"{ORGANIZATION}/teams"): created,
    ("PATCH", TEAM): changed,
    ("DELETE", TEAM): deleted,
    ("PUT", f"{TEAM}/memberships/{{username}}"): member_set,
    ("DELETE", f"{TEAM}/memberships/{{username}}"): member_removed,
    ("PUT", f"{TEAM}/repos/{{owner}}/{{repo}}"): repository_given,
    ("DELETE", f"{TEAM}/repos/{{owner}}/{{repo}}"): repository_taken,
}
