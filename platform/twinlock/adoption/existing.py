"""Which resources of the programs exist already, by stack: what `up` takes over instead of creating. Pure.

All that exists is named, also settings that an engine would take over by itself: so a preview shows how each of them
differs, where it would otherwise announce their creation. What nobody declares in the end is passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinlock.adoption.undeclared import DECLARED_VARIABLES
from twinlock.desired.accounts import PROVISIONED
from twinlock.engine.imports import Existing
from twinlock.model.observed import Seen
from twinlock.model.repository import Visibility
from twinlock.names import (
    BOUNDARY_POLICY,
    BRANCH_RULESET,
    FLOW_LOG_ROLE,
    PIPELINES_REPOSITORY,
    PLATFORM_GROUP,
    TAG_CREATION_RULESET,
    TAG_PROTECTION_RULESET,
    oidc_provider_arn,
    policy_arn,
    service_roles,
)
from twinlock.provider import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from twinlock.adoption.found import Found, FoundRepository
    from twinlock.adoption.proposal import Proposal, Service
    from twinlock.engine.imports import Component

_GITHUB: Final = "github"
_TAGS: Final = (TAG_CREATION_RULESET, TAG_PROTECTION_RULESET)


def resources(proposal: Proposal) -> Mapping[tuple[str, str], tuple[Existing, ...]]:
    """Return what exists, by program and group."""
    found = proposal.found
    stacks = {
        ("organization", PLATFORM_GROUP): (*_teams(found), *_organization(found), *_accounts(proposal)),
    }
    pipelines = found.repositories.get(PIPELINES_REPOSITORY)
    if pipelines is not None:
        stacks["repositories", PLATFORM_GROUP] = tuple(_repository(pipelines))
    for service in proposal.services:
        stacks["repositories", service.name] = tuple(
            each for repository in service.repositories for each in (*_repository(repository), *_switch(repository))
        )
        stacks["protections", service.name] = (
            *(each for repository in service.repositories for each in _protections(service, repository)),
            *_roles(found, service),
        )
    return stacks


def _teams(found: Found) -> Iterator[Existing]:
    for slug in found.teams:
        around: tuple[Component, ...] = (("twinlock:github:Team", slug),)
        number = str(found.identities.teams[slug])
        yield Existing("github:index/team:Team", slug, number, around, _GITHUB)
        yield Existing(tokens.TEAM_MEMBERS, slug, slug, around, tokens.PACKAGE, {"team": slug})


def _organization(found: Found) -> Iterator[Existing]:
    login = found.login
    around = (("twinlock:github:OrganizationActions", login),)
    yield Existing(_github("actionsOrganizationPermissions"), login, login, around, _GITHUB)
    known = {"organizationSlug": login}
    yield Existing(_github("actionsOrganizationWorkflowPermissions"), login, login, around, _GITHUB, known)
    yield Existing(tokens.ORGANIZATION_OIDC, login, login, around, tokens.PACKAGE, {"organization": login})


def _accounts(proposal: Proposal) -> Iterator[Existing]:
    ours = {FLOW_LOG_ROLE, *(role for service in proposal.services for role in service_roles(service.name))}
    for purpose in PROVISIONED:
        account = proposal.found.accounts.get(purpose)
        if account is None:
            continue
        name = purpose.value
        around = (("twinlock:aws:Account", name),)
        if account.oidc_provider:
            arn = oidc_provider_arn(account.id)
            yield Existing("aws:iam/openIdConnectProvider:OpenIdConnectProvider", name, arn, around, f"aws-{name}")
        if account.boundary:
            arn = policy_arn(account.id, BOUNDARY_POLICY)
            yield Existing("aws:iam/policy:Policy", name, arn, around, f"aws-{name}")
        if FLOW_LOG_ROLE in account.roles:
            yield from _role(FLOW_LOG_ROLE, account.roles[FLOW_LOG_ROLE], around, f"aws-{name}")
        own = {"accountId": account.id, "roles": sorted(ours), "undeclared": "report"}
        yield Existing(tokens.ROLE_INVENTORY, name, account.id, around, f"{tokens.PACKAGE}-{name}", own)


def _repository(repository: FoundRepository) -> Iterator[Existing]:
    name = repository.name
    around = (("twinlock:github:Repository", name),)
    yield Existing(_github("repository"), name, name, around, _GITHUB, {"name": name})
    yield Existing(tokens.OIDC_SUBJECT, name, name, around, tokens.PACKAGE, {"repository": name})


def _switch(repository: FoundRepository) -> Iterator[Existing]:
    """Yield the switch of Actions where work is under way, so that it is not turned off until the protections stand.

    In an empty repository it is: the seed must start no workflow.
    """
    if not repository.empty:
        name = repository.name
        around = (("twinlock:github:Repository", name),)
        yield Existing(_github("actionsRepositoryPermissions"), name, name, around, _GITHUB, {"repository": name})


def _protections(service: Service, repository: FoundRepository) -> Iterator[Existing]:
    name = repository.name
    whole, own = ("twinlock:github:RepositoryProtection", name), {"repository": name}
    becomes = {BRANCH_RULESET: service.branch_ruleset.get(name, BRANCH_RULESET)} | {tag: tag for tag in _TAGS}
    kept = {ours: str(repository.rulesets[theirs]) for ours, theirs in becomes.items() if theirs in repository.rulesets}
    for ruleset, number in kept.items():
        around = (whole, ("twinlock:github:RepositoryRuleset", f"{name}:{ruleset}"))
        yield Existing(_github("repositoryRuleset"), f"{name}:{ruleset}", number, around, _GITHUB, own)
    yield Existing(tokens.RULESET_INVENTORY, name, name, (whole,), tokens.PACKAGE, {**own, "rulesets": kept})
    yield Existing(tokens.BRANCH_PROTECTION_INVENTORY, name, name, (whole,), tokens.PACKAGE, own)
    yield from _environment(service, repository, whole)
    yield Existing(tokens.ENVIRONMENT_INVENTORY, name, name, (whole,), tokens.PACKAGE, own)
    constants = {**own, "environments": [service.environment(repository)], "constants": []}
    yield Existing(tokens.CONSTANT_INVENTORY, name, name, (whole,), tokens.PACKAGE, constants)
    yield Existing(tokens.REPOSITORY_ACCESS, name, name, (whole,), tokens.PACKAGE, own)
    actions = (whole, ("twinlock:github:RepositoryActions", name))
    yield Existing(_github("workflowRepositoryPermissions"), name, name, actions, _GITHUB, own)
    if Visibility.PUBLIC not in {service.visibility, repository.visibility}:
        yield Existing(_github("actionsRepositoryAccessLevel"), name, name, actions, _GITHUB, own)
    yield Existing(_github("actionsRepositoryPermissions"), name, name, actions, _GITHUB, own)


def _environment(service: Service, repository: FoundRepository, whole: Component) -> Iterator[Existing]:
    live, name, declared = repository.live, repository.name, service.environment(repository)
    if live is None or not isinstance(live.environments, Seen) or not isinstance(live.environment_constants, Seen):
        return
    present = {each.value.name.lower() for each in live.environments.value if isinstance(each, Seen)}
    if declared not in present:
        return
    around = (whole, ("twinlock:github:Environment", f"{name}:{declared}"))
    known = {"repository": name, "environment": declared}
    yield Existing(
        tokens.ENVIRONMENT_PROTECTION, f"{name}:{declared}", f"{name}:{declared}", around, tokens.PACKAGE, known
    )
    for environment, constants in live.environment_constants.value.items():
        held = {each.name for each in constants.value.variables} if isinstance(constants, Seen) else set()
        for variable in DECLARED_VARIABLES:
            if environment.lower() == declared and variable in held:
                logical, id_ = f"{name}:{declared}:{variable}", f"{name}:{declared}:{variable}"
                variable_known = {**known, "variableName": variable}
                yield Existing(_github("actionsEnvironmentVariable"), logical, id_, around, _GITHUB, variable_known)


def _roles(found: Found, service: Service) -> Iterator[Existing]:
    for purpose, account in found.accounts.items():
        for role in sorted(service_roles(service.name) & account.roles.keys()):
            yield from _role(role, account.roles[role], (), f"aws-{purpose.value}")


def _role(role: str, policies: Iterable[str], outside: tuple[Component, ...], provider: str) -> Iterator[Existing]:
    around = (*outside, ("twinlock:aws:Role", role))
    yield Existing("aws:iam/role:Role", role, role, around, provider)
    for inline in policies:
        yield Existing("aws:iam/rolePolicy:RolePolicy", f"{role}:{inline}", f"{role}:{inline}", around, provider)


def _github(name: str) -> str:
    return f"github:index/{name}:{name[0].upper()}{name[1:]}"
