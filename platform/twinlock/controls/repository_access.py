"""Only the declared teams reach a repository, each with exactly its permission.

Why: duties are held apart by what a team may do where. An outside collaborator, a direct grant, a deploy key, an
invitation nobody has accepted yet or a webhook that carries code away goes around all teams. Everything GitHub lists is
compared, so one more of any of them is a finding.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from twinlock.controls import _subjects as subjects
from twinlock.controls._control import Control
from twinlock.controls._judgement import Judgement, compared
from twinlock.model.finding import Severity
from twinlock.model.observed import Observed, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from twinlock.model.access import Access, Grant
    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate, LiveRepository
    from twinlock.model.repository import Repository


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge every way into every protected repository."""
    yield from subjects.each_repository(estate, live, partial(_repository, estate))


def _repository(estate: Estate, desired: Repository, live: LiveRepository) -> Iterator[Judgement]:
    access: Observed[Access] = live.access
    if isinstance(access, Seen):
        access = Seen(_folded(access.value), access.unmodelled)
    yield compared(subjects.repository(estate, desired.name), _folded(desired.access), access)


def _folded(access: Access) -> Access:
    """Return the access with logins in lower case: GitHub ignores their case."""
    return replace(access, collaborators=_lower(access.collaborators), invitations=_lower(access.invitations))


def _lower(grants: Iterable[Grant]) -> frozenset[Grant]:
    return frozenset(replace(grant, holder=grant.holder.lower()) for grant in grants)


CONTROL = Control(
    slug="repository-access",
    title="Only declared teams reach a repository",
    severity=Severity.CRITICAL,
    promise="P2",
    remediation="Remove what nobody declared: `twinlock reconcile --once`.",
    check=check,
)
