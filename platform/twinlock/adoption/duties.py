"""What a team is for, as far as its name and its grants tell; else it is a question.

A name is a team's own word for it, so it comes before what it was granted. A guess is reviewed: it stands in
`platform.yaml`, with why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock.model.access import Permission
from twinlock.model.observed import Seen
from twinlock.model.organization import Duty
from twinlock.names import PRODUCTION_ENVIRONMENT, integration_tests_repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock.adoption.found import Found

WORDS: Final[Mapping[Duty, frozenset[str]]] = {
    Duty.AUTHOR: frozenset({"author", "authors", "dev", "devs", "developer", "developers", "engineers"}),
    Duty.REVIEWER: frozenset({"approvers", "maintainers", "reviewer", "reviewers"}),
    Duty.TESTER: frozenset({"qa", "quality", "test", "tester", "testers", "testing"}),
    Duty.RELEASER: frozenset({"deployers", "release", "releaser", "releasers", "releases"}),
    Duty.PLATFORM: frozenset({"platform"}),
    Duty.AUDITOR: frozenset({"audit", "auditor", "auditors"}),
}
"""Words of a team's name that say what it is for."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """What a team is taken for.

    Attributes:
        duty: Its duty; None where nothing tells.
        why: What tells, or why nothing does.
    """

    duty: Duty | None
    why: str


def inferred(found: Found, given: Mapping[str, Duty]) -> Mapping[str, Inferred]:
    """Return what each team of the organization is taken for, by its slug; what people gave comes first."""
    return {
        slug: Inferred(given[slug], "as you said") if slug in given else _by_name(slug) or _by_grants(found, slug)
        for slug in found.teams
    }


def _by_name(slug: str) -> Inferred | None:
    words = set(re.split(r"[-_]", slug))
    duties = [duty for duty, known in WORDS.items() if words & known]
    return Inferred(duties[0], "by its name") if len(duties) == 1 else None


def _by_grants(found: Found, slug: str) -> Inferred:
    if any(slug in reviewers for reviewers in _production_reviewers(found)):
        return Inferred(Duty.RELEASER, "it approves deployments to production")
    pushed = _pushed(found, slug)
    suites = {name for name in pushed if name in {integration_tests_repository(each) for each in found.repositories}}
    if suites and suites == pushed:
        return Inferred(Duty.TESTER, "it pushes to integration tests alone")
    if pushed - suites and not suites:
        return Inferred(Duty.AUTHOR, f"it pushes to {', '.join(sorted(pushed))}")
    return Inferred(None, "it pushes to applications and to their tests" if suites else "it pushes nowhere")


def _pushed(found: Found, slug: str) -> set[str]:
    return {
        repository.name
        for repository in found.repositories.values()
        if repository.live is not None and isinstance(access := repository.live.access, Seen)
        for grant in access.value.teams
        if grant.holder == slug and grant.permission >= Permission.PUSH
    }


def _production_reviewers(found: Found) -> Iterator[set[str]]:
    for repository in found.repositories.values():
        if repository.live is None or not isinstance(repository.live.environments, Seen):
            continue
        for environment in repository.live.environments.value:
            if isinstance(environment, Seen) and environment.value.name.lower() == PRODUCTION_ENVIRONMENT:
                yield {reviewer.slug for reviewer in environment.value.reviewers if reviewer.kind == "Team"}
