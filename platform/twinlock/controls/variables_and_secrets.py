"""Workflows are given the declared constants of their environment, and nothing else.

Why: whoever can push to a repository can set its variables and secrets, so a workflow that reads one does what any
author says; only administrators set those of an environment. So every variable or secret of a repository is a finding,
for Actions, Dependabot and Codespaces alike, and so is what the organization lends to a declared repository. An
environment has its declared variables with their values, and no secret: jobs obtain credentials by OIDC.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twinlock.controls import _subjects as subjects
from twinlock.controls._control import Control
from twinlock.controls._judgement import Fault, Judgement
from twinlock.model.constants import Constants, Variable
from twinlock.model.finding import Severity
from twinlock.model.observed import Absent, Observed, Seen, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate, LiveRepository
    from twinlock.model.repository import Repository

_SECRETS = (
    ("secrets", "secret"),
    ("dependabot_secrets", "Dependabot secret"),
    ("codespaces_secrets", "Codespaces secret"),
)


def check(estate: Estate, live: LiveEstate) -> Iterator[Judgement]:
    """Judge what the organization lends, what each protected repository holds, and what its environments hold."""
    yield _judged(estate.organization.login, Constants(), live.organization.constants)
    yield from subjects.each_repository(estate, live, partial(_repository, estate))


def _repository(estate: Estate, desired: Repository, live: LiveRepository) -> Iterator[Judgement]:
    yield _judged(subjects.repository(estate, desired.name), Constants(), live.constants)
    for environment in desired.environments:
        declared = (Variable(name, value) for place, name, value in desired.variables if place == environment.name)
        yield _judged(
            subjects.environment(estate, desired.name, environment.name),
            Constants(frozenset(declared)),
            _held(live, environment.name),
        )


def _held(live: LiveRepository, environment: str) -> Observed[Constants]:
    """Return what an environment gives to its jobs: nothing where it does not exist."""
    match live.environment_constants:
        case Seen(by_name):
            return by_name.get(environment, Absent())
        case unread:
            return unread


def _judged(subject: str, desired: Constants, live: Observed[Constants]) -> Judgement:
    if isinstance(live, Unread):
        return Judgement(subject, doubts=(live.reason,))
    held = live.value if isinstance(live, Seen) else Constants()
    return Judgement(subject, faults=(*_variables(desired, held), *_secrets(desired, held)))


def _variables(desired: Constants, live: Constants) -> Iterator[Fault]:
    """Yield what is wrong with the variables. The value of one that nobody declared is not told: it may be a secret."""
    wanted, found = ({each.name: each.value for each in one.variables} for one in (desired, live))
    for name in sorted(wanted.keys() | found.keys()):
        if name not in wanted:
            yield Fault(f"nobody declared the variable {name}", f"no variable {name}", f"variable {name}")
        elif name not in found:
            yield Fault(f"the variable {name} is missing", f"{name} {wanted[name]}", f"no variable {name}")
        elif wanted[name] != found[name]:
            clause = f"the variable {name} is {found[name]}, must be {wanted[name]}"
            yield Fault(clause, f"{name} {wanted[name]}", f"{name} {found[name]}")


def _secrets(desired: Constants, live: Constants) -> Iterator[Fault]:
    for field, kind in _SECRETS:
        for name in sorted(getattr(live, field) - getattr(desired, field)):
            yield Fault(f"nobody declared the {kind} {name}", f"no {kind} {name}", f"{kind} {name}")


CONTROL = Control(
    slug="variables-and-secrets",
    title="Workflows are given declared constants alone",
    severity=Severity.HIGH,
    promise="P2",
    remediation=(
        "Find out who set what nobody declared and what has read it, then restore: `twinlock reconcile --once`. What "
        "the organization lends, an owner deletes."
    ),
    check=check,
)
