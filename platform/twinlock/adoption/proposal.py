"""From what exists to what the manifest could say: services, their teams, and what stays a question. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock.adoption import duties, remains
from twinlock.adoption.remark import Remark
from twinlock.adoption.undeclared import undeclared
from twinlock.errors import BadInput
from twinlock.manifest import naming
from twinlock.model.account import Purpose
from twinlock.model.observed import Seen
from twinlock.model.organization import Duty
from twinlock.model.repository import Visibility
from twinlock.model.ruleset import Enforcement, Target
from twinlock.names import (
    BRANCH_RULESET,
    DEFAULT_BRANCH,
    INTEGRATION_ENVIRONMENT,
    PIPELINES_REPOSITORY,
    PRODUCTION_ENVIRONMENT,
    integration_tests_repository,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from twinlock.adoption.duties import Inferred
    from twinlock.adoption.found import Found, FoundRepository
    from twinlock.model.ruleset import Ruleset

ROLES: Final = {
    "authors": Duty.AUTHOR,
    "reviewers": Duty.REVIEWER,
    "testers": Duty.TESTER,
    "releasers": Duty.RELEASER,
}
SHARED: Final = {
    Duty.AUTHOR: "developers",
    Duty.REVIEWER: "reviewers",
    Duty.TESTER: "testers",
    Duty.RELEASER: "releasers",
    Duty.PLATFORM: "platform",
    Duty.AUDITOR: "audit",
}
"""The slug of a team that does not exist and that somebody must be in."""
FEWEST_APPROVALS: Final = 2
MOST_APPROVALS: Final = 10
_PRIVACY: Final = (Visibility.PUBLIC, Visibility.INTERNAL, Visibility.PRIVATE)


@dataclass(frozen=True, slots=True)
class Service:
    """A service as it could be declared.

    Attributes:
        name: Its name.
        description: One line.
        visibility: Who sees its repositories.
        teams: Slug by role (`authors`, ...).
        approvals: Approvals that a change needs.
        repositories: Those of its repositories that exist.
        branch_ruleset: Name of the ruleset that becomes the declared one, by repository.
    """

    name: str
    description: str
    visibility: Visibility
    teams: Mapping[str, str]
    approvals: int
    repositories: tuple[FoundRepository, ...]
    branch_ruleset: Mapping[str, str]

    def environment(self, repository: FoundRepository) -> str:
        """Return the environment that one of its repositories is declared with."""
        return PRODUCTION_ENVIRONMENT if repository.name == self.name else INTEGRATION_ENVIRONMENT


@dataclass(frozen=True, slots=True)
class Proposal:
    """What could be declared.

    Attributes:
        found: What exists.
        services: The services.
        teams: What each team is taken for, by slug; one without a duty is not declared.
        missing: Teams that nobody has made, and that a duty needs.
        left_alone: Repositories that stay as they are, and why.
        questions: What people must decide.
        removed: What exists and is not declared, and what `up` therefore takes away.
    """

    found: Found
    services: tuple[Service, ...]
    teams: Mapping[str, Inferred]
    missing: Mapping[str, Duty]
    left_alone: tuple[Remark, ...]
    questions: tuple[Remark, ...]
    removed: tuple[Remark, ...]

    def with_duty(self, duty: Duty) -> tuple[str, ...]:
        """Return the teams that have a duty, those that do not exist yet among them."""
        known = [slug for slug, each in self.teams.items() if each.duty is duty]
        return tuple(sorted({*known, *(slug for slug, its in self.missing.items() if its is duty)}))


def propose(
    found: Found, *, pipelines: str, leave: Collection[str] = (), given: Mapping[str, Duty] | None = None
) -> Proposal:
    """Return what could be declared of an organization.

    Args:
        found: What exists.
        pipelines: The only commit that the pipelines' repository may hold.
        leave: Repositories that people want to be left alone.
        given: Duties that people gave to teams.

    Raises:
        BadInput: Somebody names a repository or a team that does not exist, or the name of the pipelines is taken.
    """
    given = given or {}
    _require_known(leave, found.repositories, "repository", "--leave")
    _require_known(given, found.teams, "team", "--duty")
    _require_room(found, pipelines)
    teams = duties.inferred(found, given)
    left, services = [], []
    missing: dict[str, Duty] = {}
    for repository in found.repositories.values():
        why = _obstacle(found, repository, leave)
        if why is not None:
            left.append(Remark(f"{found.login}/{repository.name}", why))
        elif not _is_suite(found, repository, leave) and repository.name != PIPELINES_REPOSITORY:
            services.append(_service(found, repository, teams, missing, leave))
    for duty in (Duty.PLATFORM, Duty.AUDITOR):
        if not any(each.duty is duty for each in teams.values()):
            missing[SHARED[duty]] = duty
    proposal = Proposal(found, tuple(services), teams, missing, tuple(left), (), ())
    return Proposal(
        found, tuple(services), teams, missing, tuple(left), tuple(_questions(proposal)), tuple(_removed(proposal))
    )


def _obstacle(found: Found, repository: FoundRepository, leave: Collection[str]) -> str | None:
    """Return why a repository stays as it is, or None where it belongs to a service, or to the platform."""
    name = repository.name
    reasons = {
        "you said so": name in leave,
        "it is archived": repository.archived,
        "it is a fork": repository.fork,
        "it is a template for other repositories": repository.template,
    }
    for reason, holds in reasons.items():
        if holds:
            return reason
    if name == PIPELINES_REPOSITORY or _is_suite(found, repository, leave):
        return None
    if name.endswith(integration_tests_repository("")):
        return "it holds integration tests, and there is no service for which"
    flaw = naming.service_name_flaw(name)
    return None if flaw is None else f"it cannot be a service: {flaw}"


def _is_suite(found: Found, repository: FoundRepository, leave: Collection[str]) -> bool:
    """Tell whether a repository holds the integration tests of another one that is a service."""
    application = repository.name.removesuffix(integration_tests_repository(""))
    return (
        application != repository.name
        and application in found.repositories
        and _obstacle(found, found.repositories[application], leave) is None
    )


def _service(
    found: Found,
    repository: FoundRepository,
    teams: Mapping[str, Inferred],
    missing: dict[str, Duty],
    leave: Collection[str],
) -> Service:
    suite = found.repositories.get(integration_tests_repository(repository.name))
    both = (
        (repository,) if suite is None or suite.archived or suite.fork or suite.name in leave else (repository, suite)
    )
    rulesets = {each.name: list(_branch_rulesets(each)) for each in both}
    approvals = [r.pull_request.approvals for those in rulesets.values() for r in those if r.pull_request is not None]
    return Service(
        name=repository.name,
        description=" ".join(repository.description.split())[: naming.LINE.longest]
        or f"The {repository.name} service.",
        visibility=max((each.visibility for each in both), key=_PRIVACY.index),
        teams={role: _team(role, both, teams, missing) for role in ROLES},
        approvals=min(max(FEWEST_APPROVALS, *approvals, 0), MOST_APPROVALS),
        repositories=both,
        branch_ruleset={name: those[0].name for name, those in rulesets.items() if those},
    )


def _branch_rulesets(repository: FoundRepository) -> Iterator[Ruleset]:
    """Yield the rulesets that protect the default branch: first the one that is called as ours, then by name."""
    live = repository.live
    if live is None or not isinstance(live.rulesets, Seen):
        return
    seen = sorted((each.value for each in live.rulesets.value if isinstance(each, Seen)), key=lambda each: each.name)
    main = {"~DEFAULT_BRANCH", "~ALL", f"refs/heads/{DEFAULT_BRANCH}"}
    yield from (each for each in seen if each.name == BRANCH_RULESET)
    for each in seen:
        active = each.target is Target.BRANCH and each.enforcement is Enforcement.ACTIVE
        if each.name != BRANCH_RULESET and active and each.include & main:
            yield each


def _team(
    role: str, repositories: Iterable[FoundRepository], teams: Mapping[str, Inferred], missing: dict[str, Duty]
) -> str:
    """Return the team of a role: one with a grant, the one that bears the service's name first; else the only one."""
    duty = ROLES[role]
    of_duty = [slug for slug, each in sorted(teams.items()) if each.duty is duty]
    granted = {
        grant.holder: grant.permission
        for repository in repositories
        if repository.live is not None and isinstance(repository.live.access, Seen)
        for grant in repository.live.access.value.teams
    }
    service = next(iter(repositories)).name
    candidates = [slug for slug in of_duty if slug in granted or slug.startswith(f"{service}-")]
    if candidates:
        return min(candidates, key=lambda slug: (not slug.startswith(f"{service}-"), -granted.get(slug, 0), slug))
    if len(of_duty) == 1:
        return of_duty[0]
    slug = f"{service}-{SHARED[duty]}" if of_duty else SHARED[duty]
    missing[slug] = duty
    return slug


