"""Commits that the API makes: who signs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock_world.git_objects import Signature

if TYPE_CHECKING:
    from twinlock_world.github.accounts import Identity


def signature_of(identity: Identity, date: str) -> Signature:
    """Return how an account stands in the commits that it makes through the API."""
    return Signature(identity.login, f"{identity.id}+{identity.login}@users.noreply.github.com", date)
