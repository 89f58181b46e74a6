"""What a handler is given and what it answers.

`Call` is a request whose caller is known; `Reply` is what goes back. Both are free of HTTP's mechanics, which live in
`application`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlencode

from twinlock_world.github.errors import GitHubError, invalid
from twinlock_world.jsonvalue import Fields, JsonObject, JsonValue, is_deep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from twinlock_world.git_objects import GitRepositories
    from twinlock_world.github.accounts import Identity
    from twinlock_world.github.urls import Urls
    from twinlock_world.store import Store

T = TypeVar("T")

_LARGEST_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request below the API's mount: the path is still percent-encoded."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes
    urls: Urls


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and a document; `then` runs once the change is durable, `raw` stands for a document that isn't JSON."""

    status: int = 200
    body: JsonValue = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    then: Callable[[], None] | None = None


NO_CONTENT: Final = Reply(204)


@dataclass(frozen=True, slots=True)
class Call:
    """One request to one route."""

    request: Request
    params: Mapping[str, str]
    identity: Identity | None
    store: Store
    git: GitRepositories

    @property
    def urls(self) -> Urls:
        """Where the caller finds things."""
        return self.request.urls

    @property
    def query(self) -> Mapping[str, str]:
        """The query's parameters."""
        return self.request.query

    def caller(self) -> Identity:
        """Return who calls.

        Raises:
            GitHubError: 401, nobody in particular does.
        """
        if self.identity is None:
            raise GitHubError(401, "Requires authentication")
        return self.identity

    def body(self) -> Fields:
        """Return the request's document; an empty one for no content.

        Raises:
            GitHubError: 400, it is no JSON object.
        """
        if not self.request.content.strip():
            return Fields({})
        try:
            found: JsonValue = json.loads(self.request.content, parse_constant=_no_constant)
            json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is text that nothing can store
        except (ValueError, RecursionError) as error:
            raise GitHubError(400, "Problems parsing JSON") from error
        if is_deep(found):
            raise GitHubError(400, "Problems parsing JSON")
        if not isinstance(found, dict):
            raise GitHubError(400, "Body should be a JSON object")
        return Fields(found)

    def page(self, items: Sequence[T], encode: Callable[[T], JsonValue], size: int = 30) -> Reply:
        """Return the asked page of a list, with the addresses of the others."""
        shown, headers = self._slice(items, size)
        return Reply(200, [encode(item) for item in shown], headers)

    def counted_page(
        self, name: str, items: Sequence[T], encode: Callable[[T], JsonValue], size: int = 30, **more: JsonValue
    ) -> Reply:
        """Return the asked page of a list that GitHub wraps in an object with its total."""
        shown, headers = self._slice(items, size)
        document: JsonObject = {"total_count": len(items), **more, name: [encode(item) for item in shown]}
        return Reply(200, document, headers)

    def _slice(self, items: Sequence[T], size: int) -> tuple[Sequence[T], dict[str, str]]:
        per_page = min(max(self._number("per_page", size), 1), _LARGEST_PAGE)
        number = max(self._number("page", 1), 1)
        last = max(-(-len(items) // per_page), 1)
        links = []
        if number > 1:
            links += [("prev", min(number - 1, last)), ("first", 1)]
        if number < last:
            links += [("next", number + 1), ("last", last)]
        header = ", ".join(f'<{self._page_url(at)}>; rel="{relation}"' for relation, at in links)
        return items[(number - 1) * per_page : number * per_page], {"link": header} if header else {}

    def _page_url(self, number: int) -> str:
        query = urlencode({**self.query, "page": str(number)})
        return f"{self.urls.origin}{self.urls.mount}{self.request.path}?{query}"

    def _number(self, name: str, default: int) -> int:
        text = self.query.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default  # noqa: PLR2004 - no page is that far

    def parameter_number(self, name: str) -> int:
        """Return a number from the path.

        Raises:
            GitHubError: 404, it is none.
        """
        text = self.params[name]
        if not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004 - SQLite's integers end at 19 digits
            raise GitHubError(404, "Not Found")
        return int(text)


def _no_constant(name: str) -> JsonValue:
    raise ValueError(f"{name} is no JSON")


def wrong_field(name: str, problem: str) -> GitHubError:
    """Return GitHub's answer for a field of the wrong type or value."""
    if problem == "wasn't supplied":
        return invalid(f'Invalid request.\n\n"{name}" wasn\'t supplied.')
    if problem.endswith("."):  # a whole sentence about the value
        return invalid(f"Invalid request.\n\nInvalid property /{name}: {problem}")
    return invalid(f"Invalid request.\n\nFor 'properties/{name}', {problem}.")
