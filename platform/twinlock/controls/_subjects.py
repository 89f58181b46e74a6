"""How subjects are written, and which repositories a control looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.controls._judgement import Judgement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from twinlock.model.estate import Estate
    from twinlock.model.live import LiveEstate, LiveRepository
    from twinlock.model.repository import Repository


def repository(estate: Estate, name: str) -> str:
    """Return a repository as a subject."""
    return f"{estate.organization.login}/{name}"


def ruleset(estate: Estate, repository_name: str, name: str) -> str:
    """Return a ruleset of a repository as a subject."""
    return f"{repository(estate, repository_name)}:ruleset/{name}"


def environment(estate: Estate, repository_name: str, name: str) -> str:
    """Return an environment of a repository as a subject."""
    return f"{repository(estate, repository_name)}:environment/{name}"


def team(estate: Estate, slug: str) -> str:
    """Return a team as a subject."""
    return f"{estate.organization.login}/team:{slug}"


def person(estate: Estate, login: str) -> str:
    """Return somebody's account as a subject."""
    return f"{estate.organization.login}/account:{login}"


def app(estate: Estate, slug: str) -> str:
    """Return an app as a subject."""
    return f"{estate.organization.login}/app:{slug}"


def organization_ruleset(estate: Estate, name: str) -> str:
    """Return a ruleset of the organization as a subject."""
    return f"{estate.organization.login}:ruleset/{name}"


def account(number: str) -> str:
    """Return an AWS account as a subject."""
    return f"arn:aws:iam::{number}:root"


def each_repository(
    estate: Estate, live: LiveEstate, judge: Callable[[Repository, LiveRepository], Iterable[Judgement]]
) -> Iterator[Judgement]:
    """Yield the judgements on every protected repository; one whose protections come later is skipped by name."""
    for name, desired in sorted(estate.repositories.items()):
        if desired.protected:
            yield from judge(desired, live.repositories[name])
        else:
            yield Judgement(repository(estate, name), skipped=True)
