"""What a task is to run, as its definition and the overrides of the one who starts it say. Pure.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html and
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerOverride.html. What a process of this machine
could not honour, and what would change what runs, is refused: the task stops before it starts, and says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock_world.jsonvalue import FieldError, Fields, as_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinlock_world.jsonvalue import JsonValue

_UNMODELLED: Final = (
    "dependsOn",
    "environmentFiles",
    "healthCheck",
    "links",
    "mountPoints",
    "repositoryCredentials",
    "restartPolicy",
    "secrets",
    "volumesFrom",
)
"""What changes how a container runs, and what nothing here would do."""
_GRACE_SECONDS: Final = 30
_LONGEST_GRACE_SECONDS: Final = 120


class CannotStartError(Exception):
    """A task cannot start; the text is what ECS gives as its `stoppedReason`."""


@dataclass(frozen=True, slots=True)
class Log:
    """Where a container's output goes, as the driver `awslogs` is told."""

    group: str
    region: str
    stream: str
    create: bool


@dataclass(frozen=True, slots=True)
class Order:
    """What one task is to run.

    Attributes:
        name: The container's.
        image: As the definition names it.
        entry_point: In place of the image's own; nothing where that holds.
        command: As above.
        environment: Beside the image's own.
        directory: In place of the image's own.
        grace: Seconds between SIGTERM and SIGKILL.
        log: Where output goes; nothing where nobody is to read it.
        role: ARN of the role that the program acts as.
        execution: ARN of the role that the image is pulled with and the log written.
    """

    name: str
    image: str
    entry_point: tuple[str, ...] | None
    command: tuple[str, ...] | None
    environment: Mapping[str, str]
    directory: str | None
    grace: int
    log: Log | None
    role: str
    execution: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A registered task definition."""

    containers: Sequence[JsonValue]
    role: str
    execution: str


def read(definition: Definition, overrides: JsonValue, task_id: str, region: str) -> Order:
    """Return what a task is to run.

    Raises:
        CannotStartError: It asks for what nothing here does, or makes no sense.
    """
    try:
        return _read(definition, Fields(as_object(overrides or {}, "overrides")), task_id, region)
    except FieldError as error:
        raise CannotStartError(f"ResourceInitializationError: the task definition is not valid: {error}") from error


def _read(definition: Definition, overrides: Fields, task_id: str, region: str) -> Order:
    if len(definition.containers) != 1:
        raise _unmodelled("tasks of more than one container")
    container = Fields(as_object(definition.containers[0], "containerDefinitions/0"))
    for name in _UNMODELLED:
        if container.raw.get(name):
            raise _unmodelled(f"`{name}` of a container")
    name = container.text("name")
    theirs = overrides.objects("containerOverrides", [])
    override = next((found for found in theirs if found.text("name", "") == name), Fields({}))
    if override.raw.get("environmentFiles"):
        raise _unmodelled("`environmentFiles` of a container")
    return Order(
        name=name,
        image=container.text("image"),
        entry_point=_words(container, "entryPoint"),
        command=_words(override, "command") or _words(container, "command"),
        environment={**_variables(container), **_variables(override)},
        directory=container.optional_text("workingDirectory"),
        grace=_grace(container),
        log=_log(container, name, task_id, region),
        role=overrides.optional_text("taskRoleArn") or definition.role,
        execution=overrides.optional_text("executionRoleArn") or definition.execution,
    )


def _words(fields: Fields, name: str) -> tuple[str, ...] | None:
    return tuple(fields.texts(name)) or None if fields.given(name) else None


def _variables(fields: Fields) -> dict[str, str]:
    if not fields.given("environment"):
        return {}
    found = {entry.text("name"): entry.text("value", "") for entry in fields.objects("environment")}
    wrong = next((name for name, value in found.items() if not name or "=" in name or "\0" in name + value), None)
    if wrong is not None:
        raise FieldError("environment", f"{wrong!r} is no name of a variable, or holds none of its values")
    return found


def _grace(container: Fields) -> int:
    seconds = container.number("stopTimeout") if container.given("stopTimeout") else _GRACE_SECONDS
    return max(0, min(seconds, _LONGEST_GRACE_SECONDS))


def _log(container: Fields, name: str, task_id: str, region: str) -> Log | None:
    if not container.given("logConfiguration"):
        return None
    configuration = container.object("logConfiguration")
    if configuration.text("logDriver") != "awslogs":
        raise _unmodelled(f"the log driver {configuration.text('logDriver')}")
    options = configuration.object("options")
    prefix = options.text("awslogs-stream-prefix")
    return Log(
        group=options.text("awslogs-group"),
        region=options.text("awslogs-region", region),
        stream=f"{prefix}/{name}/{task_id}",
        create=options.text("awslogs-create-group", "false") == "true",
    )


def _unmodelled(what: str) -> CannotStartError:
    return CannotStartError(f"ResourceInitializationError: this world does not run {what}")
