"""Names are pinned: changing one replaces what carries it, so a change must be seen here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock import names

SERVICES = st.from_regex(r"[a-z]([a-z0-9]|-[a-z0-9]){1,19}", fullmatch=True)

COMPUTED = {
    "repository of tests": (names.integration_tests_repository("payments"), "payments-integration-tests"),
    "team": (names.default_team("payments", "testers"), "payments-testers"),
    "publish role": (names.publish_role("payments"), "payments-publish"),
    "integration role": (names.integration_role("payments"), "payments-integration"),
    "workload role": (names.workload_role("payments"), "payments-workload"),
    "suite role": (names.suite_role("payments"), "payments-suite"),
    "release role": (names.release_role("payments"), "payments-release"),
    "ARN of a role": (names.role_arn("111111111111", "r"), "arn:aws:iam::111111111111:role/r"),
    "ARN of a policy": (names.policy_arn("111111111111", "p"), "arn:aws:iam::111111111111:policy/p"),
    "ARN of the provider": (
        names.oidc_provider_arn("111111111111"),
        "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com",
    ),
    "queue": (names.queue("payments", "orders-queue"), "payments-orders-queue"),
    "workflow": (
        names.workflow_reference("acme", names.BUILD_WORKFLOW, "a" * 40),
        f"acme/delivery-pipelines/.github/workflows/build.yml@{'a' * 40}",
    ),
    "placeholder of a repository": (names.repository_reference("acme", "payments"), "{acme/payments}"),
    "variable of a queue": (names.queue_variable("orders-queue"), "ORDERS_QUEUE_URL"),
}
CONSTANT = {
    "PLATFORM_GROUP": "platform",
    "PLATFORM_REPOSITORY": "platform",
    "PIPELINES_REPOSITORY": "delivery-pipelines",
    "AUDIT_REPOSITORY": "delivery-audit",
    "CONTROLLER_APP": "twinlock-controller",
    "AUDITOR_APP": "twinlock-auditor",
    "GATE_APP": "twinlock-gate",
    "RELEASE_APP": "twinlock-release",
    "DEFAULT_BRANCH": "main",
    "GATE_CHECK": "twinlock/gate",
    "BRANCH_RULESET": "default-branch",
    "TAG_CREATION_RULESET": "release-tags-creation",
    "TAG_PROTECTION_RULESET": "release-tags-protection",
    "INTEGRATION_ENVIRONMENT": "integration",
    "PRODUCTION_ENVIRONMENT": "production",
    "PULL_REQUEST_WORKFLOW": ".github/workflows/pull-request.yml",
    "BUILD_WORKFLOW": ".github/workflows/build.yml",
    "INTEGRATION_WORKFLOW": ".github/workflows/integration.yml",
    "RELEASE_WORKFLOW": ".github/workflows/release.yml",
    "CODE_OWNERS_FILE": ".github/CODEOWNERS",
    "OIDC_HOST": "token.actions.githubusercontent.com",
    "OIDC_AUDIENCE": "sts.amazonaws.com",
    "BOUNDARY_POLICY": "twinlock-boundary",
    "QUARANTINE_POLICY": "twinlock-quarantine",
    "CLOSED_POLICY": "twinlock-closed",
}


@pytest.mark.parametrize(("computed", "expected"), COMPUTED.values(), ids=COMPUTED.keys())
def test_a_computed_name_is_what_it_was(computed: str, expected: str) -> None:
    """Each function's name for the example service."""
    assert computed == expected


@pytest.mark.parametrize(("name", "expected"), CONSTANT.items())
def test_a_constant_name_is_what_it_was(name: str, expected: str) -> None:
    """Each name that is the same in every platform."""
    assert getattr(names, name) == expected


def test_the_apps_are_the_tools_identities() -> None:
    """Four identities, each listed once."""
    assert names.APPS == (names.CONTROLLER_APP, names.AUDITOR_APP, names.GATE_APP, names.RELEASE_APP)


@given(service=SERVICES, other=SERVICES)
def test_two_services_share_no_role(service: str, other: str) -> None:
    """Roles of two services of one account differ, unless one service is named as the other's role is."""
    shared = names.service_roles(service) & names.service_roles(other)
    assert service == other or not shared
    assert len(names.service_roles(service)) == 6
