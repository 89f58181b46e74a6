"""`aws.ecs.TaskDefinition`: what a task runs. A revision never changes; another text is another revision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from twinlock.aws.session import Refused
from twinlock.provider.difference import changes, same
from twinlock.provider.port import Created, Failure
from twinlock_rehearsal.aws import Row, as_map, rows, surplus, tag_changes
from twinlock_rehearsal.handlers._aws import TAGS, AwsHandler
from twinlock_rehearsal.handlers._ecs import ecs_tags

if TYPE_CHECKING:
    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Properties

_CONTAINERS, _SKIP = "containerDefinitions", "skipDestroy"
_FIELDS = ("family", "requiresCompatibilities", "networkMode", "cpu", "memory", "taskRoleArn", "executionRoleArn")


class TaskDefinition(AwsHandler):
    """Handles them; the id is the ARN of one revision, so that nobody's later one is taken for it."""

    type: ClassVar[str] = "aws:ecs/taskDefinition:TaskDefinition"
    replaces: ClassVar[frozenset[str]] = frozenset({*_FIELDS, _CONTAINERS})
    service: ClassVar[str] = "ecs"
    inputs: ClassVar[frozenset[str]] = frozenset({*_FIELDS, _CONTAINERS, _SKIP, TAGS})
    required: ClassVar[tuple[str, ...]] = ("family", _CONTAINERS)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing, unknown, or not JSON."""
        found = super().check(inputs)
        if not found and not _containers(inputs[_CONTAINERS]):
            return (Failure(_CONTAINERS, "is not a JSON list of containers"),)
        return found

    def find(self, inputs: Properties) -> str | None:
        """Return the ARN of the family's newest revision that is not deregistered."""
        answer = self._aws.send("list_task_definitions", familyPrefix=inputs["family"], status="ACTIVE", sort="DESC")
        arns = answer.get("taskDefinitionArns")
        family = f"/{inputs['family']}:"
        return next((str(arn) for arn in arns if family in str(arn)), None) if isinstance(arns, list) else None

    def create(self, inputs: Properties) -> Created:
        """Register it."""
        answer = self._aws.get(
            "register_task_definition",
            "taskDefinition",
            containerDefinitions=_containers(inputs[_CONTAINERS]),
            tags=ecs_tags(inputs),
            **{name: inputs.get(name) for name in _FIELDS},
        )
        if answer is None:
            raise Refused("register_task_definition gave no taskDefinition")
        arn = str(answer["taskDefinitionArn"])
        return Created(arn, {**inputs, **(self.read(arn, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return the revision; a deregistered one is gone."""
        answer = self._revision(id)
        found = answer.get("taskDefinition")
        if not isinstance(found, Mapping) or found.get("status") != "ACTIVE":
            return None
        live = json.dumps(found.get(_CONTAINERS), sort_keys=True)
        declared = str(inputs.get(_CONTAINERS, ""))
        return {
            **self._common(id, as_map(answer.get(TAGS))),
            "arnWithoutRevision": id.rpartition(":")[0],
            "revision": found["revision"],
            **{name: found[name] for name in _FIELDS if found.get(name) is not None},
            # AWS adds what it assumes; where it says the same, it is told as it was declared.
            _CONTAINERS: declared if declared and _says(live, declared) else live,
            _SKIP: inputs.get(_SKIP, False),
        }

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise."""
        declared = {name: inputs[name] for name in _FIELDS if name in inputs}
        if not _says(str(live.get(_CONTAINERS)), str(inputs[_CONTAINERS])):
            declared[_CONTAINERS] = inputs[_CONTAINERS]
        return (*changes(live, declared), *tag_changes(live, inputs))

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change tags: all else is another revision."""
        extra = surplus(live, inputs)
        if extra:
            self._aws.send("untag_resource", resourceArn=id, tagKeys=extra)
        if inputs.get(TAGS):
            self._aws.send("tag_resource", resourceArn=id, tags=ecs_tags(inputs))
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Deregister it: tasks can no longer be started of it."""
        if not live.get(_SKIP) and self.read(id, live) is not None:
            self._aws.send("deregister_task_definition", taskDefinition=id)

    def _revision(self, arn: str) -> Row:
        try:
            return self._aws.send("describe_task_definition", taskDefinition=arn, include=["TAGS"])
        except Refused as refused:
            if refused.reason.startswith("ClientException"):  # ECS has no code of its own for what is not there
                return {}
            raise


def _containers(text: object) -> list[Row]:
    try:
        return rows(json.loads(str(text)))
    except ValueError:
        return []


def _says(live: str, declared: str) -> bool:
    """Return whether live containers are as declared, whatever AWS adds to them."""
    there, wanted = _containers(live), _containers(declared)
    by_name = {container.get("name"): container for container in there}
    return len(there) == len(wanted) and all(_covers(by_name.get(each.get("name")), each) for each in wanted)


def _covers(live: object, declared: object) -> bool:
    if isinstance(declared, Mapping):
        return isinstance(live, Mapping) and all(_covers(live.get(name), value) for name, value in declared.items())
    if isinstance(declared, list) and any(isinstance(element, Mapping) for element in declared):
        there = live if isinstance(live, list) else []
        return len(there) == len(declared) and all(any(_covers(one, each) for one in there) for each in declared)
    return same(live, declared) or (live is None and declared in ([], False))


HANDLER = TaskDefinition
