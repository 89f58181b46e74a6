"""Repositories: which one it is, and the settings that bear on a guarantee.

Source: https://docs.github.com/en/rest/repos/repos#get-a-repository.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twinlock.github.fields import Fields, Malformed
from twinlock.model.live import RepositoryIdentity
from twinlock.model.observed import Observed, Seen, Unread
from twinlock.model.repository import Settings, Visibility

if TYPE_CHECKING:
    from twinlock.github.oidc import Subject

SETTINGS = {
    "default_branch": "default_branch",
    "archived": "archived",
    "allow_merge_commit": "merge_commit",
    "allow_rebase_merge": "rebase_merge",
    "allow_squash_merge": "squash_merge",
    "allow_auto_merge": "auto_merge",
    "allow_forking": "forking",
}
"""GitHub's field to the model's. The other hundred fields of a repository (addresses, counters, features of the
issue tracker, texts of merge commits) carry no guarantee and are not examined; access, rules and Actions have answers
of their own, which are."""


def decode_identity(raw: object, subject: Observed[Subject]) -> Observed[RepositoryIdentity]:
    """Return which repository GitHub describes, with the prefix of its OIDC subjects."""
    if not isinstance(subject, Seen):
        return Unread(subject.reason if isinstance(subject, Unread) else "GitHub reports no OIDC subject")
    try:
        fields = Fields(raw)
        owner = fields.nested("owner")
        name, login = fields.text("name"), owner.text("login")
        number, owner_number = fields.number("id"), owner.number("id")
    except Malformed as error:
        return Unread(f"GitHub's answer was not understood: {error.reason}")
    form = subject.value
    derived = f"repo:{login}@{owner_number}/{name}@{number}" if form.immutable else f"repo:{login}/{name}"
    return Seen(
        RepositoryIdentity(number, owner_number, name, form.prefix or derived, customised=not form.use_default),
        tuple(f"oidc.{field}" for field in subject.unmodelled),
    )


def decode_settings(raw: object) -> Observed[Settings]:
    """Return the settings GitHub describes; unread where it hides them from an identity without write access."""
    try:
        fields = Fields(raw)
        word = fields.text("visibility")
        visibility = Visibility(word)
        values: dict[str, Any] = {
            field: fields.text(name) if name == "default_branch" else fields.flag(name)
            for name, field in SETTINGS.items()
        }
    except Malformed as error:
        return Unread(f"GitHub's answer was not understood: {error.reason}")
    except ValueError:
        return Unread(f"GitHub's answer was not understood: visibility is {word!r}, which is unknown")
    return Seen(Settings(visibility=visibility, **values))


def encode_settings(settings: Settings) -> dict[str, Any]:
    """Return the body that sets a repository's settings; visibility is changed by a request of its own."""
    return {name: getattr(settings, field) for name, field in SETTINGS.items()}
