"""What a query is answered with: the caller's own REST API, asked within the process.

Reads are remembered for the length of one query. Whoever the caller is, REST decides.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import quote, urlencode

from twinlock_world.github.errors import GitHubError
from twinlock_world.graphql.thing import Thing
from twinlock_world.jsonvalue import Fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.github.call import Call, Reply, Request
    from twinlock_world.github.urls import Urls
    from twinlock_world.jsonvalue import JsonObject, JsonValue
    from twinlock_world.store import Store

_PAGE: Final = 100
_MOST_FIELDS: Final = 500_000  # GitHub's limit of nodes in one query; ours counts fields, which are more
_ACCEPT: Final = "application/vnd.github.v3.repository+json"


class Rest(Protocol):
    """The REST API within the process."""

    def ask(self, call: Call, request: Request) -> Reply:
        """Answer a request as the caller of `call`.

        Raises:
            GitHubError: As REST refuses.
        """


@dataclass(slots=True)
class Context:
    """One query: who asks, where, and what was read for it already."""

    call: Call
    api: Rest
    known: dict[str, JsonValue] = field(default_factory=dict)
    resolved: int = 0

    @property
    def urls(self) -> Urls:
        """Where the caller finds things."""
        return self.call.urls

    @property
    def store(self) -> Store:
        """The world's records, for the little that REST does not say."""
        return self.call.store

    def get(self, *segments: str | int, **query: str) -> JsonValue:
        """Return what REST answers for a path.

        Raises:
            GitHubError: As REST refuses.
        """
        path = _path(*segments)
        name = f"{path}?{urlencode(query)}"
        if name not in self.known:
            self.known[name] = self._ask("GET", path, query, None).body
        return self.known[name]

    def find(self, *segments: str | int, **query: str) -> JsonValue:
        """Return what REST answers for a path, and nothing where it is not found."""
        try:
            return self.get(*segments, **query)
        except GitHubError as error:
            if error.status == 404:  # noqa: PLR2004 - HTTP's number for it
                return None
            raise

    def body(self, *segments: str | int, **query: str) -> Fields | None:
        """Return the object that REST answers for a path, and nothing where it is not found."""
        found = self.find(*segments, **query)
        return Fields(found) if isinstance(found, dict) else None

    def items(self, *segments: str | int, inside: str = "", **query: str) -> Iterator[Fields]:
        """Return each object of a list, page by page; `inside` names it where REST wraps it."""
        number = 1
        while True:
            found = self.get(*segments, **{**query, "per_page": str(_PAGE), "page": str(number)})
            listed = found.get(inside) if isinstance(found, dict) else found
            page = Fields({"items": listed}).objects("items")
            yield from page
            if len(page) < _PAGE:
                return
            number += 1

    def things(
        self, kind: str, home: Thing | None, *segments: str | int, inside: str = "", **query: str
    ) -> list[Thing]:
        """Return each object of a list as a thing."""
        return [Thing(kind, body, home) for body in self.items(*segments, inside=inside, **query)]

    def write(self, method: str, *segments: str | int, document: JsonObject | None = None) -> Fields:
        """Change something by REST; what was read before is forgotten.

        Raises:
            GitHubError: As REST refuses.
        """
        body = self._ask(method, _path(*segments), {}, document).body
        self.known.clear()
        return Fields(body if isinstance(body, dict) else {})

    def count(self) -> bool:
        """Count a field; false once a query has asked for more than it may."""
        self.resolved += 1
        return self.resolved <= _MOST_FIELDS

    def _ask(self, method: str, path: str, query: dict[str, str], document: JsonObject | None) -> Reply:
        content = b"" if document is None else json.dumps(document).encode()
        headers = {**self.call.request.headers, "accept": _ACCEPT}
        request = replace(self.call.request, method=method, path=path, query=query, headers=headers, content=content)
        return self.api.ask(self.call, request)


def _path(*segments: str | int) -> str:
    """Return a path; a segment with a `/` at its start leads on as it is, others are encoded."""
    return "".join(
        segment if isinstance(segment, str) and segment.startswith("/") else f"/{quote(str(segment), safe='')}"
        for segment in segments
    )
