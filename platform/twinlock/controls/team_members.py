"""Teams hold exactly the people whom the roster puts there, and owners are exactly the declared ones.

Why: every other rule names teams. Whoever joins a second team gains a second duty, whoever maintains a team lets others
in, and an owner of the organization stands above all rules. A team nobody declared is a finding, also once a correction
has taken from it all that it reached: whether it is declared or deleted is for people to say. A declared person who has
not accepted the invitation yet is a note: the invitation is its own state.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from twinlock.controls import _subjects as subjects
from twinlock.controls._control import Control
from twinlock.controls._inventory import Inventory, judged
from twinlock.controls._judgement import Fault, Judgement, Remark, compared
from twinlock.model.comparison import worded
from twinlock.model.finding import Severity
from twinlock.model.observed import Observed, Seen, Unread
from twinlock.model.organization import Team

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge the owners of the organization and every team."""
    yield _owners(estate, live.organization.owners)
    kind = Inventory[Team](
        whole=estate.organization.login,
        subject=partial(subjects.team, estate),
        name=lambda team: team.slug,
        judge=partial(_team, estate),
    )
    yield from judged(kind, {team.slug: team for team in estate.organization.teams}, live.organization.teams)


def _owners(estate: Estate, live: Observed[frozenset[str]]) -> Judgement:
    subject = estate.organization.login
    if not isinstance(live, Seen):
        return Judgement(subject, doubts=(live.reason if isinstance(live, Unread) else "the organization is gone",))
    desired, found = _lower(estate.organization.owners), _lower(live.value)
    if desired == found:
        return Judgement(subject)
    clause = f"owners is {worded(found)}, must be {worded(desired)}"
    return Judgement(subject, faults=(Fault(clause, f"owners {worded(desired)}", f"owners {worded(found)}"),))


def _team(estate: Estate, subject: str, desired: Team, live: Observed[Team]) -> Judgement:
    if not isinstance(live, Seen):
        return compared(subject, desired, live)
    wanted, found = _folded(desired), _folded(live.value)
    pending = found.invited & wanted.members
    found = replace(found, members=found.members | pending, invited=found.invited - pending)
    remarks = [Remark(f"{login} has not accepted the invitation yet.") for login in sorted(pending)]
    declared = estate.declaration.platform.teams.get(desired.slug)
    if declared is not None and declared.source == "idp":
        found = replace(found, members=wanted.members)
        remarks.append(Remark("Its members come from the identity provider and are not judged."))
    judgement = compared(subject, wanted, Seen(found, live.unmodelled))
    return replace(judgement, remarks=(*judgement.remarks, *remarks))


def _folded(team: Team) -> Team:
    """Return the team with logins in lower case: GitHub ignores their case."""
    return replace(
        team, members=_lower(team.members), invited=_lower(team.invited), maintainers=_lower(team.maintainers)
    )


def _lower(logins: Iterable[str]) -> frozenset[str]:
    return frozenset(login.lower() for login in logins)


CONTROL = Control(
    slug="team-members",
    title="Teams and owners are exactly whom the roster names",
    severity=Severity.CRITICAL,
    promise="P2",
    remediation=(
        "Restore the members: `twinlock reconcile --once`; an undeclared owner is demoted, and an undeclared team "
        "declared or deleted, by an owner. Or change `roster.yaml` by a reviewed pull request."
    ),
    check=check,
)
