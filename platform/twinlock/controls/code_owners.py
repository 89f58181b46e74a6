"""Every file has the owners who must review its change, and GitHub heeds them.

Why: CODEOWNERS decides whose review counts. GitHub uses the file on the default branch, the last matching line wins,
and an owner who cannot push or does not exist is silently passed over; so beside the lines, the owners' own access is
judged, and that of the reviewers whom rulesets require.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twinlock.controls import _subjects as subjects
from twinlock.controls._control import Control
from twinlock.controls._judgement import MISSING, Fault, Judgement
from twinlock.model.access import Permission
from twinlock.model.comparison import worded
from twinlock.model.finding import Severity
from twinlock.model.observed import Absent, Observed, Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.access import Access
    from twinlock.model.code_owners import CodeOwners
    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate, LiveRepository
    from twinlock.model.organization import Team
    from twinlock.model.repository import Repository


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge the effective CODEOWNERS of every protected repository, and whether its owners count."""
    yield from subjects.each_repository(estate, live, partial(_repository, estate, live))


def _repository(estate: Estate, live: LiveEstate, desired: Repository, found: LiveRepository) -> Iterator[Judgement]:
    owners = _owners(desired)
    said = [
        *_file(desired.code_owners, found.code_owners),
        *_push(owners, found.access),
        *_existence(owners, live.organization.teams),
    ]
    yield Judgement(
        subjects.repository(estate, desired.name),
        faults=tuple(fault for fault in said if isinstance(fault, Fault)),
        doubts=tuple(doubt for doubt in said if isinstance(doubt, str)),
    )


def _file(desired: CodeOwners, live: Observed[CodeOwners]) -> Iterator[Fault | str]:
    """Yield what is wrong with the file, or why it is not known."""
    match live:
        case Seen(value):
            yield from _lines(desired, value)
        case Absent():
            yield MISSING
        case Unread(reason):
            yield reason


def _push(owners: list[str], live: Observed[Access]) -> Iterator[Fault | str]:
    """Yield the owners whom GitHub passes over because they cannot push; without a repository there is none to say."""
    if isinstance(live, Unread):
        yield f"whether its owners can push: {live.reason}"
    if isinstance(live, Seen):
        able = {grant.holder for grant in live.value.teams if grant.permission >= Permission.PUSH}
        for owner in owners:
            if owner not in able:
                yield Fault(f"{owner} cannot push, so GitHub passes it over", f"{owner} pushes", f"{owner} cannot push")


def _existence(owners: list[str], live: Observed[tuple[Observed[Team], ...]]) -> Iterator[Fault | str]:
    """Yield the owners that are no team; where a team without a name was not read, it may be any of them."""
    if isinstance(live, Unread):
        yield f"whether its owners exist: {live.reason}"
    if isinstance(live, Seen):
        slugs = {team.value.slug if isinstance(team, Seen) else getattr(team, "name", None) for team in live.value}
        for owner in owners:
            if owner not in slugs and None not in slugs:
                yield Fault(f"there is no team {owner}", f"{owner} exists", f"{owner} does not exist")


def _owners(desired: Repository) -> list[str]:
    """Return the teams whose review must count: owners of files, and reviewers whom a ruleset requires."""
    owners = {owner for rule in desired.code_owners.rules for owner in rule.owners if "@" not in owner}
    rules = [ruleset.pull_request for ruleset in desired.rulesets if ruleset.pull_request is not None]
    return sorted(owners | {reviewer.team for rule in rules for reviewer in rule.required_reviewers})


def _lines(desired: CodeOwners, live: CodeOwners) -> Iterator[Fault]:
    """Yield what is wrong with the lines, as one fault: their order decides, so they are compared as a whole."""
    if desired == live:
        return
    gone = tuple(rule for rule in desired.rules if rule not in live.rules)
    extra = tuple(rule for rule in live.rules if rule not in desired.rules)
    clauses = [f"CODEOWNERS lacks: {worded(gone)}"] if gone else []
    clauses += [f"CODEOWNERS holds undeclared lines: {worded(extra)}"] if extra else []
    clauses = clauses or ["the lines of CODEOWNERS stand in another order"]
    yield Fault("; ".join(clauses), worded(desired.rules), worded(live.rules))


CONTROL = Control(
    slug="code-owners",
    title="Every file has owners whose review counts",
    severity=Severity.HIGH,
    promise="P3",
    remediation="Restore CODEOWNERS by a pull request, and its owners' access by `twinlock reconcile --once`.",
    check=check,
)
