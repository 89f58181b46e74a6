"""Release tags are made by the release workflow's app and never move.

Why: a release is named by its tag. Whoever can create, move or delete one can make another commit look released, or
hide which one was. Each declared tag ruleset is compared field by field; a ruleset of the same name without rules is
as bad as none; one that nobody declared is a finding.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twinlock.controls import _subjects as subjects
from twinlock.controls._control import Control
from twinlock.controls._inventory import Inventory, judged
from twinlock.controls._judgement import Judgement, compared
from twinlock.model.finding import Severity
from twinlock.model.ruleset import Ruleset, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate, LiveRepository
    from twinlock.model.repository import Repository


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge every tag ruleset of every protected repository."""
    yield from subjects.each_repository(estate, live, partial(_repository, estate))


def _repository(estate: Estate, desired: Repository, live: LiveRepository) -> Iterator[Judgement]:
    kind = Inventory[Ruleset](
        whole=subjects.repository(estate, desired.name),
        subject=partial(subjects.ruleset, estate, desired.name),
        name=lambda ruleset: ruleset.name,
        judge=compared,
    )
    names = {ruleset.name for ruleset in desired.rulesets}
    yield from judged(
        kind,
        {ruleset.name: ruleset for ruleset in desired.rulesets if ruleset.target is Target.TAG},
        live.rulesets,
        concerns=lambda found, name: name not in names and found is not None and found.target is Target.TAG,
    )


CONTROL = Control(
    slug="tag-ruleset",
    title="Release tags are made by the release app alone and never move",
    severity=Severity.HIGH,
    promise="P4",
    remediation="Restore the ruleset: `twinlock reconcile --once`.",
    check=check,
)
