"""A service's roles: who may assume each, and the little that each may do.

Trust is the strongest AWS evaluates: audience, exact subject, repository id, branch, the reusable workflow at its
commit, and the environment where the job has one (facts: AWS evaluates GitHub's claims itself since 2026-01).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinlock import names
from twinlock.desired.registries import PULL
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
                _execution(declaration, service),
            )
        case Purpose.PRODUCTION:
            return (_release(declaration, service),)
        case _:
            return ()


def shared_roles(declaration: Declaration, purpose: Purpose) -> tuple[Role, ...]:
    """Return the roles in the account of one purpose that belong to no service."""
    return (_flow_logs(declaration),) if purpose is Purpose.INTEGRATION else ()


def _flow_logs(declaration: Declaration) -> Role:
    """Return the role under which AWS writes the flow logs of runs' networks.

    Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html.
    """
    account, region = declaration.platform.accounts[Purpose.INTEGRATION], declaration.platform.region
    source = {("StringEquals", "aws:SourceAccount"): [account]}
    write = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    return _role(
        account,
        names.FLOW_LOG_ROLE,
        trust("Service vpc-flow-logs.amazonaws.com", "sts:AssumeRole", source),
        policy(
            "flow-logs",
            allow(write, [f"arn:aws:logs:{region}:{account}:log-group:/twinlock/*:*"]),
            allow(["logs:DescribeLogGroups"], ["*"]),
        ),
    )


def _publish(declaration: Declaration, service: Service) -> Role:
    account, region = declaration.platform.accounts[Purpose.BUILD], declaration.platform.region
    repository = names.registry_arn(account, region, service.name)
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
    runs, own = _tagged("Request", service), _tagged("Resource", service)
    tasks = [
        names.role_arn(account, name(service.name))
        for name in (names.workload_role, names.suite_role, names.execution_role)
    ]
    put_into = [  # what is there already must be allowed too, and the request's tags say nothing of it
        "ec2:CreateFlowLogs",
        "ec2:CreateRouteTable",
        "ec2:CreateSecurityGroup",
        "ec2:CreateSubnet",
        "ec2:CreateVpcEndpoint",
    ]
    create = [
        *put_into,
        "ec2:CreateVpc",
        "ecr:CreateRepository",
        "ecs:CreateCluster",
        "ecs:RegisterTaskDefinition",
        "logs:CreateLogGroup",
        "sqs:CreateQueue",
    ]
    rules = f"arn:aws:ec2:{region}:{account}:security-group-rule/*"
    use = [
        "ec2:AssociateRouteTable",
        "ec2:AuthorizeSecurityGroup*",
        "ec2:Delete*",
        "ec2:DisassociateRouteTable",
        "ec2:ModifyVpc*",
        "ec2:RevokeSecurityGroup*",
        "ecr:BatchCheckLayerAvailability",
        "ecr:CompleteLayerUpload",
        "ecr:DeleteRepository",
        "ecr:InitiateLayerUpload",
        "ecr:ListTagsForResource",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
        "ecs:DeleteCluster",
        "ecs:RunTask",
        "ecs:StopTask",
        "sqs:DeleteQueue",
        "sqs:GetQueueAttributes",
        "sqs:ListQueueTags",
        "sqs:SetQueueAttributes",
    ]
    logs = _logs(account, region, service)
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
            allow(["ec2:AuthorizeSecurityGroup*"], [rules], runs),
            allow([*put_into, *use], ["*"], own),
            allow(["ecs:DeregisterTaskDefinition"], ["*"]),  # AWS judges it by neither resource nor tag
            *_tag(account, region, service),
            # Whether there is one of its name already: what is not there has no tags.
            allow(["ecr:DescribeRepositories"], [names.registry_arn(account, region, f"{service.name}/*")]),
            allow(["sqs:GetQueueUrl"], [f"arn:aws:sqs:{region}:{account}:{service.name}-*"]),
            allow(["ecr:GetAuthorizationToken"], ["*"]),
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
    use = [
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
    ]
    return _role(
        account,
        name,
        _tasks_of(account),
        *([policy("integration-points", allow(use, queues))] if queues else ()),
    )


def _execution(declaration: Declaration, service: Service) -> Role:
    """Return the role under which ECS starts both tasks: it pulls their images and writes their logs.

    No task holds it, so that neither can write what the other is to have said.
    """
    account, region = declaration.platform.accounts[Purpose.INTEGRATION], declaration.platform.region
    images = [
        names.registry_arn(declaration.platform.accounts[Purpose.BUILD], region, service.name),
        names.registry_arn(account, region, names.run_repository(service.name, "*")),
    ]
    return _role(
        account,
        names.execution_role(service.name),
        _tasks_of(account),
        policy(
            "start",
            allow(["ecr:GetAuthorizationToken"], ["*"]),
            allow(PULL, images),
            allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{_logs(account, region, service)}:*"]),
        ),
    )


def _logs(account: str, region: str, service: Service) -> str:
    return f"arn:aws:logs:{region}:{account}:log-group:{names.run_logs(service.name, '*')}"


def _tagged(whose: str, service: Service) -> dict[tuple[str, str], list[str]]:
    """Return conditions on the tags of a `Request` or a `Resource`: a run, and of this service.

    The run's name alone would not do: `payments-*` also matches a run of a service called `payments-eu`.
    """
    return {
        ("StringLike", f"aws:{whose}Tag/{names.RUN_TAG}"): [f"{service.name}-*"],
        ("StringEquals", f"aws:{whose}Tag/{names.SERVICE_TAG}"): [service.name],
    }


def _tag(account: str, region: str, service: Service) -> tuple[Statement, ...]:
    """Return what lets a run mark its own as it makes it, and only that: who tags another's could take it over.

    Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html and
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html.
    """
    runs = _tagged("Request", service)
    made = {("StringLike", "ec2:CreateAction"): ["Create*", "AuthorizeSecurityGroup*"]}
    # A network's default group comes with it, and without a tag.
    unowned = {("Null", f"aws:ResourceTag/{names.RUN_TAG}"): ["true"]}
    started = {("StringEquals", "ecs:CreateAction"): ["CreateCluster", "RegisterTaskDefinition", "RunTask"]}
    named = [
        _logs(account, region, service),
        names.registry_arn(account, region, names.run_repository(service.name, "*")),
        f"arn:aws:sqs:{region}:{account}:{service.name}-*",
    ]
    return (
        allow(["ec2:CreateTags"], ["*"], runs | made),
        allow(["ec2:CreateTags"], [f"arn:aws:ec2:{region}:{account}:security-group/*"], runs | unowned),
        allow(["ecs:TagResource"], ["*"], runs | started),
        allow(["ecr:TagResource", "logs:TagResource", "sqs:TagQueue"], named, runs),
    )


def _tasks_of(account: str) -> Statement:
    conditions = {("StringEquals", "aws:SourceAccount"): [account]}
    return trust("Service ecs-tasks.amazonaws.com", "sts:AssumeRole", conditions)


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
