"""A service's roles: who may assume each, and the little that each may do.

Trust is the strongest AWS evaluates: audience, exact subject, repository id, branch, the reusable workflow at its
commit, and the environment where the job has one (facts: AWS evaluates GitHub's claims itself since 2026-01).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock import names
from twinlock.desired.statements import allow, deny, policy, trust
from twinlock.model.account import Purpose
from twinlock.model.policy import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.model.declaration import Declaration, Service
    from twinlock.model.policy import InlinePolicy, Statement

HOUR = 3600


def roles(declaration: Declaration, service: Service, purpose: Purpose) -> tuple[Role, ...]:
    """Return a service's roles in the account of one purpose."""
    match purpose:
        case Purpose.BUILD:
            return (_publish(declaration, service),)
        case Purpose.INTEGRATION:
            return (
                _integration(declaration, service),
                _task(declaration, service, names.workload_role(service.name)),
                _task(declaration, service, names.suite_role(service.name)),
            )
        case Purpose.PRODUCTION:
            return (_release(declaration, service),)
        case _:
            return ()


def _publish(declaration: Declaration, service: Service) -> Role:
    account, region = declaration.platform.accounts[Purpose.BUILD], declaration.platform.region
    repository = f"arn:aws:ecr:{region}:{account}:repository/{service.name}"
    return _role(
        account,
        names.publish_role(service.name),
        _workflow(declaration, account, service.name, names.BUILD_WORKFLOW, environment=None),
        policy(
            "publish",
            allow(["ecr:GetAuthorizationToken"], ["*"]),
            allow(
                [
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:CompleteLayerUpload",
                    "ecr:InitiateLayerUpload",
                    "ecr:PutImage",
                    "ecr:UploadLayerPart",
                ],
                [repository],
            ),
        ),
    )


def _integration(declaration: Declaration, service: Service) -> Role:
    account, region = declaration.platform.accounts[Purpose.INTEGRATION], declaration.platform.region
    runs = {("StringLike", f"aws:RequestTag/{names.RUN_TAG}"): [f"{service.name}-*"]}
    own = {("StringLike", f"aws:ResourceTag/{names.RUN_TAG}"): [f"{service.name}-*"]}
    tasks = [
        names.role_arn(account, names.workload_role(service.name)),
        names.role_arn(account, names.suite_role(service.name)),
    ]
    create = [
        "ec2:Create*",
        "ecs:CreateCluster",
        "ecs:RegisterTaskDefinition",
        "logs:CreateLogGroup",
        "sqs:CreateQueue",
    ]
    put_into = [  # what is there already must be allowed too, and the request's tags say nothing of it
        "ec2:CreateFlowLogs",
        "ec2:CreateRouteTable",
        "ec2:CreateSecurityGroup",
        "ec2:CreateSubnet",
        "ec2:CreateVpcEndpoint",
    ]
    use = [
        "ec2:AssociateRouteTable",
        "ec2:AuthorizeSecurityGroup*",
        "ec2:Delete*",
        "ec2:DisassociateRouteTable",
        "ec2:ModifyVpc*",
        "ec2:RevokeSecurityGroup*",
        "ecs:DeleteCluster",
        "ecs:RunTask",
        "ecs:StopTask",
        "sqs:DeleteQueue",
        "sqs:GetQueueAttributes",
        "sqs:ListQueueTags",
        "sqs:SetQueueAttributes",
    ]
    logs = f"arn:aws:logs:{region}:{account}:log-group:/twinlock/{service.name}-*"
    return _role(
        account,
        names.integration_role(service.name),
        _workflow(
            declaration,
            account,
            names.integration_tests_repository(service.name),
            names.INTEGRATION_WORKFLOW,
            environment=names.INTEGRATION_ENVIRONMENT,
        ),
        policy(
            "runs",
            allow(create, ["*"], runs),
            allow([*put_into, *use], ["*"], own),
            allow(["ecs:DeregisterTaskDefinition"], ["*"]),  # AWS judges it by neither resource nor tag
            allow(["ec2:CreateTags", "ecs:TagResource", "logs:TagResource", "sqs:TagQueue"], ["*"], runs),
            allow(["ec2:Describe*", "ecs:Describe*", "ecs:List*", "logs:Describe*"], ["*"]),
            allow(
                ["logs:DeleteLogGroup", "logs:GetLogEvents", "logs:ListTagsForResource", "logs:PutRetentionPolicy"],
                [logs, f"{logs}:*"],
            ),
            _pass(tasks, "ecs-tasks.amazonaws.com"),
            _pass([names.role_arn(account, names.FLOW_LOG_ROLE)], "vpc-flow-logs.amazonaws.com"),
        ),
    )


