"""Behind every name stands what stood there first.

Why: a repository, team, account or app can be deleted and another one given its name. All that names it then looks as
before: grants, owners and reviewers, trust policies that go by name. An id is never given twice, so the one that was
first seen behind each declared name is kept in `observed.lock.json`, and another one is a finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.controls import _subjects as subjects
from twinlock.controls._control import Control
from twinlock.controls._judgement import Fault, Judgement
from twinlock.model.finding import Severity
from twinlock.model.identities import KINDS
from twinlock.model.observed import Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate

_SUBJECTS: Mapping[str, Callable[[Estate, str], str]] = {
    "organizations": lambda estate, _: estate.organization.login,
    "repositories": subjects.repository,
    "teams": subjects.team,
    "accounts": subjects.person,
    "apps": subjects.app,
}


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge every name whose id is known from before; one that nothing carries now is another control's matter."""
    found = live.organization.identities
    if not isinstance(found, Seen):
        reason = found.reason if isinstance(found, Unread) else "the organization is gone"
        yield Judgement(estate.organization.login, doubts=(reason,))
        return
    for kind in KINDS:
        current = {name.lower(): number for name, number in found.value.of(kind).items()}
        for name, first in sorted(live.first_seen.of(kind).items()):
            number = current.get(name.lower(), first)
            fault = Fault(f"its id is {number}, first seen as {first}", f"id {first}", f"id {number}")
            yield Judgement(_SUBJECTS[kind](estate, name), faults=() if number == first else (fault,))


CONTROL = Control(
    slug="identity",
    title="Behind every name stands what stood there first",
    severity=Severity.HIGH,
    promise="P2",
    remediation=(
        "Find out who replaced it. If it was you, remove its line from `observed.lock.json` by a reviewed change."
    ),
    check=check,
)
