"""What only people can change, and `audit` goes on to find until they have: `up` leaves all of it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.adoption.remark import Remark
from twinlock.model.observed import Seen
from twinlock.names import APPS, DEFAULT_BRANCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from twinlock.adoption.found import Found, FoundRepository
    from twinlock.model.repository import Visibility


def of_organization(found: Found, machines: Iterable[str] = ()) -> Iterator[Remark]:
    """Yield what nobody declares of the organization itself: apps, webhooks, rulesets, what it lends to all."""
    expected = {*APPS, *machines}
    for slug in sorted(found.identities.apps):
        if slug not in expected:
            text = "It is installed. Uninstall it, or declare it under `machines` with the people who answer for it."
            yield Remark(f"{found.login}/app:{slug}", text)
    live = found.organization
    if isinstance(live.webhooks, Seen):
        for address in sorted(live.webhooks.value):
            yield Remark(found.login, f"Its webhook {address} sends elsewhere what happens in all repositories.")
    if isinstance(live.rulesets, Seen):
        for name in sorted(live.rulesets.value):
            yield Remark(f"{found.login}/ruleset:{name}", "An owner deletes it, or it stays a finding.")


def of_repositories(login: str, repositories: Iterable[FoundRepository], visibility: Visibility) -> Iterator[Remark]:
    """Yield what people must change in a service's repositories, or know of them.

    Args:
        login: The organization.
        repositories: Those that exist.
        visibility: What the service is declared with.
    """
    for repository in repositories:
        subject, live = f"{login}/{repository.name}", repository.live
        if live is None or not isinstance(live.settings, Seen):
            continue
        settings = live.settings.value
        if settings.default_branch != DEFAULT_BRANCH:
            yield Remark(subject, f"Rename its default branch {settings.default_branch} to {DEFAULT_BRANCH}.")
        if settings.visibility is not visibility:
            text = f"It is {settings.visibility.value} and becomes {visibility.value}, as its counterpart is."
            yield Remark(subject, text)
