"""ECS: clusters, services, tasks and task definitions, and the roles that they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from moto.ecs.models import ecs_backends

from twinlock_world.aws.needs.need import Need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.ecs.models import TaskDefinition

    from twinlock_world.aws.operation import Operation, Place

_WITHOUT_RESOURCE: Final = frozenset(
    {"DeleteTaskDefinitions", "DeregisterTaskDefinition", "DescribeTaskDefinition", "ListClusters", "ListServices"}
)
_BY_TASK_DEFINITION: Final = frozenset({"RunTask", "StartTask"})
_ROLES: Final = ("taskRoleArn", "executionRoleArn")
_PASSED_TO: Final = {"iam:passedtoservice": ("ecs-tasks.amazonaws.com",)}


def needs(operation: Operation, place: Place) -> Iterator[Need]:
    """Yield what a request to ECS needs."""
    cluster = _last(operation.text("cluster")) or "default"
    context = {"ecs:cluster": (place.arn("ecs", f"cluster/{cluster}"),)} if "cluster" in operation.parameters else {}
    action = f"ecs:{operation.name}"
    resources = () if operation.name in _WITHOUT_RESOURCE else tuple(_resources(operation, place, cluster))
    yield from (Need(action, resource, context) for resource in resources or ("*",))
    for role in sorted(_passed(operation, place)):
        yield Need("iam:PassRole", role, _PASSED_TO, tagged=False)
    if operation.parameters.get("tags") and operation.name != "TagResource":
        created = {"ecs:createaction": (operation.name,)}
        yield from (Need("ecs:TagResource", resource, created) for resource in resources or ("*",))


def _resources(operation: Operation, place: Place, cluster: str) -> Iterator[str]:
    """Yield the ARNs of what a request names."""
    name = operation.name
    if operation.text("resourceArn"):
        yield operation.text("resourceArn")
    elif name == "RegisterTaskDefinition":
        yield place.arn("ecs", f"task-definition/{operation.text('family')}:*")
    elif name in _BY_TASK_DEFINITION:
        yield _definition(operation.text("taskDefinition"), place)
    elif name == "CreateCluster":
        yield place.arn("ecs", f"cluster/{operation.text('clusterName') or 'default'}")
    else:
        within = [
            *(f"task/{cluster}/{_last(task)}" for task in _given(operation, "task", "tasks")),
            *(
                f"service/{cluster}/{_last(service)}"
                for service in _given(operation, "service", "serviceName", "services")
            ),
        ]
        named = [f"cluster/{_last(found)}" for found in _given(operation, "cluster", "clusters")]
        yield from (place.arn("ecs", tail) for tail in within or named)


def _given(operation: Operation, *parameters: str) -> list[str]:
    return [
        value for parameter in parameters for value in (operation.text(parameter), *operation.texts(parameter)) if value
    ]


def _passed(operation: Operation, place: Place) -> set[str]:
    """Return the roles that a task is to run as."""
    if operation.name == "RegisterTaskDefinition":
        return {role for name in _ROLES if (role := operation.text(name))}
    if operation.name not in _BY_TASK_DEFINITION:
        return set()
    overrides = operation.parameters.get("overrides")
    wanted = overrides if isinstance(overrides, dict) else {}
    found = {role for role in (wanted.get(name) for name in _ROLES) if isinstance(role, str)}
    definition = _registered(operation.text("taskDefinition"), place)
    given = (getattr(definition, name, None) for name in ("task_role_arn", "execution_role_arn"))
    return found | {role for role in given if role}


def _registered(name: str, place: Place) -> TaskDefinition | None:
    """Return a task definition; a family without a revision means its newest."""
    try:
        return ecs_backends[place.account][place.region].describe_task_definition(name)
    except Exception:  # noqa: BLE001 - there is none, as moto will say itself
        return None


def _definition(name: str, place: Place) -> str:
    found = _registered(name, place)
    if found is not None:
        return str(found.arn)
    if name.startswith("arn:"):
        return name
    return place.arn("ecs", f"task-definition/{name if ':' in name else f'{name}:*'}")


def _last(name: str) -> str:
    return name.rpartition("/")[2]
