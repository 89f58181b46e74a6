"""What an engine did, or would do: typed, printable, and free of secrets."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Operation(enum.Enum):
    """What happens to one resource."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One property that differs.

    Attributes:
        path: Property path, in Pulumi's spelling (`rules.pullRequest.requiredApprovingReviewCount`).
        before: Its live value as text; `[secret]` where it is secret.
        after: Its declared value as text.
    """

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a run.

    Attributes:
        urn: Pulumi's name for the resource.
        type: Resource type token.
        name: Resource name.
        operation: What happens.
        fields: What differs, for updates and replacements.
    """

    urn: str
    type: str
    name: str
    operation: Operation
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one run of one stack.

    Attributes:
        stack: `program/group`.
        changes: Every resource of the stack, in the order it was visited.
        outputs: The stack's outputs, plain values.
        drifted: What is live otherwise than the last run has left it, whatever the program says of it: `before` is what
            was left, `after` what is. Empty for an engine that compares the program with live at once.
    """

    stack: str
    changes: tuple[Change, ...]
    outputs: Mapping[str, object] = field(default_factory=dict)
    drifted: tuple[Change, ...] = ()

    @property
    def changed(self) -> tuple[Change, ...]:
        """The steps that are not `same`."""
        return tuple(change for change in self.changes if change.operation is not Operation.SAME)
