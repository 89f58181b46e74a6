"""A deployment waits for the people who must approve it, and comes from the default branch.

Why: the environment is where GitHub asks the releasers. Without reviewers, with self-review, with an administrator's
bypass or with a policy that lets any branch deploy, one person releases alone. The provider's refresh does not see the
last reviewer go, nor an added branch policy, so the environment is compared here as a whole. One that nobody declared
is a finding: its secrets and approvals are nobody's.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from twinlock.controls import _subjects as subjects
from twinlock.controls._control import Control
from twinlock.controls._inventory import Inventory, judged
from twinlock.controls._judgement import Judgement, compared
from twinlock.model.environment import Environment
from twinlock.model.finding import Severity
from twinlock.model.observed import Observed, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate, LiveRepository
    from twinlock.model.repository import Repository


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge every environment of every protected repository."""
    yield from subjects.each_repository(estate, live, partial(_repository, estate))


def _repository(estate: Estate, desired: Repository, live: LiveRepository) -> Iterator[Judgement]:
    kind = Inventory[Environment](
        whole=subjects.repository(estate, desired.name),
        subject=partial(subjects.environment, estate, desired.name),
        name=lambda environment: environment.name,
        judge=_environment,
    )
    yield from judged(kind, {wanted.name: wanted for wanted in desired.environments}, live.environments)


def _environment(subject: str, desired: Environment, live: Observed[Environment]) -> Judgement:
    if isinstance(live, Seen):
        live = Seen(_folded(live.value), live.unmodelled)
    return compared(subject, _folded(desired), live)


def _folded(environment: Environment) -> Environment:
    """Return the environment with logins in lower case: GitHub ignores their case."""
    reviewers = (replace(r, slug=r.slug.lower()) if r.kind == "User" else r for r in environment.reviewers)
    return replace(environment, reviewers=frozenset(reviewers))


CONTROL = Control(
    slug="environment-protection",
    title="A deployment is approved by releasers and comes from the default branch",
    severity=Severity.CRITICAL,
    promise="P2",
    remediation="Restore the environment: `twinlock reconcile --once`.",
    check=check,
)
