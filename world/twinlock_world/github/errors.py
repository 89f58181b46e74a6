"""GitHub's refusals, in its words: one exception that any handler may raise, and how it is written as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twinlock_world.jsonvalue import JsonObject, JsonValue

DOCUMENTATION = "https://docs.github.com/rest"


class GitHubError(Exception):
    """An answer other than success."""

    def __init__(self, status: int, message: str, errors: Sequence[JsonValue] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.keep: Callable[[], None] | None = None
        """What is to be noted although the request failed; it runs once the failed request was undone."""

    def body(self) -> JsonObject:
        """Return the answer's document."""
        found: dict[str, JsonValue] = {"message": self.message}
        if self.errors:
            found["errors"] = self.errors
        return {**found, "documentation_url": DOCUMENTATION, "status": str(self.status)}


def not_found(message: str = "Not Found") -> GitHubError:
    """Return the answer for what is not there, or is not for this caller to know of."""
    return GitHubError(404, message)


def forbidden(message: str) -> GitHubError:
    """Return the answer for a caller who may see but not do."""
    return GitHubError(403, message)


def conflict(message: str) -> GitHubError:
    """Return the answer for a request that the present state does not allow."""
    return GitHubError(409, message)


def invalid(message: str) -> GitHubError:
    """Return the answer for a request whose shape is wrong."""
    return GitHubError(422, message)


def validation_failed(resource: str, field: str, code: str, message: str | None = None) -> GitHubError:
    """Return the answer for a well-formed request with an impossible value."""
    detail: dict[str, JsonValue] = {"resource": resource, "code": code, "field": field}
    return GitHubError(422, "Validation Failed", [{**detail, "message": message} if message else detail])


def already_exists(resource: str, field: str, message: str | None = None) -> GitHubError:
    """Return the answer for a name that is taken."""
    return validation_failed(resource, field, "custom" if message else "already_exists", message)
