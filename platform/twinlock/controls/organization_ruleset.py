"""The organization has no ruleset that nobody declared.

Why: a ruleset of the organization reaches into every repository. It can keep out the very pull requests that would mend
something, and who bypasses it is for nobody of the repository to say. This version declares none, so each is a finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.controls import _subjects as subjects
from twinlock.controls._control import Control
from twinlock.controls._judgement import UNDECLARED, Judgement
from twinlock.model.finding import Severity
from twinlock.model.observed import Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge the organization's own rulesets."""
    found = live.organization.rulesets
    if not isinstance(found, Seen):
        reason = found.reason if isinstance(found, Unread) else "the organization is gone"
        yield Judgement(estate.organization.login, doubts=(reason,))
        return
    yield Judgement(estate.organization.login)
    for name in sorted(found.value):
        yield Judgement(subjects.organization_ruleset(estate, name), faults=(UNDECLARED,))


CONTROL = Control(
    slug="organization-ruleset",
    title="The organization has no undeclared ruleset",
    severity=Severity.MEDIUM,
    promise="P3",
    remediation="An owner deletes it: `gh api -X DELETE orgs/ORGANIZATION/rulesets/ID`.",
    check=check,
)
