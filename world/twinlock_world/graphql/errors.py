"""What a query is answered where it cannot be: GitHub's kind of error, and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock_world.github.errors import GitHubError

_KINDS: Final[Mapping[int, str]] = {401: "FORBIDDEN", 403: "FORBIDDEN", 404: "NOT_FOUND", 501: "NOT_IMPLEMENTED"}


class QueryError(Exception):
    """A field that cannot be answered; `kind` is what GitHub's clients look at."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class UnmodelledError(QueryError):
    """A field of GitHub's that this world does not answer."""

    def __init__(self, name: str) -> None:
        super().__init__("NOT_IMPLEMENTED", f"This world does not answer {name}")
        self.name = name


def not_found(message: str) -> QueryError:
    """Return the answer for what is not there, or not for this caller to know of."""
    return QueryError("NOT_FOUND", message)


def refused(error: GitHubError) -> QueryError:
    """Return REST's refusal as GraphQL writes it."""
    details = [item.get("message") for item in error.errors if isinstance(item, dict)]
    details += [item for item in error.errors if isinstance(item, str)]
    message = next((text for text in details if isinstance(text, str)), error.message)
    return QueryError(_KINDS.get(error.status, "UNPROCESSABLE"), message)
