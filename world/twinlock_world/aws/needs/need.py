"""One thing that a request needs to be allowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twinlock_world.aws.policy.pattern import Context


@dataclass(frozen=True, slots=True)
class Need:
    """An action on a resource.

    Attributes:
        action: As IAM calls it.
        resource: Its ARN, or `*`.
        context: Condition keys that hold for this need alone.
        tagged: Whether the tags that the request sets are this resource's.
    """

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)
    tagged: bool = True
