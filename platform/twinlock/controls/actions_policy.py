"""Workflows run only allowed actions, pinned by commit, with a token that reads and cannot approve.

Why: an action is code of somebody else with the repository's token, and a workflow that approves pull requests is a
reviewer whom everybody operates. The organization's settings and each repository's are compared, for the weaker counts.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twinlock.controls import _subjects as subjects
from twinlock.controls._control import Control
from twinlock.controls._judgement import Judgement, compared
from twinlock.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate, LiveRepository
    from twinlock.model.repository import Repository


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge the Actions settings of the organization and of every protected repository."""
    yield compared(estate.organization.login, estate.organization.actions, live.organization.actions)
    yield from subjects.each_repository(estate, live, partial(_repository, estate))


def _repository(estate: Estate, desired: Repository, live: LiveRepository) -> Iterator[Judgement]:
    yield compared(subjects.repository(estate, desired.name), desired.actions, live.actions)


CONTROL = Control(
    slug="actions-policy",
    title="Workflows run allowed actions with a token that only reads",
    severity=Severity.HIGH,
    promise="P5",
    remediation="Restore the Actions settings: `twinlock reconcile --once`.",
    check=check,
)
