"""The program of the stacks `integration`: the isolated environment of one run, which is destroyed after it.

It stands in the integration account only. The runner that declares it never enters the network: it hands over the
suite's image, starts the two tasks and reads what they report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from twinlock import names
from twinlock.components.integration_network import SERVICE_PORT, IntegrationNetwork
from twinlock.components.integration_tasks import SQS, IntegrationTasks, Task
from twinlock.model.account import Purpose
from twinlock.model.declaration import Where
from twinlock.programs.providers import aws_provider, inherited

if TYPE_CHECKING:
    from twinlock.model.integration import Ground, UnderTest
    from twinlock.programs.run import Run
    from twinlock.provider.connection import AwsConnection

_ENDPOINTS = {SQS: "sqs"}
"""Kinds of integration points that need an endpoint of an AWS service."""
_LOG_DAYS = 30


def declare(tested: UnderTest, ground: Ground, run: Run, account: AwsConnection) -> None:
    """Declare the environment of one run, and export what a runner needs to use it."""
    target = Where.WORLD if account.endpoint else Where.CLOUD
    official = aws_provider(account, Purpose.INTEGRATION, target)
    options, tags = inherited([official]), run.tags(tested)
    own = pulumi.ResourceOptions(provider=official)
    logs = aws.cloudwatch.LogGroup(
        run.name,
        name=names.run_logs(tested.service, run.name),
        retention_in_days=_LOG_DAYS,
        skip_destroy=False,
        tags=tags,
        opts=own,
    )
    images = aws.ecr.Repository(
        run.name,
        name=names.run_repository(tested.service, run.name),
        image_tag_mutability="IMMUTABLE",
        # What it holds was made for this run alone, and goes with it.
        force_delete=True,
        tags=tags,
        opts=own,
    )
    network = IntegrationNetwork(
        run.name,
        ground,
        services=[_ENDPOINTS[point.kind] for point in tested.points if point.kind in _ENDPOINTS],
        flow_log_role=_role(ground, names.FLOW_LOG_ROLE),
        log_group=logs.arn,
        tags=tags,
        opts=options,
    )
    tasks = IntegrationTasks(
        run.name,
        tested,
        ground=ground,
        tasks=(
            Task("service", run.artifact, _role(ground, names.workload_role(tested.service)), (SERVICE_PORT,)),
            Task("suite", run.suite, _role(ground, names.suite_role(tested.service)), ()),
        ),
        execution_role=_role(ground, names.execution_role(tested.service)),
        log_group=logs.name,
        tags=tags,
        opts=options,
    )
    pulumi.export("cluster", run.name)
    pulumi.export("images", images.repository_url)
    pulumi.export("logs", logs.name)
    pulumi.export("port", SERVICE_PORT)
    pulumi.export("securityGroups", {"service": network.service, "suite": network.suite})
    pulumi.export("subnets", network.subnets)
    pulumi.export("tags", tags)
    pulumi.export("taskDefinitions", tasks.definitions)


def _role(ground: Ground, name: str) -> str:
    return names.role_arn(ground.account, name)
