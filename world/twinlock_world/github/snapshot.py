"""Everything that the local GitHub holds, as one document.

What refers to something else says its name, not its number: ids come from one sequence, so a number means one thing
wherever it stands. Two worlds in which the same was done thus differ only in ids and times. Tokens, private keys and
sealed values are left out, and so is what merely happened: the audit log, rule suites. Called by the server's dump.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.git_objects import GitRepositories
from twinlock_world.github.access import COLLABORATOR
from twinlock_world.github.accounts import APP, INSTALLATION, MEMBERSHIP, ORGANIZATION, USER
from twinlock_world.github.actions_policy import POLICY
from twinlock_world.github.checks import CHECK_RUN, CHECK_SUITE, COMMIT, STATUS
from twinlock_world.github.collaborators import INVITATION
from twinlock_world.github.environment import BRANCH_POLICY, ENVIRONMENT, GATE, PROTECTION_RULE
from twinlock_world.github.hook import HOOK, SIGNING_KEY
from twinlock_world.github.properties import PROPERTY, PROPERTY_VALUE
from twinlock_world.github.protection import PROTECTION
from twinlock_world.github.pulls.comment import COMMENT
from twinlock_world.github.pulls.label import LABEL
from twinlock_world.github.pulls.pull import PULL
from twinlock_world.github.pulls.pusher import PUSHED
from twinlock_world.github.pulls.review import REVIEW
from twinlock_world.github.pulls.thread import REMARK
from twinlock_world.github.repository import REPOSITORY
from twinlock_world.github.routes.keys import AUTOLINK, KEY
from twinlock_world.github.routes.secrets import CODESPACES_SECRET, DEPENDABOT_SECRET, SECRET, VARIABLE
from twinlock_world.github.ruleset import RULESET
from twinlock_world.github.team import TEAM, TEAM_MEMBER, TEAM_REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Record, Store

_REFERENCES: Final = frozenset(
    {
        "actor_id",
        "app_id",
        "apps",
        "assignees",
        "author",
        "by",
        "creator",
        "in_reply_to",
        "labels",
        "last_pusher",
        "pusher",
        "requested_teams",
        "requested_users",
        "resolved_by",
        "integration_id",
        "inviter",
        "parent_id",
        "repository_id",
        "repository_ids",
        "selected_repositories",
        "selected_repository_ids",
        "teams",
        "template_id",
        "users",
    }
)
_WITHHELD: Final = frozenset({"sealed", SIGNING_KEY})
_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    ORGANIZATION: (POLICY, RULESET, PROPERTY, HOOK, VARIABLE, SECRET, TEAM, REPOSITORY),
    REPOSITORY: (
        PULL,
        LABEL,
        PUSHED,
        COMMIT,
        POLICY,
        RULESET,
        PROTECTION,
        ENVIRONMENT,
        HOOK,
        KEY,
        AUTOLINK,
        VARIABLE,
        SECRET,
        DEPENDABOT_SECRET,
        CODESPACES_SECRET,
    ),
    ENVIRONMENT: (GATE, BRANCH_POLICY, VARIABLE, SECRET),
    PULL: (REVIEW, REMARK, COMMENT),
    COMMIT: (CHECK_SUITE, STATUS),
    CHECK_SUITE: (CHECK_RUN,),
}
"""What each kind holds that has a name of its own."""
_LINKS: Final[Mapping[str, tuple[str, ...]]] = {
    ORGANIZATION: (MEMBERSHIP, INSTALLATION),
    TEAM: (TEAM_MEMBER,),
    REPOSITORY: (COLLABORATOR, INVITATION, TEAM_REPOSITORY, PROPERTY_VALUE),
    ENVIRONMENT: (PROTECTION_RULE,),
}
"""What ties each kind to something else, by which it is named."""
_NAMED_BY: Final = ("login", "slug", "name", "property_name")


def snapshot(store: Store, git_root: Path) -> JsonObject:
    """Return the whole state, sorted."""
    return _Snapshot(store, GitRepositories(git_root)).document()


@dataclass(frozen=True, slots=True)
class _Snapshot:
    store: Store
    git: GitRepositories

    def document(self) -> JsonObject:
        return {f"{kind}s": self._group(self.store.all(kind)) for kind in (APP, ORGANIZATION, USER)}

    def _group(self, records: list[Record]) -> JsonObject:
        return {record.key: self._record(record) for record in sorted(records, key=lambda record: record.key)}

    def _record(self, record: Record) -> JsonObject:
        found: dict[str, JsonValue] = {
            "id": record.id,
            "created_at": record.created_at,
            "updated_at": record.updated_at,
            **{name: self._value(value, name) for name, value in record.data.items() if name not in _WITHHELD},
        }
        for kind in _OWN.get(record.kind, ()):
            found[_plural(kind)] = self._group(self.store.children(kind, record.id))
        for kind in _LINKS.get(record.kind, ()):
            links = {self._label(link.peer or 0): self._record(link) for link in self.store.children(kind, record.id)}
            found[_plural(kind)] = dict(sorted(links.items()))
        if record.kind == REPOSITORY:
            found["git"] = self._refs(record)
        return found

    def _refs(self, record: Record) -> JsonObject:
        objects = self.git.open(record.id)
        found: dict[str, JsonValue] = {}
        for ref in objects.refs():
            commit = objects.commit(ref.sha)
            found[ref.name] = {"sha": ref.sha, "tree": None if commit is None else commit.tree}
        return found

    def _value(self, value: JsonValue, name: str) -> JsonValue:
        if isinstance(value, dict):
            if value.keys() == {"id", "type"}:  # a reviewer: a person or a team
                return f"{value['type']} {self._value(value['id'], 'actor_id')}"
            return {inner: self._value(item, inner) for inner, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, name) for item in value]
        if isinstance(value, int) and not isinstance(value, bool) and name in _REFERENCES:
            return self._label(value)
        return value

    def _label(self, identifier: int) -> str:
        record = self.store.lookup(identifier)
        if record is None:
            return str(identifier)
        if record.kind == TEAM:
            return record.key
        return next((record.fields.text(name) for name in _NAMED_BY if record.fields.given(name)), record.key)


def _plural(kind: str) -> str:
    if kind.endswith("s"):
        return f"{kind}es"
    return kind.removesuffix("y") + "ies" if kind.endswith("y") and not kind.endswith("key") else f"{kind}s"
