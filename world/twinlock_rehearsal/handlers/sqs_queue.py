"""`aws.sqs.Queue`: a queue; its settings are attributes, and texts on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider.port import Created
from twinlock_rehearsal.aws import as_map, surplus
from twinlock_rehearsal.handlers._aws import TAGS, AwsHandler
from twinlock_rehearsal.iam import says

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.provider.port import Properties

_FIFO, _POLICY = "fifoQueue", "policy"
_FLAGS = {"sqsManagedSseEnabled": "SqsManagedSseEnabled", "contentBasedDeduplication": "ContentBasedDeduplication"}
_NUMBERS = {
    "delaySeconds": "DelaySeconds",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


class Queue(AwsHandler):
    """Handles queues; the id is the address."""

    type: ClassVar[str] = "aws:sqs/queue:Queue"
    replaces: ClassVar[frozenset[str]] = frozenset({"name", _FIFO})
    service: ClassVar[str] = "sqs"
    inputs: ClassVar[frozenset[str]] = frozenset({"name", _FIFO, _POLICY, *_FLAGS, *_NUMBERS, TAGS})
    required: ClassVar[tuple[str, ...]] = ("name",)
    defaults: ClassVar[Mapping[str, object]] = {
        _FIFO: False,
        _POLICY: "",
        "contentBasedDeduplication": False,
        "delaySeconds": 0,
        "maxMessageSize": 262144,
        "messageRetentionSeconds": 345600,
        "receiveWaitTimeSeconds": 0,
        "visibilityTimeoutSeconds": 30,
    }

    def find(self, inputs: Properties) -> str | None:
        """Return the address where there is such a queue."""
        found = self._aws.get("get_queue_url", "", QueueName=inputs["name"])
        return None if found is None else str(found["QueueUrl"])

    def create(self, inputs: Properties) -> Created:
        """Create it; what is not declared is as the official provider has it, which AWS's own choice need not be."""
        tags = inputs.get(TAGS)
        attributes = _attributes({**self.defaults, **inputs})
        if inputs.get(_FIFO):
            attributes["FifoQueue"] = "true"
        answer = self._aws.send(
            "create_queue",
            QueueName=inputs["name"],
            Attributes={name: value for name, value in attributes.items() if value},
            tags=dict(tags) if isinstance(tags, dict) and tags else None,
        )
        url = str(answer["QueueUrl"])
        return Created(url, {**inputs, **(self.read(url, inputs) or {})})

    def read(self, id: str, inputs: Properties) -> Properties | None:  # noqa: A002 - the port's name
        """Return it as it is live."""
        del inputs
        found = self._aws.get("get_queue_attributes", "Attributes", QueueUrl=id, AttributeNames=["All"])
        if found is None:
            return None
        tags = self._aws.send("list_queue_tags", QueueUrl=id).get("Tags")
        return {
            **self._common(str(found["QueueArn"]), as_map(tags or {})),
            "name": str(found["QueueArn"]).rpartition(":")[2],
            "url": id,
            _FIFO: found.get("FifoQueue") == "true",
            _POLICY: says(found["Policy"]) if found.get("Policy") else "",
            **{name: found.get(attribute) == "true" for name, attribute in _FLAGS.items()},
            **{name: int(str(found[attribute])) for name, attribute in _NUMBERS.items() if attribute in found},
        }

    def update(self, id: str, live: Properties, inputs: Properties) -> Properties:  # noqa: A002 - the port's name
        """Change settings and tags."""
        wanted, differs = {**self.defaults, **inputs}, self._differing(live, inputs)
        changed = _attributes({_FIFO: wanted[_FIFO], **{name: wanted[name] for name in differs if name in wanted}})
        if changed:
            self._aws.send("set_queue_attributes", QueueUrl=id, Attributes=changed)
        if TAGS in differs:
            extra = surplus(live, inputs)
            if extra:
                self._aws.send("untag_queue", QueueUrl=id, TagKeys=extra)
            if inputs.get(TAGS):
                self._aws.send("tag_queue", QueueUrl=id, Tags=inputs[TAGS])
        return {**live, **inputs}

    def delete(self, id: str, live: Properties) -> None:  # noqa: A002 - the port's name
        """Delete it with its messages."""
        del live
        self._aws.remove("delete_queue", QueueUrl=id)

    def _wanted(self, inputs: Properties) -> dict[str, object]:
        wanted = super()._wanted(inputs)
        return {**wanted, _POLICY: says(wanted[_POLICY]) if wanted[_POLICY] else ""}


def _attributes(inputs: Properties) -> dict[str, str]:
    """Return settings as SQS takes them; a queue without order knows nothing of duplicates."""
    flags = _FLAGS if inputs.get(_FIFO) else {"sqsManagedSseEnabled": _FLAGS["sqsManagedSseEnabled"]}
    found = {attribute: str(inputs[name]).lower() for name, attribute in flags.items() if name in inputs}
    found |= {attribute: str(inputs[name]) for name, attribute in _NUMBERS.items() if name in inputs}
    return found | ({"Policy": str(inputs[_POLICY])} if inputs.get(_POLICY) is not None else {})


HANDLER = Queue
