"""The default branch changes only through reviewed, tested pull requests.

Why: whoever can push to the default branch can deploy. The ruleset is the one place where GitHub holds every actor to
review and to the required check. Each declared branch ruleset is compared field by field with what GitHub reports,
bypass actors included; a missing one is one finding, not one for each missing rule; a ruleset that nobody declared is
a finding, for rulesets can also stand in the way of the declared ones. Where GitHub hides the bypass actors, nothing
is known. A stricter field is a note.
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
    """Judge every ruleset of every protected repository, but for those that concern tags."""
    yield from subjects.each_repository(estate, live, partial(_repository, estate))


def _repository(estate: Estate, desired: Repository, live: LiveRepository) -> Iterator[Judgement]:
    def manifest_key(path: str) -> str | None:
        approvals = path == "pull_request.approvals" and desired.service is not None
        return f"services/{desired.service}.yaml: review.approvals" if approvals else None

    kind = Inventory[Ruleset](
        whole=subjects.repository(estate, desired.name),
        subject=partial(subjects.ruleset, estate, desired.name),
        name=lambda ruleset: ruleset.name,
        judge=partial(compared, manifest_key=manifest_key),
    )
    names = {ruleset.name for ruleset in desired.rulesets}
    yield from judged(
        kind,
        {ruleset.name: ruleset for ruleset in desired.rulesets if ruleset.target is not Target.TAG},
        live.rulesets,
        concerns=lambda found, name: name not in names and (found is None or found.target is not Target.TAG),
    )


CONTROL = Control(
    slug="branch-ruleset",
    title="The default branch is reviewed and tested",
    severity=Severity.CRITICAL,
    promise="P3",
    remediation="Restore the ruleset: `twinlock reconcile --once`.",
    check=check,
)
