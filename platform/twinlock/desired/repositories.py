"""The repositories: a service's application and its integration tests, and the pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock.desired.actions import pipelines_policy, repository_policy
from twinlock.desired.organization import teams_with
from twinlock.desired.rulesets import rulesets
from twinlock.model.access import Access, Grant, Permission
from twinlock.model.account import Purpose
from twinlock.model.code_owners import CodeOwners, OwnerRule
from twinlock.model.environment import BranchPolicy, Environment, Reviewer
from twinlock.model.organization import Duty
from twinlock.model.repository import Kind, Repository, Settings
from twinlock.model.ruleset import RequiredReviewer
from twinlock.names import (
    DEFAULT_BRANCH,
    GATE_APP,
    INTEGRATION_ENVIRONMENT,
    PIPELINES_REPOSITORY,
    PLATFORM_GROUP,
    PRODUCTION_ENVIRONMENT,
    integration_role,
    integration_tests_repository,
    release_role,
    role_arn,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinlock.model.declaration import Declaration, Service
    from twinlock.model.repository import Visibility

PIPELINE_FILES = ("/.github/", "/Dockerfile", "/.dockerignore", "/requirements.lock")
"""What of an application decides how it is built: the platform's, in CODEOWNERS' spelling."""
GITHUB_FILES = ("/.github/",)

ROLE_VARIABLE = "ROLE_ARN"
REGION_VARIABLE = "AWS_REGION"

_MAIN_ONLY = frozenset({BranchPolicy("branch", DEFAULT_BRANCH)})


def application(declaration: Declaration, service: Service) -> Repository:
    """Return a service's application repository: written by authors, reviewed by reviewers, released by releasers."""
    platform = teams_with(declaration, Duty.PLATFORM)
    organization = declaration.platform.organization
    account = declaration.platform.accounts[Purpose.PRODUCTION]
    return Repository(
        name=service.name,
        kind=Kind.APPLICATION,
        service=service.name,
        group=service.name,
        description=service.description,
        settings=_settings(service.visibility or declaration.platform.visibility),
        rulesets=rulesets(service.approvals, _required(PIPELINE_FILES, platform, (service.reviewers,))),
        environments=(
            Environment(
                name=PRODUCTION_ENVIRONMENT,
                reviewers=frozenset({Reviewer("Team", service.releasers)}),
                prevent_self_review=True,
                wait_minutes=0,
                admins_bypass=False,
                protected_branches_only=False,
                branches=_MAIN_ONLY,
                gates=frozenset({GATE_APP}),
            ),
        ),
        variables=(
            (PRODUCTION_ENVIRONMENT, REGION_VARIABLE, declaration.platform.region),
            (PRODUCTION_ENVIRONMENT, ROLE_VARIABLE, role_arn(account, release_role(service.name))),
        ),
        access=_access(push=(service.authors, service.reviewers, *platform), pull=(service.testers, service.releasers)),
        actions=repository_policy(organization),
        code_owners=_owners((service.reviewers,), PIPELINE_FILES, platform),
        protected=True,
    )


def integration_tests(declaration: Declaration, service: Service) -> Repository:
    """Return a service's integration tests repository: suite, data and mocks, all of it the testers'."""
    platform = teams_with(declaration, Duty.PLATFORM)
    account = declaration.platform.accounts[Purpose.INTEGRATION]
    return Repository(
        name=integration_tests_repository(service.name),
        kind=Kind.INTEGRATION_TESTS,
        service=service.name,
        group=service.name,
        description=f"Integration suite of {service.name}: tests, data and mocks.",
        settings=_settings(service.visibility or declaration.platform.visibility),
        rulesets=rulesets(service.approvals, _required(GITHUB_FILES, platform, (service.testers,))),
        environments=(
            Environment(
                name=INTEGRATION_ENVIRONMENT,
                reviewers=frozenset(),
                prevent_self_review=False,
                wait_minutes=0,
                admins_bypass=False,
                protected_branches_only=False,
                branches=_MAIN_ONLY,
                gates=frozenset(),
            ),
        ),
        variables=(
            (INTEGRATION_ENVIRONMENT, REGION_VARIABLE, declaration.platform.region),
            (INTEGRATION_ENVIRONMENT, ROLE_VARIABLE, role_arn(account, integration_role(service.name))),
        ),
        access=_access(push=(service.testers, *platform), pull=(service.authors, service.reviewers, service.releasers)),
        actions=repository_policy(declaration.platform.organization),
        code_owners=_owners((service.testers,), GITHUB_FILES, platform),
        protected=True,
    )


def pipelines(declaration: Declaration) -> Repository:
    """Return the repository of reusable workflows.

    It is created and seeded; who may change it is provisioned with the rest of the platform's own repositories, and
    until then the audit lists it as not evaluated.
    """
    platform = teams_with(declaration, Duty.PLATFORM)
    return Repository(
        name=PIPELINES_REPOSITORY,
        kind=Kind.PIPELINES,
        service=None,
        group=PLATFORM_GROUP,
        description="Reusable workflows: the only ones that services may call and AWS trusts.",
        settings=_settings(declaration.platform.visibility),
        rulesets=(),
        environments=(),
        variables=(),
        access=_access(push=(), pull=()),
        actions=pipelines_policy(declaration.platform.organization),
        code_owners=CodeOwners((OwnerRule("*", platform),)),
        protected=False,
    )


def _settings(visibility: Visibility) -> Settings:
    return Settings(
        visibility=visibility,
        default_branch=DEFAULT_BRANCH,
        archived=False,
        merge_commit=False,
        rebase_merge=False,
        squash_merge=True,
        auto_merge=False,
        forking=False,
    )


def _access(push: Iterable[str], pull: Iterable[str]) -> Access:
    grants = dict.fromkeys(pull, Permission.PULL) | dict.fromkeys(push, Permission.PUSH)
    return Access(
        teams=frozenset(Grant(team, permission) for team, permission in grants.items()),
        collaborators=frozenset(),
        invitations=frozenset(),
        deploy_keys=frozenset(),
        webhooks=frozenset(),
    )


def _owners(everything: tuple[str, ...], paths: Iterable[str], platform: tuple[str, ...]) -> CodeOwners:
    return CodeOwners((OwnerRule("*", everything), *(OwnerRule(path, platform) for path in paths)))


def _required(
    paths: Iterable[str], platform: tuple[str, ...], everything: tuple[str, ...]
) -> frozenset[RequiredReviewer]:
    patterns = frozenset(pattern for path in paths for pattern in _beneath(path.lstrip("/")))
    return frozenset(RequiredReviewer(patterns, team, 1) for team in platform) | frozenset(
        RequiredReviewer(frozenset(_beneath("")), team, 1) for team in everything
    )


def _beneath(path: str) -> tuple[str, ...]:
    """Return patterns for a file, or for all beneath a directory, whichever way GitHub reads them.

    GitHub's reference says fnmatch for them, an older text said the patterns of .gitignore. `**` alone is only one
    level deep for fnmatch, and `**/*` means every level for both.
    """
    return (f"{path}**", f"{path}**/*") if path.endswith("/") or not path else (path,)