def _questions(proposal: Proposal) -> Iterator[Remark]:
    found, login = proposal.found, proposal.found.login
    for slug, each in proposal.teams.items():
        if each.duty is None:
            yield Remark(f"{login}/team:{slug}", f"What is it for? {each.why[0].upper()}{each.why[1:]}.")
    for slug, duty in sorted(proposal.missing.items()):
        text = (
            f"It does not exist, and something needs a team with the duty {duty.value}. Who is in it, or which is it?"
        )
        yield Remark(f"{login}/team:{slug}", text)
    if found.plan is None:
        yield Remark(login, "Which plan does it have? GitHub does not tell; platform.yaml says enterprise.")
    for purpose in Purpose:
        if purpose not in found.accounts and purpose is not Purpose.MANAGEMENT:
            yield Remark(login, f"Which AWS account is for {purpose.value}?")
    yield from remains.of_organization(found)
    for service in proposal.services:
        yield from remains.of_repositories(login, service.repositories, service.visibility)


def _removed(proposal: Proposal) -> Iterator[Remark]:
    platform = proposal.with_duty(Duty.PLATFORM)
    for service in proposal.services:
        for repository in service.repositories:
            yield from undeclared(
                proposal.found.login,
                repository,
                ruleset=service.branch_ruleset.get(repository.name),
                environment=service.environment(repository),
                teams={*service.teams.values(), *platform},
            )


def _require_room(found: Found, pipelines: str) -> None:
    existing = found.repositories.get(PIPELINES_REPOSITORY)
    if existing is not None and (existing.archived or existing.fork or existing.head not in {None, pipelines}):
        raise BadInput(
            f"{found.login} cannot be adopted as it is.",
            f"Its repository {PIPELINES_REPOSITORY} holds something else than the pipelines that services call.",
            "Rename that repository on GitHub, then run the same command again.",
        )


def _require_known(names: Iterable[str], known: Collection[str], what: str, option: str) -> None:
    for name in names:
        if name not in known:
            raise BadInput(
                f"There is no {what} {name!r}.",
                f"`{option}` names what exists: {', '.join(sorted(known)) or 'nothing does'}.",
                f"Correct `{option}`.",
            )
