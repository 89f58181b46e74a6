"""Holds callers to policies: every need of a request must be allowed, or AWS's own words refuse it.

What a request needs is told by `needs`, who is asked by `policy.decision`; this module brings together the caller, the
resource and the moment. The keys of a seeded account's administrator never come here. Called by the edge.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from twinlock_world.aws import attributes, operation
from twinlock_world.aws.call import Refusal, RefusedError
from twinlock_world.aws.caller import surroundings
from twinlock_world.aws.decisions import Refused, reason
from twinlock_world.aws.holdings import controls
from twinlock_world.aws.operation import Place
from twinlock_world.aws.policy.decision import Layer, Policies, Request, decide, missed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from twinlock_world.aws import call as calls
    from twinlock_world.aws.caller import Caller
    from twinlock_world.aws.decisions import Decisions
    from twinlock_world.aws.needs.need import Need
    from twinlock_world.aws.operation import Operation
    from twinlock_world.aws.policy.decision import Decision
    from twinlock_world.aws.policy.pattern import Context
    from twinlock_world.jsonvalue import JsonValue

_NEEDS_NOTHING: Final = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken", "sts:GetAccessKeyInfo"})
"""What every caller may do, whatever policies say.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html.
"""

_OWN_TAGS: Final = frozenset({"ec2", "ecr", "iam", "secretsmanager", "ssm"})
"""Services that know tags also under keys of their own, such as `ec2:ResourceTag/`."""

_TABLED: Final = frozenset({"ec2", "ecs", "iam", "s3"})


class Enforcement:
    """Asks policies about requests."""

    def __init__(self, decisions: Decisions, now: Callable[[], datetime]) -> None:
        self._decisions = decisions
        self._now = now

    def require(
        self, caller: Caller, call: calls.Call, request: calls.Request, rest: Callable[[], tuple[str, dict[str, str]]]
    ) -> None:
        """Let a request go on that the caller's policies and the resource's allow.

        Args:
            caller: Who signed it.
            call: What the signature says.
            request: The request.
            rest: Tells the operation of a REST protocol, and what its path says, as moto's router finds them.

        Raises:
            RefusedError: They do not, or what is asked for cannot be told.
        """
        asked = operation.read(call, request)
        if not asked.name and asked.service != "s3":
            asked = asked.named(*rest())
            if not asked.name:
                raise RefusedError(operation.AMBIGUOUS)
        if f"{asked.service}:{asked.name}" in _NEEDS_NOTHING:
            return
        place = Place(caller.account, call.region)
        context = {
            **surroundings(self._now(), call.region, request.headers.get("user-agent", "")),
            **caller.context(),
        }
        for need in _needs(asked, place, request.body):
            self._require(caller, need, {**context, **_context(need, asked)}, call.service)

    def require_all(self, caller: Caller, needs: Iterable[Need], region: str) -> None:
        """Let what AWS does itself in a caller's name go on if the caller's policies and the resource's allow it.

        Raises:
            RefusedError: They do not.
        """
        context = {**surroundings(self._now(), region, ""), **caller.context()}
        for need in needs:
            service = need.action.partition(":")[0]
            self._require(caller, need, {**context, **need.context, **_of_resource(need, service)}, service)

    def _require(self, caller: Caller, need: Need, context: Context, service: str) -> None:
        wanted = Request(caller.who, need.action, need.resource, context)
        policies = _policies(caller, need.resource)
        decision = decide(wanted, policies)
        if decision.allowed:
            return
        why = reason(decision, need.action)
        judged = {
            Layer.BOUNDARY: (policies.boundary,) if policies.boundary else (),
            Layer.SESSION: policies.session or (),
            Layer.RESOURCE: (policies.resource,) if policies.resource else (),
        }.get(decision.layer, policies.identity)
        self._decisions.add(
            Refused(
                self._now(),
                caller.who.shown,
                need.action,
                need.resource,
                why,
                decision,
                () if decision.explicit else tuple(missed(judged, wanted)),
                context,
            )
        )
        raise RefusedError(_refusal(caller, need, decision, service))


def _needs(asked: Operation, place: Place, body: bytes) -> tuple[Need, ...]:
    """Return what a request needs; what nobody can tell is judged on everything."""
    found: Iterator[Need]
    if asked.service == "s3":
        from twinlock_world.aws.needs import s3  # noqa: PLC0415 - each service's table is loaded when it is used

        found = s3.needs(asked, body)
    elif asked.service in _TABLED:
        found = import_module(f"twinlock_world.aws.needs.{asked.service}").needs(asked, place)
    else:
        from twinlock_world.aws.needs import named  # noqa: PLC0415 - as above

        found = named.needs(asked, place)
    needs = tuple(found)
    if not needs:
        raise RefusedError(operation.AMBIGUOUS)
    return needs


def _context(need: Need, asked: Operation) -> Context:
    """Return the condition keys of one need: its own, the resource's tags, and the tags that the request sets."""
    found: dict[str, tuple[str, ...]] = {**need.context, **_of_resource(need, asked.service)}
    requested = _requested_tags(asked) if need.tagged else {}
    if requested:
        found |= {f"aws:requesttag/{key.lower()}": (value,) for key, value in requested.items()}
        found["aws:tagkeys"] = tuple(requested)
    return found


