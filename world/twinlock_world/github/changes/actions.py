"""Changes of Actions' policy and of the OIDC subject.

That the OIDC subject's customization is recorded as a change of Actions' settings is unconfirmed: GitHub documents no
name for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock_world.github.changes.change import ORGANIZATION, REPOSITORY, Audited, Change, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.github.changes.change import Describe, Told

_POLICY: Final = "/actions/permissions"
_SUBJECT: Final = "/actions/oidc/customization/sub"


def _settings(holder: str) -> Describe:
    def told(change: Change) -> Iterator[Told]:
        if change.old.raw != change.new.raw or change.before.body != change.after.body:
            data = {"old_policy": change.old.raw, "new_policy": change.new.raw}
            yield Audited(f"{holder}.update_actions_settings", data)
        if holder == "repo" and change.old.raw.get("enabled") is False and change.new.raw.get("enabled") is True:
            yield Audited("repo.actions_enabled")

    return told


def _workflow(holder: str) -> Describe:
    def told(change: Change) -> Iterator[Told]:
        name = "default_workflow_permissions"
        if change.differs(name):
            data = {"old_value": change.old.raw.get(name), "new_value": change.new.raw.get(name)}
            yield Audited(f"{holder}.set_default_workflow_permissions", data)
        name = "can_approve_pull_request_reviews"
        if change.differs(name):
            data = {"old_value": change.old.raw.get(name), "new_value": change.new.raw.get(name)}
            yield Audited(f"{holder}.set_workflow_permission_can_approve_pr", data)

    return told


def _access(change: Change) -> Iterator[Told]:
    if change.differs("access_level"):
        data = {"old_policy": change.old.raw.get("access_level"), "policy": change.new.raw.get("access_level")}
        yield Audited("repo.update_actions_access_settings", data)


CHANGES: Final[Table] = {
    ("PUT", f"{REPOSITORY}{_POLICY}/access"): _access,
    **{
        (method, place + tail): told(holder)
        for holder, place in (("org", ORGANIZATION), ("repo", REPOSITORY))
        for method, tail, told in (
            ("PUT", _POLICY, _settings),
            ("PUT", f"{_POLICY}/selected-actions", _settings),
            ("PUT", f"{_POLICY}/workflow", _workflow),
            ("PUT", _SUBJECT, _settings),
        )
    },
    ("PUT", f"{ORGANIZATION}{_POLICY}/repositories"): _settings("org"),
    ("PUT", f"{ORGANIZATION}{_POLICY}/repositories/{{selected_id}}"): _settings("org"),
    ("DELETE", f"{ORGANIZATION}{_POLICY}/repositories/{{selected_id}}"): _settings("org"),
}
