"""Classic branch protection over REST: of one branch, named exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import READ_ADMINISTRATION, WRITE_ADMINISTRATION
from twinlock_world.github.accounts import find_app, find_user
from twinlock_world.github.bodies.protection import (
    protection_body,
    restrictions_body,
    reviews_body,
    status_checks_body,
    switch_body,
)
from twinlock_world.github.call import NO_CONTENT, Reply
from twinlock_world.github.errors import invalid, not_found
from twinlock_world.github.mounts import REPOSITORY, RepositoryCall
from twinlock_world.github.protection import NEW_PROTECTION, PROTECTION, Protection, protection_of
from twinlock_world.github.site import Site
from twinlock_world.github.team import find_team
from twinlock_world.jsonvalue import FieldError, Fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinlock_world.github.accounts import App, User
    from twinlock_world.github.team import Team
    from twinlock_world.jsonvalue import JsonObject, JsonValue

_PLACE: Final = "/branches/{branch...}/protection"
_DEMANDED: Final = ("required_status_checks", "enforce_admins", "required_pull_request_reviews", "restrictions")
_SWITCHES: Final = (
    "required_linear_history",
    "allow_force_pushes",
    "allow_deletions",
    "block_creations",
    "required_conversation_resolution",
    "lock_branch",
    "allow_fork_syncing",
)
_MOST_APPROVALS: Final = 6
_NOBODY: Final[Mapping[str, JsonValue]] = {"users": [], "teams": [], "apps": []}


def show(call: RepositoryCall) -> Reply:
    """Return the protection that holds a branch."""
    return Reply(200, protection_body(Site.of(call), _held(call), call.params["branch"]))


def put(call: RepositoryCall) -> Reply:
    """Make or replace the protection of a branch; what is not named is switched off, but signatures stay."""
    body, branch = call.body(), _branch(call)
    for name in _DEMANDED:
        if name not in body:
            raise FieldError(name, "wasn't supplied")
    own = call.store.find(PROTECTION, branch, parent=call.repository.id)
    signed = own is not None and own.fields.flag("required_signatures")
    document: JsonObject = {
        **NEW_PROTECTION,
        "required_status_checks": _section(body, "required_status_checks", _checks),
        "enforce_admins": body.given("enforce_admins") and body.flag("enforce_admins"),
        "required_pull_request_reviews": _section(
            body, "required_pull_request_reviews", lambda asked: _reviews(call, asked, {})
        ),
        "restrictions": _section(body, "restrictions", lambda asked: _actors(call, asked)),
        **{name: body.given(name) and body.flag(name) for name in _SWITCHES},
        "required_signatures": signed,
    }
    record = call.store.put(PROTECTION, branch, document, parent=call.repository.id)
    return Reply(200, protection_body(Site.of(call), Protection(record), branch))


def delete(call: RepositoryCall) -> Reply:
    """Take the protection of a branch away."""
    call.store.delete(_held(call).record)
    return NO_CONTENT


def _branch(call: RepositoryCall) -> str:
    branch = call.params["branch"]
    if call.objects.ref(f"refs/heads/{branch}") is None:
        raise not_found("Branch not found")
    return branch


def _held(call: RepositoryCall) -> Protection:
    found = protection_of(call.store, call.repository, _branch(call))
    if found is None:
        raise not_found("Branch not protected")
    return found


def _section(
    body: Fields, name: str, read: Callable[[Fields], Mapping[str, JsonValue]]
) -> Mapping[str, JsonValue] | None:
    return read(body.object(name)) if body.given(name) else None


def _checks(asked: Fields) -> Mapping[str, JsonValue]:
    """Return required checks; of several entries for one name the last counts, -1 means any app."""
    found: dict[str, JsonValue] = dict.fromkeys(asked.texts("contexts", []))
    for check in asked.objects("checks", []):
        app = check.number("app_id") if check.given("app_id") else -1
        found[check.text("context")] = None if app < 0 else app
    checks = [{"context": name, "app_id": app} for name, app in found.items()]
    return {"strict": asked.flag("strict", default=False), "checks": checks}


def _reviews(call: RepositoryCall, asked: Fields, held: JsonObject) -> Mapping[str, JsonValue]:
    given = Fields({**held, **asked.raw})
    count = given.number("required_approving_review_count", 1)
    if not 0 <= count <= _MOST_APPROVALS:
        raise FieldError("required_approving_review_count", f"{count} must be between 0 and {_MOST_APPROVALS}")
    found: dict[str, JsonValue] = {
        name: given.flag(name, default=False)
        for name in ("dismiss_stale_reviews", "require_code_owner_reviews", "require_last_push_approval")
    }
    found["required_approving_review_count"] = count
    for name, default in (("dismissal_restrictions", None), ("bypass_pull_request_allowances", _NOBODY)):
        if asked.given(name):
            found[name] = _actors(call, asked.object(name)) if asked.object(name).raw else default
        else:
            found[name] = held.get(name, default)
    return found


def _actors(call: RepositoryCall, asked: Fields) -> Mapping[str, JsonValue]:
    """Return the numbers of people, teams and apps that are named."""
    found: dict[str, JsonValue] = {}
    for kind in _NOBODY:
        named = {name: _number(call, kind, name) for name in asked.texts(kind, [])}
        missing = [name for name, number in named.items() if number is None]
        if missing:
            raise invalid(f"Validation Failed: {kind} not found: {', '.join(missing)}")
        found[kind] = list(named.values())
    return found


def _number(call: RepositoryCall, kind: str, name: str) -> int | None:
    found: User | App | Team | None
    if kind == "users":
        found = find_user(call.store, name)
    elif kind == "teams":
        found = find_team(call.store, call.repository.owner, name)
    else:
        found = find_app(call.store, name)
    return None if found is None else found.id


def _change(call: RepositoryCall, protection: Protection, name: str, value: JsonValue) -> Protection:
    return Protection(call.store.update(protection.record, {**protection.record.data, name: value}))


def show_checks(call: RepositoryCall) -> Reply:
    """Return the required status checks."""
    return _show_section(call, "required_status_checks", "Required status checks not enabled", status_checks_body)


def change_checks(call: RepositoryCall) -> Reply:
    """Change the required status checks; what is left out stays."""
    protection = _held(call)
    if not protection.fields.given("required_status_checks"):
        raise not_found("Required status checks not enabled")
    held = protection.fields.object("required_status_checks")
    asked = call.body()
    merged = Fields({**held.raw, **asked.raw} if "checks" in asked or "contexts" not in asked else asked.raw)
    changed = _change(call, protection, "required_status_checks", _checks(merged))
    return Reply(200, status_checks_body(Site.of(call), changed, call.params["branch"]))


def show_reviews(call: RepositoryCall) -> Reply:
    """Return what reviews are required."""
    missing = "Required pull request reviews not enabled"
    return _show_section(call, "required_pull_request_reviews", missing, reviews_body)


def change_reviews(call: RepositoryCall) -> Reply:
    """Change what reviews are required; what is left out stays."""
    protection, name = _held(call), "required_pull_request_reviews"
    held = protection.fields.object(name).raw if protection.fields.given(name) else {}
    changed = _change(call, protection, name, _reviews(call, call.body(), held))
    return Reply(200, reviews_body(Site.of(call), changed, call.params["branch"]))


def show_restrictions(call: RepositoryCall) -> Reply:
    """Return who may push."""
    return _show_section(call, "restrictions", "Push restrictions not enabled", restrictions_body)


def _show_section(
    call: RepositoryCall, name: str, missing: str, write: Callable[[Site, Protection, str], JsonObject]
) -> Reply:
    protection = _held(call)
    if not protection.fields.given(name):
        raise not_found(missing)
    return Reply(200, write(Site.of(call), protection, call.params["branch"]))


def _remover(name: str) -> Callable[[RepositoryCall], Reply]:
    def remove(call: RepositoryCall) -> Reply:
        _change(call, _held(call), name, None)
        return NO_CONTENT

    return remove


def _switch(name: str) -> tuple[Callable[[RepositoryCall], Reply], ...]:
    """Return how a setting with an address of its own is shown, switched on and switched off."""

    def show_switch(call: RepositoryCall) -> Reply:
        return Reply(200, switch_body(Site.of(call), _held(call), call.params["branch"], name))

    def switch_on(call: RepositoryCall) -> Reply:
        changed = _change(call, _held(call), name, value=True)
        return Reply(200, switch_body(Site.of(call), changed, call.params["branch"], name))

    def switch_off(call: RepositoryCall) -> Reply:
        _change(call, _held(call), name, value=False)
        return NO_CONTENT

    return show_switch, switch_on, switch_off


ROUTES: Final = (
    *REPOSITORY.get(_PLACE, READ_ADMINISTRATION, show),
    *REPOSITORY.put(_PLACE, WRITE_ADMINISTRATION, put),
    *REPOSITORY.delete(_PLACE, WRITE_ADMINISTRATION, delete),
    *REPOSITORY.get(f"{_PLACE}/required_status_checks", READ_ADMINISTRATION, show_checks),
    *REPOSITORY.patch(f"{_PLACE}/required_status_checks", WRITE_ADMINISTRATION, change_checks),
    *REPOSITORY.delete(f"{_PLACE}/required_status_checks", WRITE_ADMINISTRATION, _remover("required_status_checks")),
    *REPOSITORY.get(f"{_PLACE}/required_pull_request_reviews", READ_ADMINISTRATION, show_reviews),
    *REPOSITORY.patch(f"{_PLACE}/required_pull_request_reviews", WRITE_ADMINISTRATION, change_reviews),
    *REPOSITORY.delete(
        f"{_PLACE}/required_pull_request_reviews", WRITE_ADMINISTRATION, _remover("required_pull_request_reviews")
    ),
    *REPOSITORY.get(f"{_PLACE}/restrictions", READ_ADMINISTRATION, show_restrictions),
    *REPOSITORY.delete(f"{_PLACE}/restrictions", WRITE_ADMINISTRATION, _remover("restrictions")),
    *(
        route
        for name in ("enforce_admins", "required_signatures")
        for read, turn_on, turn_off in (_switch(name),)
        for route in (
            *REPOSITORY.get(f"{_PLACE}/{name}", READ_ADMINISTRATION, read),
            *REPOSITORY.post(f"{_PLACE}/{name}", WRITE_ADMINISTRATION, turn_on),
            *REPOSITORY.delete(f"{_PLACE}/{name}", WRITE_ADMINISTRATION, turn_off),
        )
    ),
)
