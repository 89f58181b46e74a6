"""AWS policies as data: trust policies, permission policies, roles.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html. Repositories appear in
conditions by name in braces, `{acme/payments}`, which stands for the subject prefix (in `sub`) or the id (elsewhere)
that GitHub reports for that repository: desired knows names only, and what resolves to no repository stays raw.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated

from twinlock.model.marks import AtMost, Evaluated, Exact, Identity


class Effect(enum.Enum):
    """What a statement does."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator applied to one key.

    Attributes:
        operator: `StringEquals`, `ForAllValues:StringLike`, `StringEqualsIfExists`, ... as written.
        key: The condition key, lower case.
        values: The values; any one may match.
    """

    operator: str
    key: str
    values: frozenset[str]

    def __str__(self) -> str:
        """Return `operator key values`."""
        return f"{self.operator} {self.key} {', '.join(sorted(self.values))}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy.

    Attributes:
        effect: Allow or deny.
        principals: `AWS arn`, `Federated arn`, `Service name`, or `*`; empty in identity policies.
        not_principals: The same, negated.
        actions: Action patterns, lower case.
        not_actions: The same, negated.
        resources: Resource patterns; empty in trust policies.
        not_resources: The same, negated.
        conditions: All must hold.
    """

    effect: Effect
    principals: frozenset[str] = frozenset()
    not_principals: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    not_actions: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    not_resources: frozenset[str] = frozenset()
    conditions: frozenset[Condition] = frozenset()

    def __str__(self) -> str:
        """Return the statement on one line, its sets sorted."""
        words = [self.effect.value]
        for name in ("principals", "not_principals", "actions", "not_actions", "resources", "not_resources"):
            values = sorted(getattr(self, name))
            if values:
                words.append(f"{name.replace('_', ' ')} {', '.join(values)}")
        if self.conditions:
            words.append("where " + " and ".join(sorted(map(str, self.conditions))))
        return " ".join(words)


Document = frozenset[Statement]
"""A policy document: its statements; their order has no meaning in IAM."""


@dataclass(frozen=True, slots=True)
class InlinePolicy:
    """A named policy inside a role.

    Attributes:
        name: Its name.
        document: Its statements.
    """

    name: str
    document: Document

    def __str__(self) -> str:
        """Return its name."""
        return self.name


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A customer managed policy (twinlock's permissions boundary).

    Attributes:
        arn: Its ARN.
        document: The statements of its default version.
    """

    arn: Annotated[str, Identity]
    document: Annotated[Document, Exact]


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role.

    Attributes:
        arn: Its ARN.
        trust: Who may assume it.
        inline: Its inline policies.
        attached: ARNs of attached managed policies.
        boundary: ARN of its permissions boundary, if any.
        max_session_seconds: The longest session it gives.
    """

    arn: Annotated[str, Identity]
    trust: Annotated[Document, Evaluated]
    inline: Annotated[frozenset[InlinePolicy], Exact]
    attached: Annotated[frozenset[str], Exact]
    boundary: Annotated[str | None, Exact]
    max_session_seconds: Annotated[int, AtMost]

    @property
    def name(self) -> str:
        """The role's name: the last segment of its ARN."""
        return self.arn.rsplit("/", 1)[-1]
