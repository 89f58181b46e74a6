"""A repository's code owners: the CODEOWNERS file of a commit, with the accounts behind its owners.

Whoever is unknown, has no write access, or is a team that is secret or was not itself given write, owns nothing
(GitHub's documentation, "About code owners"). Called by pull requests, for review requests and for the rules.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twinlock_world.github.access import Role, role_on
from twinlock_world.github.accounts import find_user, get_user
from twinlock_world.github.policy_facts import members_of, team_access
from twinlock_world.github.team import find_team
from twinlock_world.policy.code_owners import LARGEST, LOCATIONS, Line, Mistake, owner_groups, parse
from twinlock_world.policy.facts import Access

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock_world.github.accounts import User
    from twinlock_world.github.site import Site
    from twinlock_world.policy.facts import OwnerGroup

_NO_REPLY: Final = re.compile(r"(\d{1,15})\+.*@users\.noreply\.github\.com")


def code_owners(site: Site, commit: str, files: Iterable[str]) -> tuple[OwnerGroup, ...]:
    """Return who owns files by the CODEOWNERS of a commit: of each group one must approve."""
    lines, _, _ = read(site, commit)
    return owner_groups(lines, files, lambda owner: people_behind(site, owner)) if lines else ()


def read(site: Site, commit: str) -> tuple[tuple[Line, ...], tuple[Mistake, ...], str | None]:
    """Return the lines and mistakes of a commit's CODEOWNERS, and where it was found."""
    for path in LOCATIONS:
        entry = site.objects.entry(commit, path)
        if entry is None or entry.kind != "blob":
            continue
        found = site.objects.read(entry.sha) if (entry.size or 0) <= LARGEST else None
        lines, mistakes = parse("" if found is None else found.data.decode(errors="replace"))
        return lines, mistakes, path
    return (), (), None


def people_behind(site: Site, owner: str) -> frozenset[int] | None:
    """Return the people that an owner as written stands for; nothing for one who owns nothing."""
    if owner.startswith("@") and "/" in owner:
        return _team(site, *owner[1:].split("/", 1))
    user = _user(site, owner)
    if user is None or role_on(site.store, site.repository, user) < Role.PUSH:
        return None
    return frozenset({user.id})


def _team(site: Site, organization: str, slug: str) -> frozenset[int] | None:
    repository = site.repository
    if organization.casefold() != repository.owner.login.casefold():
        return None
    team = find_team(site.store, repository.owner, slug)
    if team is None or team.privacy == "secret" or team_access(site.store, repository, team.id) < Access.PUSH:
        return None
    return members_of(site.store, team.id)


def _user(site: Site, owner: str) -> User | None:
    if owner.startswith("@"):
        return find_user(site.store, owner[1:])
    found = _NO_REPLY.fullmatch(owner)  # the only addresses that the world knows
    return None if found is None else get_user(site.store, int(found[1]))
