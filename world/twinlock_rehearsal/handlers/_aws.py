"""What handlers of AWS's resource types have in common: a table of inputs, and tags that are exactly the declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from twinlock.provider import step
from twinlock.provider.difference import changes
from twinlock.provider.port import Failure
from twinlock_rehearsal.aws import Service, tag_changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinlock.engine.result import FieldChange
    from twinlock.provider.port import Clients, Properties

TAGS = "tags"


class AwsHandler:
    """The part of a handler that follows from its table.

    Attributes:
        service: botocore's name of the service.
        inputs: Every input that is understood.
        required: Those that must be there.
        defaults: What AWS makes of those that are not declared.
        unseen: Inputs that are the engine's business: AWS does not tell them.
    """

    type: ClassVar[str]
    replaces: ClassVar[frozenset[str]] = frozenset()
    adopts: ClassVar[bool] = False

    service: ClassVar[str]
    inputs: ClassVar[frozenset[str]]
    required: ClassVar[tuple[str, ...]]
    defaults: ClassVar[Mapping[str, object]] = {}
    unseen: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, clients: Clients) -> None:
        self._aws = Service.of(clients, self.service)

    def check(self, inputs: Properties) -> tuple[Failure, ...]:
        """Return which inputs are missing or unknown."""
        missing = tuple(Failure(name, "is missing") for name in self.required if name not in inputs)
        return (*missing, *(Failure(name, "is not known here") for name in inputs if name not in self.inputs))

    def diff(self, live: Properties, inputs: Properties) -> tuple[FieldChange, ...]:
        """Return what is declared otherwise, and the tags that nobody declared."""
        unjudged = {TAGS, *self.unseen}
        declared = {name: value for name, value in self._wanted(inputs).items() if name not in unjudged}
        return (*changes(live, declared), *tag_changes(live, inputs))

    def _wanted(self, inputs: Properties) -> dict[str, object]:
        """Return the inputs as AWS will tell them, with what is not declared as AWS makes it."""
        return {**self.defaults, **inputs}

    def _differing(self, live: Properties, inputs: Properties) -> set[str]:
        """Return the top-level properties that differ."""
        return {step.top(change.path) for change in self.diff(live, inputs)}

    def _common(self, arn: str, tags: Mapping[str, str]) -> dict[str, object]:
        """Return the outputs that every type has."""
        return {"arn": arn, "region": self._aws.region, TAGS: dict(tags), "tagsAll": dict(tags)}
