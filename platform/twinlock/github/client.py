"""The port through which everything speaks to GitHub's REST API, and the wrapper that only reads.

`http.py` holds the adapter for the network; tests write fakes of these protocols.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, Protocol
from urllib.parse import quote

from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Mapping


LIMITED = frozenset({403, 429})
"""How GitHub refuses whoever asks too often, among others."""
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub answered.

    Attributes:
        status: The HTTP status.
        headers: Header names in lower case.
        body: The parsed JSON, or None where there was none.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None

    @property
    def ok(self) -> bool:
        """Whether the status says success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the class of statuses is its own name

    @property
    def message(self) -> str:
        """GitHub's message about an error, on one line; empty where it gave none."""
        message = self.body.get("message") if isinstance(self.body, dict) else None
        return " ".join(message.split()) if isinstance(message, str) else ""


def mend(refused: Answer) -> str:
    """Return what to do about a refusal: of GitHub itself, of its limits, or of what was asked."""
    if refused.status >= _SERVER_ERROR:
        return "GitHub failed. Run the same command again; it goes on where this run stopped."
    if refused.status in LIMITED and ("retry-after" in refused.headers or "rate limit" in refused.message.lower()):
        return "Wait until GitHub allows more, then run the same command again; it goes on where this run stopped."
    return "See what the controller may do there, then run the same command again."


class GitHubReader(Protocol):
    """Reads GitHub."""

    @property
    def calls(self) -> int:
        """How many requests GitHub counts against the rate limit so far."""

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Read one resource; any status is an answer.

        Raises:
            Incomplete: GitHub cannot be reached, or refuses the token.
        """

    def get_all(self, path: str, params: Mapping[str, str] | None = None, *, key: str | None = None) -> Answer:
        """Read a list through all its pages, as one answer whose body is the whole list.

        `key` names the list where GitHub wraps it in an object. If any page fails, its answer is returned alone.

        Raises:
            Incomplete: As `get`.
        """


class GitHubClient(GitHubReader, Protocol):
    """Reads and writes GitHub."""

    def post(self, path: str, body: object = None) -> Answer:
        """Create something."""

    def put(self, path: str, body: object = None) -> Answer:
        """Create or replace something."""

    def patch(self, path: str, body: object = None) -> Answer:
        """Change something."""

    def delete(self, path: str, body: object = None) -> Answer:
        """Remove something."""


def segment(text: str) -> str:
    """Return text as one segment of a path: a slash in an environment's name is not a separator."""
    return quote(text, safe="")


class ReadOnlyClient:
    """Lets nothing but GET pass.

    The auditor's identity holds Administration: write, because GitHub hides bypass actors otherwise. This wrapper is
    why it nevertheless cannot write: any other method is refused before anything is sent.
    """

    def __init__(self, inner: GitHubReader) -> None:
        self._inner = inner

    @property
    def calls(self) -> int:
        """How many requests the wrapped client made."""
        return self._inner.calls

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Read one resource; see `GitHubReader.get`."""
        return self._inner.get(path, params)

    def get_all(self, path: str, params: Mapping[str, str] | None = None, *, key: str | None = None) -> Answer:
        """Read a list; see `GitHubReader.get_all`."""
        return self._inner.get_all(path, params, key=key)

    def post(self, path: str, body: object = None) -> Answer:
        """Refuse."""
        self._refuse("POST", path, body)

    def put(self, path: str, body: object = None) -> Answer:
        """Refuse."""
        self._refuse("PUT", path, body)

    def patch(self, path: str, body: object = None) -> Answer:
        """Refuse."""
        self._refuse("PATCH", path, body)

    def delete(self, path: str, body: object = None) -> Answer:
        """Refuse."""
        self._refuse("DELETE", path, body)

    @staticmethod
    def _refuse(method: str, path: str, _body: object) -> NoReturn:
        raise Incomplete(
            f"{method} {path} was not sent.",
            "The auditor only reads, whatever its token would allow.",
            "Report this as a defect of twinlock.",
        )
