"""Commits that the API makes: who signs them, when, and what an app may put into them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from twinlock_world.git_objects import Signature
from twinlock_world.github.access import NOT_FOR_APPS, Level, has_permission
from twinlock_world.github.accounts import App
from twinlock_world.github.errors import forbidden, invalid

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Identity

_WORKFLOWS: Final = ".github/workflows/"


def signature_of(identity: Identity, date: str) -> Signature:
    """Return how an account stands in the commits that it makes through the API."""
    return Signature(identity.login, f"{identity.id}+{identity.login}@users.noreply.github.com", date)


def git_date(text: str) -> str:
    """Return an ISO 8601 time as GitHub writes it, in UTC.

    Raises:
        GitHubError: 422, it is no time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid(f"Invalid request.\n\nFor 'properties/date', {text!r} is not a valid date-time.") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def require_workflows(identity: Identity | None, path: str) -> None:
    """Let a caller write a file: an app needs a permission of its own for workflows.

    Raises:
        GitHubError: 403, the app has none.
    """
    if not path.startswith(_WORKFLOWS) or not isinstance(identity, App):
        return
    if not has_permission(identity, "workflows", Level.WRITE):
        raise forbidden(NOT_FOR_APPS)
