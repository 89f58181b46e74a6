"""What runs in one integration run: a cluster, the queues, and the tasks of the service and of the suite.

Nothing is started here. The pipeline starts both tasks, tells the suite where the service is, and reads the results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from twinlock import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinlock.model.integration import Ground, UnderTest

SQS = "aws-sqs"
"""The kind of an integration point behind which stands a queue."""

_CPU, _MEMORY = "256", "512"


@dataclass(frozen=True, slots=True)
class Task:
    """One task.

    Attributes:
        name: `service` or `suite`.
        image: Its image by digest.
        role: ARN of the role it runs under.
        ports: Where it listens.
    """

    name: str
    image: str
    role: str
    ports: tuple[int, ...]


class IntegrationTasks(pulumi.ComponentResource):
    """Cluster, queues and task definitions of one run.

    Attributes:
        definitions: ARN of each task's definition, by the task's name.
    """

    def __init__(  # noqa: PLR0913 - each is said by another part of the manifest
        self,
        name: str,
        tested: UnderTest,
        *,
        ground: Ground,
        tasks: Iterable[Task],
        execution_role: pulumi.Input[str],
        log_group: pulumi.Input[str],
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Declare the tasks.

        Args:
            name: The run's name.
            tested: The service under test.
            ground: Where they run.
            tasks: What can be started.
            execution_role: ARN of the role under which ECS pulls the images and writes the logs.
            log_group: Name of the group that takes the tasks' output.
            tags: The run's tags, on everything that can carry tags.
            opts: Pulumi's options, with the account's AWS provider.
        """
        super().__init__("twinlock:aws:IntegrationTasks", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        aws.ecs.Cluster(
            name,
            name=name,
            settings=[aws.ecs.ClusterSettingArgs(name="containerInsights", value="disabled")],
            tags=tags,
            opts=child,
        )
        environment = {
            names.queue_variable(point.name): aws.sqs.Queue(
                f"{name}:{point.name}",
                name=f"{names.queue(tested.service, point.name)}-{name.removeprefix(f'{tested.service}-')}",
                sqs_managed_sse_enabled=True,
                fifo_queue=False,
                tags=tags,
                opts=child,
            ).url
            for point in tested.points
            if point.kind == SQS
        }
        self.definitions: dict[str, pulumi.Output[str]] = {}
        for task in tasks:
            self.definitions[task.name] = aws.ecs.TaskDefinition(
                f"{name}:{task.name}",
                family=f"{name}-{task.name}",
                requires_compatibilities=["FARGATE"],
                network_mode="awsvpc",
                cpu=_CPU,
                memory=_MEMORY,
                task_role_arn=task.role,
                # Not the task's own: what writes the logs could write the other task's, and nobody could tell.
                execution_role_arn=execution_role,
                container_definitions=pulumi.Output.json_dumps(
                    [_container(task, environment, log_group, ground.region)]
                ),
                tags=tags,
                opts=child,
            ).arn
        self.register_outputs({"definitions": self.definitions})


def _container(
    task: Task, environment: Mapping[str, pulumi.Input[str]], log_group: pulumi.Input[str], region: str
) -> dict[str, object]:
    variables = {"AWS_REGION": region, **environment}
    if task.ports:
        # Within its own network a task is reached at its address, not at loopback.
        variables |= {"HOST": "0.0.0.0", "PORT": str(task.ports[0])}  # noqa: S104 - the container's own network
    return {
        "name": task.name,
        "image": task.image,
        "essential": True,
        "privileged": False,
        "readonlyRootFilesystem": True,
        "environment": [{"name": key, "value": value} for key, value in sorted(variables.items())],
        "portMappings": [{"containerPort": port, "protocol": "tcp"} for port in task.ports],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group,
                "awslogs-region": region,
                "awslogs-stream-prefix": task.name,
            },
        },
    }
