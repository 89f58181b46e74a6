"""The program of the stacks `integration`: the isolated environment of one run, which is destroyed after it.

It stands in the integration account only. The runner that declares it never enters the network: it starts the two
tasks and reads what they report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from twinlock import names
from twinlock.components.integration_network import SERVICE_PORT, IntegrationNetwork
from twinlock.components.integration_tasks import SQS, IntegrationTasks, Task
from twinlock.model.account import Purpose
from twinlock.programs.providers import aws_provider, inherited

if TYPE_CHECKING:
    from twinlock.model.declaration import Service
    from twinlock.model.estate import Estate
    from twinlock.programs.run import Run
    from twinlock.provider.connection import Connection

_ENDPOINTS = {SQS: "sqs"}
"""Kinds of integration points that need an endpoint of an AWS service."""
_LOG_DAYS = 30


def declare(estate: Estate, service: Service, run: Run, connection: Connection) -> None:
    """Declare the environment of one run, and export where its tasks start."""
    account = estate.accounts[Purpose.INTEGRATION]
    official = aws_provider(connection, Purpose.INTEGRATION, estate.declaration.platform.target)
    options, tags = inherited([official]), run.tags(service)
    logs = aws.cloudwatch.LogGroup(
        run.name,
        name=f"/twinlock/{run.name}",
        retention_in_days=_LOG_DAYS,
        skip_destroy=False,
        tags=tags,
        opts=pulumi.ResourceOptions(provider=official),
    )
    network = IntegrationNetwork(
        run.name,
        account,
        images_account=estate.accounts[Purpose.BUILD].id,
        services=[_ENDPOINTS[point.kind] for point in service.integration_points if point.kind in _ENDPOINTS],
        flow_log_role=names.role_arn(account.id, names.FLOW_LOG_ROLE),
        log_group=logs.arn,
        tags=tags,
        opts=options,
    )
    IntegrationTasks(
        run.name,
        service,
        account=account,
        tasks=(
            Task(
                "service", run.artifact, names.role_arn(account.id, names.workload_role(service.name)), (SERVICE_PORT,)
            ),
            Task("suite", run.suite, names.role_arn(account.id, names.suite_role(service.name)), ()),
        ),
        log_group=logs.name,
        tags=tags,
        opts=options,
    )
    pulumi.export("cluster", run.name)
    pulumi.export("subnets", network.subnets)
    pulumi.export("securityGroups", {"service": network.service, "suite": network.suite})
