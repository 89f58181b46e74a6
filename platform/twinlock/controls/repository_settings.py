"""A repository has the settings that its guarantees rest on.

Why: an archived repository accepts no correction, a public one shows its code to everybody, and another default branch
is another branch than the one that the roles trust.
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
    """Judge the settings of every protected repository."""
    yield from subjects.each_repository(estate, live, partial(_repository, estate))


def _repository(estate: Estate, desired: Repository, live: LiveRepository) -> Iterator[Judgement]:
    yield compared(subjects.repository(estate, desired.name), desired.settings, live.settings)


CONTROL = Control(
    slug="repository-settings",
    title="Repositories have the settings that guarantees rest on",
    severity=Severity.HIGH,
    promise="P3",
    remediation="Restore the settings: `twinlock reconcile --once`; rename a default branch back by hand.",
    check=check,
)
