"""Every name that twinlock gives to something in GitHub or AWS, computed in this one place.

Changing a name replaces the resource that carries it. `desired` puts these names into the Estate, and everything
else takes them from there.
"""

from __future__ import annotations

PLATFORM_GROUP = "platform"
"""Stack group of the platform's own repositories; also why no service may be called so."""

PLATFORM_REPOSITORY = "platform"
"""Holds the manifest and the stacks."""
PIPELINES_REPOSITORY = "delivery-pipelines"
"""Holds the reusable workflows."""
AUDIT_REPOSITORY = "delivery-audit"
"""Owned by the auditors; runs the audit."""

CONTROLLER_APP = "twinlock-controller"
AUDITOR_APP = "twinlock-auditor"
GATE_APP = "twinlock-gate"
RELEASE_APP = "twinlock-release"
APPS = (CONTROLLER_APP, AUDITOR_APP, GATE_APP, RELEASE_APP)
"""Slugs of the tool's identities (GitHub Apps)."""

DEFAULT_BRANCH = "main"
GATE_CHECK = "twinlock/gate"
"""The one required status check."""

BRANCH_RULESET = "default-branch"
TAG_CREATION_RULESET = "release-tags-creation"
TAG_PROTECTION_RULESET = "release-tags-protection"

INTEGRATION_ENVIRONMENT = "integration"
PRODUCTION_ENVIRONMENT = "production"

WORKFLOWS = ".github/workflows"
PULL_REQUEST_WORKFLOW = f"{WORKFLOWS}/pull-request.yml"
BUILD_WORKFLOW = f"{WORKFLOWS}/build.yml"
INTEGRATION_WORKFLOW = f"{WORKFLOWS}/integration.yml"
RELEASE_WORKFLOW = f"{WORKFLOWS}/release.yml"

CODE_OWNERS_FILE = ".github/CODEOWNERS"
INTEGRATION_FILE = ".github/integration.json"
"""What of its service decides an integration environment, in the repository of the tests."""

OIDC_HOST = "token.actions.githubusercontent.com"
"""Issuer of GitHub Actions' tokens; prefix of the AWS condition keys."""
OIDC_AUDIENCE = "sts.amazonaws.com"

OIDC_SUBJECT_CLAIMS = ("repo", "context")
"""What GitHub makes a token's subject of unless somebody customised it."""

APPLY_ROLE = "twinlock-apply"
"""Role of an account that programs assume on the cloud."""
STATE_ROLE = "twinlock-state"
"""Role of the account that holds Pulumi's state: the one that uses it."""
FLOW_LOG_ROLE = "twinlock-flow-logs"
"""Role of the integration account under which VPC flow logs are delivered."""

BOUNDARY_POLICY = "twinlock-boundary"
QUARANTINE_POLICY = "twinlock-quarantine"
"""Inline policy that denies everything to a role nobody declared."""
CLOSED_POLICY = "twinlock-closed"
"""Inline policy that denies everything to the release role until a gate app is declared."""

RUN_TAG = "twinlock:run"
OWNER_TAG = "twinlock:owner"
EXPIRES_TAG = "twinlock:expires-at"
SERVICE_TAG = "twinlock:service"


def integration_tests_repository(service: str) -> str:
    """Return the name of the repository that holds a service's integration suite."""
    return f"{service}-integration-tests"


def default_team(service: str, role: str) -> str:
    """Return the slug of a service's own team; `role` is `developers`, `reviewers`, `testers` or `releasers`."""
    return f"{service}-{role}"


def publish_role(service: str) -> str:
    """Return the name of the role that pushes a service's artifact."""
    return f"{service}-publish"


def integration_role(service: str) -> str:
    """Return the name of the role that creates and destroys a service's integration environments."""
    return f"{service}-integration"


def workload_role(service: str) -> str:
    """Return the name of the role that a service runs under in integration."""
    return f"{service}-workload"


def suite_role(service: str) -> str:
    """Return the name of the role that the integration suite runs under."""
    return f"{service}-suite"


def release_role(service: str) -> str:
    """Return the name of the role that deploys a service."""
    return f"{service}-release"


def execution_role(service: str) -> str:
    """Return the name of the role under which ECS starts the tasks of an integration run: it pulls and it logs."""
    return f"{service}-execution"


def service_roles(service: str) -> frozenset[str]:
    """Return the names of all roles of a service, in whichever account they are."""
    named = (publish_role, integration_role, workload_role, suite_role, execution_role, release_role)
    return frozenset(name(service) for name in named)


def role_arn(account: str, role: str) -> str:
    """Return the ARN of a role in an account given by its twelve digits."""
    return f"arn:aws:iam::{account}:role/{role}"


def policy_arn(account: str, policy: str) -> str:
    """Return the ARN of a customer managed policy."""
    return f"arn:aws:iam::{account}:policy/{policy}"


def oidc_provider_arn(account: str) -> str:
    """Return the ARN of an account's identity provider for GitHub Actions."""
    return f"arn:aws:iam::{account}:oidc-provider/{OIDC_HOST}"


def registry(account: str, region: str) -> str:
    """Return the host of an account's registry of images (ECR)."""
    return f"{account}.dkr.ecr.{region}.amazonaws.com"


def registry_arn(account: str, region: str, repository: str) -> str:
    """Return the ARN of a repository of images."""
    return f"arn:aws:ecr:{region}:{account}:repository/{repository}"


def run_repository(service: str, run: str) -> str:
    """Return the name of the repository that holds the suite's image for one run."""
    return f"{service}/{run}"


def run_logs(service: str, run: str) -> str:
    """Return the name of the log group of one run."""
    return f"/twinlock/{service}/{run}"


def queue(service: str, point: str) -> str:
    """Return the name of the queue behind an `aws-sqs` integration point."""
    return f"{service}-{point}"


def workflow_reference(organization: str, path: str, commit: str) -> str:
    """Return a reusable workflow as it is called, and as AWS sees it in `job_workflow_ref`."""
    return f"{organization}/{PIPELINES_REPOSITORY}/{path}@{commit}"


def repository_reference(organization: str, repository: str) -> str:
    """Return the placeholder that stands for a repository's observed subject prefix or id in a policy."""
    return f"{{{organization}/{repository}}}"


def queue_variable(point: str) -> str:
    """Return the environment variable that tells a service and its suite the address of an `aws-sqs` point's queue."""
    return f"{point.upper().replace('-', '_')}_URL"
