"""Changes of repositories themselves: `repo.*`, `repository` and `public`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.changes.change import ORGANIZATION, REPOSITORY, Announced, Audited, Change, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.github.changes.change import Describe, Told
    from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue

_MERGING: Final = (
    "allow_auto_merge",
    "allow_merge_commit",
    "allow_rebase_merge",
    "allow_squash_merge",
    "allow_update_branch",
    "delete_branch_on_merge",
)
_SECURITY: Final = {
    "advanced_security": ("repo.advanced_security_enabled", "repo.advanced_security_disabled"),
    "secret_scanning": ("repository_secret_scanning.enable", "repository_secret_scanning.disable"),
    "secret_scanning_push_protection": (
        "repository_secret_scanning_push_protection.enable",
        "repository_secret_scanning_push_protection.disable",
    ),
}
_EDITED: Final = ("default_branch", "description", "homepage")


def created(change: Change) -> Iterator[Told]:
    """Tell of a new repository; it stands in the answer, not yet in the path."""
    repository = change.answer.fields
    data = {"repo": repository.raw.get("full_name"), "repo_id": repository.raw.get("id")}
    yield Audited("repo.create", {**data, **repository.only(("visibility",))})
    yield Announced("repository", "created", {"repository": repository.raw})


def changed(change: Change) -> Iterator[Told]:
    """Tell what of a repository changed."""
    old, new = change.old, change.answer.fields
    visibility: JsonObject = new.only(("visibility",))
    different = {name for name in new.raw if old.raw.get(name) != new.raw[name]}
    if "name" in different:
        yield Audited("repo.rename", {**visibility, "old_name": old.raw.get("name")})
        yield _announced("renamed", new, {"repository": {"name": {"from": old.raw.get("name")}}})
    if "archived" in different:
        verb = "archived" if new.flag("archived") else "unarchived"
        yield Audited(f"repo.{verb}", visibility)
        yield _announced(verb, new)
    if "visibility" in different:
        yield Audited("repo.access", {**visibility, "previous_visibility": old.raw.get("visibility")})
        yield _announced("publicized" if new.text("visibility") == "public" else "privatized", new)
        if new.text("visibility") == "public":
            yield Announced("public", None, {"repository": new.raw})
    if "default_branch" in different:
        data = {"default_branch": new.raw["default_branch"], "old_default_branch": old.raw.get("default_branch")}
        yield Audited("repo.update_default_branch", {**visibility, **data})
    merging: dict[str, JsonValue] = {name: new.raw[name] for name in _MERGING if name in different and name in old}
    if merging:
        yield Audited("repo.change_merge_setting", {**visibility, "merge_settings": merging})
    for name, (on, off) in _SECURITY.items():
        was, now = _status(old, name), _status(new, name)
        if was != now and None not in {was, now}:
            yield Audited(on if now == "enabled" else off, visibility)
    edited: dict[str, JsonValue] = {name: {"from": old.raw.get(name)} for name in _EDITED if name in different}
    if edited:
        yield _announced("edited", new, edited)


def deleted(change: Change) -> Iterator[Told]:
    """Tell of a repository that is no more."""
    yield Audited("repo.destroy", change.old.only(("visibility",)))
    yield Announced("repository", "deleted", {"repository": change.old.raw})


def topics_set(change: Change) -> Iterator[Told]:
    """Tell of each topic that came or went."""
    old, new = change.old.texts("names", []), change.answer.fields.texts("names", [])
    for topic in sorted(set(new) - set(old)):
        yield Audited("repo.add_topic", {"topic": topic})
    for topic in sorted(set(old) - set(new)):
        yield Audited("repo.remove_topic", {"topic": topic})


def _alerts(verb: str, *, there: bool) -> Describe:
    def told(change: Change) -> Iterator[Told]:
        if change.before.there is not there:
            yield Audited(f"repository_vulnerability_alerts.{verb}")

    return told


def _fixes(verb: str) -> Describe:
    def told(change: Change) -> Iterator[Told]:
        if change.differs("enabled"):
            yield Audited(f"dependabot_security_updates.{verb}")

    return told


def _announced(action: str, repository: Fields, changes: JsonObject | None = None) -> Announced:
    payload: dict[str, JsonValue] = {"repository": repository.raw}
    return Announced("repository", action, payload | ({} if changes is None else {"changes": changes}))


def _status(repository: Fields, name: str) -> JsonValue:
    features = repository.raw.get("security_and_analysis")
    feature = features.get(name) if isinstance(features, dict) else None
    return feature.get("status") if isinstance(feature, dict) else None


CHANGES: Final[Table] = {
    ("POST", f"{ORGANIZATION}/repos"): created,
    ("POST", f"{REPOSITORY}/generate"): created,
    ("PATCH", REPOSITORY): changed,
    ("DELETE", REPOSITORY): deleted,
    ("PUT", f"{REPOSITORY}/topics"): topics_set,
    ("PUT", f"{REPOSITORY}/vulnerability-alerts"): _alerts("enable", there=True),
    ("DELETE", f"{REPOSITORY}/vulnerability-alerts"): _alerts("disable", there=False),
    ("PUT", f"{REPOSITORY}/automated-security-fixes"): _fixes("enable"),
    ("DELETE", f"{REPOSITORY}/automated-security-fixes"): _fixes("disable"),
}
