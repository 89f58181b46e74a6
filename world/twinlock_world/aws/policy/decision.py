"""What AWS decides about a request, and which statement decided.

An explicit Deny anywhere wins. Then every control of the organization, and every limit of the caller, must allow as
well as somebody grant. Adding a Deny, a control, a boundary or a session policy therefore never allows more, nor does
taking an Allow away.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from twinlock_world.aws.policy.condition import holds
from twinlock_world.aws.policy.document import Effect
from twinlock_world.aws.policy.pattern import expand, like, plain
from twinlock_world.aws.policy.principal import Reach, concerns, reach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinlock_world.aws.policy.document import Policy, Statement
    from twinlock_world.aws.policy.pattern import Context
    from twinlock_world.aws.policy.principal import Who


class Layer(Enum):
    """A kind of policy, as AWS's messages call it."""

    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    RESOURCE = "resource-based policy"
    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource by one caller."""

    who: Who
    action: str
    resource: str
    context: Context


@dataclass(frozen=True, slots=True)
class Control:
    """What one level of the organization lets its accounts do: one of its policies must allow."""

    layer: Layer
    policies: tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class Policies:
    """Everything that has a say about a request.

    Attributes:
        identity: What the caller's role or user may do.
        boundary: The most it may do; nothing where it has none.
        session: The most that the session may do; nothing where it was not narrowed.
        controls: The organization's, level by level.
        resource: The resource's own policy.
        resource_decides: Whether nothing is allowed without it: trust policies and keys' policies.
        foreign: Whether the resource is another account's.
    """

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    controls: tuple[Control, ...] = ()
    resource: Policy | None = None
    resource_decides: bool = False
    foreign: bool = False

    def layers(self) -> Iterator[tuple[Layer, Policy]]:
        """Yield every policy with its kind, in the order in which AWS looks for an explicit Deny."""
        for control in self.controls:
            for policy in control.policies:
                yield control.layer, policy
        if self.resource is not None:
            yield Layer.RESOURCE, self.resource
        for policy in self.identity:
            yield Layer.IDENTITY, policy
        if self.boundary is not None:
            yield Layer.BOUNDARY, self.boundary
        for policy in self.session or ():
            yield Layer.SESSION, policy


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a request is allowed, and by what it is not.

    Attributes:
        allowed: Whether it is.
        layer: The kind of policy that decided.
        explicit: Whether a statement denies it; otherwise nothing of that kind allows it.
        policy: The name of the policy whose statement decided, where one did.
        statement: That statement's name or place.
    """

    allowed: bool
    layer: Layer
    explicit: bool = False
    policy: str = ""
    statement: str = ""


@dataclass(frozen=True, slots=True)
class _Grant:
    decision: Decision = field(default_factory=lambda: Decision(allowed=False, layer=Layer.RESOURCE))
    reach: Reach = Reach.NONE


def decide(request: Request, policies: Policies) -> Decision:
    """Return AWS's decision."""
    for layer, policy in policies.layers():
        for statement in policy.statements:
            if statement.effect is Effect.DENY and _denies(statement, layer, request):
                return Decision(allowed=False, layer=layer, explicit=True, policy=policy.name, statement=statement.sid)
    for control in policies.controls:
        if _allowing(control.policies, request) is None:
            return Decision(allowed=False, layer=control.layer)
    granted = _granted(request, policies)
    if not granted.decision.allowed or granted.reach is Reach.SESSION:
        return granted.decision
    if policies.boundary is not None and _allowing((policies.boundary,), request) is None:
        return Decision(allowed=False, layer=Layer.BOUNDARY)
    if policies.session is not None and _allowing(policies.session, request) is None:
        return Decision(allowed=False, layer=Layer.SESSION)
    return granted.decision


def _granted(request: Request, policies: Policies) -> _Grant:
    """Return who grants a request, before anything narrows it."""
    resource = _resource_grant(request, policies.resource)
    if (policies.foreign or policies.resource_decides) and resource.reach is Reach.NONE:
        return _Grant()
    if not policies.foreign and resource.reach >= Reach.ENTITY:
        return resource
    found = _allowing(policies.identity, request)
    if found is None:
        return _Grant(Decision(allowed=False, layer=Layer.IDENTITY))
    return _Grant(Decision(allowed=True, layer=Layer.IDENTITY, policy=found[0], statement=found[1]))


def _resource_grant(request: Request, policy: Policy | None) -> _Grant:
    best = _Grant()
    for statement in policy.statements if policy is not None else ():
        if policy is None or statement.effect is not Effect.ALLOW or not _allows(statement, request):
            continue
        near = reach(statement, request.who)
        if near > best.reach:
            best = _Grant(
                Decision(allowed=True, layer=Layer.RESOURCE, policy=policy.name, statement=statement.sid), near
            )
    return best


def _allowing(policies: tuple[Policy, ...], request: Request) -> tuple[str, str] | None:
    for policy in policies:
        for statement in policy.statements:
            if statement.effect is Effect.ALLOW and _allows(statement, request):
                return policy.name, statement.sid
    return None


def _allows(statement: Statement, request: Request) -> bool:
    return _is_about(statement, request) and all(
        holds(condition, request.context, variables=statement.variables) for condition in statement.conditions
    )


def _denies(statement: Statement, layer: Layer, request: Request) -> bool:
    if layer in {Layer.RESOURCE, Layer.RESOURCE_CONTROL} and not concerns(statement, request.who):
        return False
    return _is_about(statement, request) and all(
        holds(condition, request.context, variables=statement.variables) is not False
        for condition in statement.conditions
    )


def _is_about(statement: Statement, request: Request) -> bool:
    action = request.action.lower()
    if any(like(pattern.lower(), action) for pattern in statement.actions) is statement.not_actions:
        return False
    patterns = [
        expand(pattern, request.context) if statement.variables else plain(pattern) for pattern in statement.resources
    ]
    if statement.not_resources and statement.effect is Effect.ALLOW and None in patterns:
        return False  # what the exception is cannot be told, so nothing is allowed
    found = any(pattern is not None and pattern.matches_arn(request.resource) for pattern in patterns)
    return found is not statement.not_resources


def missed(policies: tuple[Policy, ...], request: Request) -> Iterator[str]:
    """Yield, for each statement that allows this action to somebody, why it did not allow this request."""
    action = request.action.lower()
    for policy in policies:
        for statement in policy.statements:
            named = any(like(pattern.lower(), action) for pattern in statement.actions) is not statement.not_actions
            if statement.effect is Effect.ALLOW and named:
                yield f"{policy.name} {statement.sid}: {_miss(statement, request)}"


def _miss(statement: Statement, request: Request) -> str:
    if not _is_about(statement, request):
        return f"it is not about {request.resource}"
    for condition in statement.conditions:
        if not holds(condition, request.context, variables=statement.variables):
            found = " ".join(request.context.get(condition.key.lower(), ("nothing",)))
            return f"{condition.operator} {condition.key} does not hold for {found}"
    if statement.principals and reach(statement, request.who) is Reach.NONE:
        return f"it does not name {request.who.arn}"
    return "it allows, but something else does not"