def _task(declaration: Declaration, service: Service, name: str) -> Role:
    account, region = declaration.platform.accounts[Purpose.INTEGRATION], declaration.platform.region
    queues = sorted(
        f"arn:aws:sqs:{region}:{account}:{names.queue(service.name, point.name)}*"
        for point in service.integration_points
        if point.kind == "aws-sqs"
    )
    logs = f"arn:aws:logs:{region}:{account}:log-group:/twinlock/{service.name}-*:*"
    statements = [allow(["logs:CreateLogStream", "logs:PutLogEvents"], [logs])]
    if queues:
        use = [
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
        ]
        statements.append(allow(use, queues))
    return _role(
        account,
        name,
        trust("Service ecs-tasks.amazonaws.com", "sts:AssumeRole", {("StringEquals", "aws:SourceAccount"): [account]}),
        policy("integration-points", *statements),
    )


def _release(declaration: Declaration, service: Service) -> Role:
    account, region = declaration.platform.accounts[Purpose.PRODUCTION], declaration.platform.region
    deployed = f"arn:aws:ecs:{region}:{account}:service/{service.name}/{service.name}"
    update = policy(
        "release",
        allow(["ecs:DescribeServices", "ecs:UpdateService"], [deployed]),
        # Describing a task definition takes no resource in IAM.
        allow(["ecs:DescribeTaskDefinition"], ["*"]),
        allow(
            ["ecs:RegisterTaskDefinition"],
            [f"arn:aws:ecs:{region}:{account}:task-definition/{service.name}:*"],
        ),
        allow(
            ["iam:PassRole"],
            [names.role_arn(account, service.name)],
            {("StringEquals", "iam:PassedToService"): ["ecs-tasks.amazonaws.com"]},
        ),
    )
    # Releases fail closed: while no gate app is recorded, nobody checks a dossier, so nothing may be released.
    closed = () if declaration.platform.apps["gate"].id else (policy(names.CLOSED_POLICY, deny(["*"], ["*"])),)
    return _role(
        account,
        names.release_role(service.name),
        _workflow(declaration, account, service.name, names.RELEASE_WORKFLOW, environment=names.PRODUCTION_ENVIRONMENT),
        update,
        *closed,
    )


def _workflow(
    declaration: Declaration, account: str, repository: str, workflow: str, *, environment: str | None
) -> Statement:
    organization, trusted = declaration.platform.organization, declaration.platform.pipelines
    reference = names.repository_reference(organization, repository)
    ref = f"refs/heads/{names.DEFAULT_BRANCH}"
    context = f"environment:{environment}" if environment else f"ref:{ref}"
    commits = [commit for commit in (trusted.commit, trusted.previous) if commit]
    claims: dict[str, list[str]] = {
        "aud": [names.OIDC_AUDIENCE],
        "sub": [f"{reference}:{context}"],
        "repository_id": [reference],
        "ref": [ref],
        "job_workflow_ref": [names.workflow_reference(organization, workflow, commit) for commit in commits],
    }
    if environment:
        claims["environment"] = [environment]
    conditions: Mapping[tuple[str, str], list[str]] = {
        ("StringEquals", f"{names.OIDC_HOST}:{claim}"): values for claim, values in claims.items()
    }
    return trust(f"Federated {names.oidc_provider_arn(account)}", "sts:AssumeRoleWithWebIdentity", conditions)


def _pass(roles: list[str], service: str) -> Statement:
    return allow(["iam:PassRole"], roles, {("StringEquals", "iam:PassedToService"): [service]})


def _role(account: str, name: str, trusted: Statement, *policies: InlinePolicy) -> Role:
    return Role(
        arn=names.role_arn(account, name),
        trust=frozenset({trusted}),
        inline=frozenset(policies),
        attached=frozenset(),
        boundary=names.policy_arn(account, names.BOUNDARY_POLICY),
        max_session_seconds=HOUR,
    )