def _of_resource(need: Need, service: str) -> dict[str, tuple[str, ...]]:
    """Return the condition keys that tell of a resource: its tags and its account."""
    prefixes = ["aws", service] if service in _OWN_TAGS else ["aws"]
    tags = attributes.tags(need.resource).items()
    found = {f"{prefix}:resourcetag/{key.lower()}": (value,) for key, value in tags for prefix in prefixes}
    owner = attributes.owner(need.resource)
    return {**found, **({"aws:resourceaccount": (owner,)} if owner else {})}


def _requested_tags(asked: Operation) -> dict[str, str]:
    """Return the tags that a request sets, in whichever form its protocol has them."""
    for name in ("tags", "Tags"):
        held = asked.parameters.get(name)
        if isinstance(held, dict):
            return {str(key): str(value) for key, value in held.items()}
        if isinstance(held, list | tuple):
            return dict(tag for item in held if (tag := _tag(item)) is not None)
    fields = {name: value for name, value in asked.parameters.items() if isinstance(value, str)}
    return {
        value: fields.get(f"{name.removesuffix('Key')}Value", "")
        for name, value in fields.items()
        if name.endswith(".Key") and ("Tag." in name or "Tags." in name)
    }


def _tag(item: JsonValue) -> tuple[str, str] | None:
    if not isinstance(item, dict):
        return None
    spelt = {name.lower().removeprefix("tag"): value for name, value in item.items()}
    return str(spelt.get("key", "")), str(spelt.get("value", ""))


def _policies(caller: Caller, resource: str) -> Policies:
    owner = attributes.owner(resource)
    foreign = owner not in {"", caller.account}
    return Policies(
        identity=caller.holder.identity,
        boundary=caller.holder.boundary,
        session=caller.session.policies if caller.session else None,
        controls=(
            *(control for control in controls(caller.account) if control.layer is Layer.SERVICE_CONTROL),
            *(control for control in controls(owner) if control.layer is Layer.RESOURCE_CONTROL),
        ),
        resource=attributes.policy(resource),
        resource_decides=resource.startswith("arn:aws:kms:") and ":key/" in resource,
        foreign=foreign,
    )


def _refusal(caller: Caller, need: Need, decision: Decision, service: str) -> Refusal:
    resource = f'"{need.resource}"' if service == "s3" else need.resource
    message = (
        f"User: {caller.who.shown} is not authorized to perform: {need.action} on resource: {resource} "
        f"{reason(decision, need.action)}"
    )
    if service == "ec2":
        return Refusal(403, "UnauthorizedOperation", f"You are not authorized to perform this operation. {message}")
    return Refusal(403, "AccessDenied", message)
