"""Access: GitHub's lists of teams, collaborators, invitations, deploy keys and webhooks, and the model's noun.

Sources: https://docs.github.com/en/rest/collaborators, https://docs.github.com/en/rest/deploy-keys,
https://docs.github.com/en/rest/repos/webhooks, https://docs.github.com/en/rest/repos/repos#list-repository-teams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from twinlock.github import hook
from twinlock.github.fields import Fields, Malformed, elements
from twinlock.model.access import Access, Grant, Permission
from twinlock.model.observed import Observed, Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_ROLE_NAMES = {
    "read": Permission.PULL,
    "triage": Permission.TRIAGE,
    "write": Permission.PUSH,
    "maintain": Permission.MAINTAIN,
    "admin": Permission.ADMIN,
}
"""The built-in roles, as `role_name` and invitations call them."""


@dataclass(frozen=True, slots=True)
class Lists:
    """GitHub's answers about one repository.

    Attributes:
        teams: Teams with access.
        collaborators: People with direct access, members of the organization or not (`affiliation=direct`).
        invitations: Open invitations.
        keys: Deploy keys.
        hooks: Webhooks.
    """

    teams: object
    collaborators: object
    invitations: object
    keys: object
    hooks: object


def decode(lists: Lists) -> Observed[Access]:
    """Return every way into a repository, or why an answer could not be understood.

    The lists are GitHub's accounts of teams and people; only who and how much is modelled of them, so their other
    fields (addresses, avatars) are not examined. A custom role counts as its base; what it adds to that is nowhere in
    these answers, so it is reported as unmodelled.
    """
    custom: list[str] = []
    try:
        direct = _each(
            lists.collaborators, "collaborators", lambda fields: _grant(fields, fields.text("login"), custom)
        )
        access = Access(
            teams=_each(lists.teams, "teams", lambda fields: _grant(fields, fields.text("slug"), custom)),
            collaborators=direct,
            invitations=_each(lists.invitations, "invitations", _invitation),
            deploy_keys=_each(lists.keys, "keys", _key),
            webhooks=_each(lists.hooks, "hooks", hook.address),
        )
        return Seen(access, tuple(sorted(set(custom))))
    except Malformed as error:
        return Unread(f"GitHub's answer was not understood: {error.reason}")


def _each(raw: object, what: str, read: Callable[[Fields], T]) -> frozenset[T]:
    return frozenset(read(Fields(element, f"{what}[]")) for element in elements(raw, what))


def permission(word: str) -> Permission | None:
    """Return the permission behind GitHub's word for it (`push` or `write`), or None for a custom role."""
    return _ROLE_NAMES.get(word) or next((known for known in Permission if known.slug == word), None)


def _grant(fields: Fields, holder: str, custom: list[str]) -> Grant:
    """Read what somebody may do; of a custom role the booleans tell the base, and its name goes to `custom`."""
    words = [word for name in ("role_name", "permission") if (word := fields.text(name, ""))]
    held = [permission(word) for word in words]
    custom += [f"role {word} of {holder}" for word, known in zip(words, held, strict=True) if known is None]
    if fields.has("permissions"):
        booleans = fields.nested("permissions")
        held += [known for known in Permission if booleans.flag(known.slug, default=False)]
    found = [known for known in held if known is not None]
    if not found:
        raise Malformed(f"what {holder} may do is missing")
    return Grant(holder, max(found))


def _invitation(fields: Fields) -> Grant:
    invitee = fields.nested("invitee").text("login") if fields.has("invitee") else fields.text("email", "somebody")
    # An invitation to a custom role names the role alone; the worst is assumed, so that it is never passed over.
    return Grant(invitee, permission(fields.text("permissions")) or Permission.ADMIN)


def _key(fields: Fields) -> str:
    title = fields.text("title")
    return title if fields.flag("read_only") else f"{title} (write)"
