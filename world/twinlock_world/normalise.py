"""A dump without what differs between two worlds in which the same was done.

Ids, times and ports depend on the order of events and on the machine. They are dropped where a key names them, and
replaced by names where they are a part of a value: an OIDC subject holds the ids of an organization and a repository,
a trust policy's condition those ids alone. Pure; called for `/_world/dump?normalised=true`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.jsonvalue import JsonObject, JsonValue

_VOLATILE: Final = frozenset(
    {
        *("id", "node_id", "etag", "key_id"),
        *("created_at", "updated_at", "pushed_at", "archived_at", "expires_at"),
        *("closed_at", "merged_at", "submitted_at", "started_at", "completed_at"),
    }
)
_QUALIFIED: Final = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)@(?P<id>[0-9]+)")
_NUMBER: Final = re.compile(r"[0-9]+")
_MOST_DIGITS: Final = 19  # SQLite's ids have fewer, and Python refuses to read very long numbers
_LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|localhost)(:\d+)?")
_ID_KEY: Final = re.compile(r"(?:^|[:._])(?:\w+_)?id$")


def normalise(document: JsonValue, names: Mapping[int, str]) -> JsonValue:
    """Return a document without volatile values; `names` gives the name that stands for an id."""
    return _Normaliser(names).value(document, "")


class _Normaliser:
    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = names

    def value(self, value: JsonValue, key: str) -> JsonValue:
        """Return a value without what is volatile in it; `key` is what it stands under."""
        if isinstance(value, str):
            return self._text(value, key)
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list | tuple):
            return [self.value(item, key) for item in value]
        return value

    def _object(self, value: JsonObject) -> JsonObject:
        return {self._text(name, ""): self.value(item, name) for name, item in value.items() if name not in _VOLATILE}

    def _text(self, text: str, key: str) -> str:
        if _NUMBER.fullmatch(text) and _ID_KEY.search(key):
            return self._named(text)
        return _LOOPBACK.sub("{world}", _QUALIFIED.sub(self._qualified, text))

    def _qualified(self, found: re.Match[str]) -> str:
        return f"{found['name']}@{self._named(found['id'])}"

    def _named(self, number: str) -> str:
        name = self._names.get(int(number)) if len(number) < _MOST_DIGITS else None
        return number if name is None else f"{{{name}}}"
