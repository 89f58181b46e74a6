"""`aws.cloudwatch.LogGroup`: where logs are kept, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.port import Created
from twinlock_rehearsal.aws import Row, as_map, surplus
from twinlock_rehearsal.handlers._aws import TAGS, AwsHandler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.provider.port import Properties

_DAYS, _CLASS, _KEY, _SKIP = "retentionInDays", "logGroupClass", "kmsKeyId", "skipDestroy"


class LogGroup(AwsHandler):
    """Handles log groups; the id is the name."""

    type: ClassVar[str] = "aws:cloudwatch/logGroup:LogGroup"
    replaces: ClassVar[frozenset[str]] = frozenset({"name", _CLASS})
    service: ClassVar[str] = "logs"
    inputs: ClassVar[frozenset[str]] = frozenset({"name", _DAYS, _CLASS, _KEY, _SKIP, TAGS})
    required: ClassVar[tuple[str, ...]] = ("name",)
    defaults: ClassVar[Mapping[str, object]] = {_DAYS: 0, _CLASS: "STANDARD", _KEY: ""}
    unseen: ClassVar[frozenset[str]] = frozenset({_SKIP})

    def find(self, inputs: Properties) -> str | None:
        """Return the name where there is such a group."""
        name = str(inputs["name"])
        return None if self._group(name) is None else name

    def create(self, inputs: Properties) -> Created:
        """Create it, and say how long it keeps what it is given."""
        name = str(inputs["name"])
        tags = inputs.get(TAGS)
        self._aws.send(
            "create_log_group",
            logGroupName=name,
            logGroupClass=inputs.get(_CLASS),
            kmsKeyId=inputs.get(_KEY) or None,
            tags=dict(tags) if isinstance(tags, dict) and tags else None,
        )
        self._retain(name, inputs)
        return Created(name, {**inputs, **(self.read(name, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        found = self._group(id)
        if found is None:
            return None
        arn = str(found["arn"]).removesuffix(":*")
        tags = self._aws.send("list_tags_for_resource", resourceArn=arn).get("tags")
        return {
            **self._common(arn, as_map(tags)),
            "name": id,
            _DAYS: found.get("retentionInDays", 0),
            _CLASS: found.get("logGroupClass", "STANDARD"),
            _KEY: found.get("kmsKeyId", ""),
            _SKIP: inputs.get(_SKIP, False),
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change how long it keeps what it is given, its key, and its tags."""
        differs = self._differing(live, inputs)
        if _DAYS in differs:
            self._retain(id, inputs)
        if _KEY in differs and inputs.get(_KEY):
            self._aws.send("associate_kms_key", logGroupName=id, kmsKeyId=inputs[_KEY])
        elif _KEY in differs:
            self._aws.send("disassociate_kms_key", logGroupName=id)
        if TAGS in differs:
            extra = surplus(live, inputs)
            if extra:
                self._aws.send("untag_resource", resourceArn=live["arn"], tagKeys=extra)
            if inputs.get(TAGS):
                self._aws.send("tag_resource", resourceArn=live["arn"], tags=inputs[TAGS])
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it with all that it holds, unless it is declared to stay."""
        if not live.get(_SKIP):
            self._aws.remove("delete_log_group", logGroupName=id)

    def _group(self, name: str) -> Row | None:
        found = self._aws.rows("describe_log_groups", "logGroups", logGroupNamePrefix=name)
        return next((group for group in found if group.get("logGroupName") == name), None)

    def _retain(self, name: str, inputs: Properties) -> None:
        if inputs.get(_DAYS):
            self._aws.send("put_retention_policy", logGroupName=name, retentionInDays=inputs[_DAYS])
        else:
            self._aws.remove("delete_retention_policy", logGroupName=name)


HANDLER = LogGroup
